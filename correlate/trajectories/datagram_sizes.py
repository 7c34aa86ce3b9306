"""Large datagrams that vanish however often they are sent, while small ones of the same hosts cross.

**In:** one hop and direction with its odds. **Out:** which absent packets are its victims.

**Method:** what ``sizes.py`` does for TCP. A datagram has no acknowledgement; that its receiver lacked it is told by
its sender, who sends the same content again and again (TFTP, RFC 1350; DNS, SNMP, IKE with their retries). Per pair of
hosts: the largest packet that crosses is the limit, nothing above it crosses.

**Not here:** which limit it is (``diagnose``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I32, I64, Bool
from correlate.model.fingerprints import mixed
from correlate.model.packets import UDP, PacketFlag
from correlate.trajectories.groups import host_pairs
from correlate.trajectories.rates import LOST_ODDS, Odds
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.sizes import limits_of

LEAST_SENDINGS = 5
"""Sendings of all victims of a pair."""

LEAST_REPEATS = 3
"""Sendings of one content."""

LEAST_SMALL = 5
"""Smaller packets of the same two hosts, both directions, that cross between the first and the last victim."""


def find_too_large_datagrams(scene: Scene, travel: Travel, back: Travel, odds: Odds, step: int, largest: I32) -> Bool:
    """Return for each packet of ``travel`` whether the hop after ``step`` swallows all datagrams of its size.

    ``largest``: of ``FlowSums``, at ``step``.
    """
    found = np.zeros(len(travel.packets), np.bool_)
    pair = host_pairs(scene, travel, step)
    victims = _repeated_above_limit(scene, travel, limits_of(pair, largest)[pair], step)
    if len(victims) < LEAST_SENDINGS:
        return found
    pairs = int(pair.max()) + 1
    of_victim = pair[travel.flow[victims]]
    sendings = np.bincount(of_victim, minlength=pairs)
    first, last = np.full(pairs, np.iinfo(np.int64).max), np.full(pairs, -1, np.int64)
    np.minimum.at(first, of_victim, travel.rows[victims, step])
    np.maximum.at(last, of_victim, travel.rows[victims, step])
    mirror = back.step_count - 1 - step
    small = np.zeros(pairs, np.int64)
    for way, near, far in ((travel, step, step + 1), (back, mirror, mirror - 1)):
        both = np.flatnonzero(way.held[:, near] & way.held[:, far] & (pair[way.flow] >= 0))
        of_pair, row = pair[way.flow[both]], way.rows[both, near]
        small += np.bincount(of_pair[(row > first[of_pair]) & (row < last[of_pair])], minlength=pairs)
    is_struck = (sendings >= LEAST_SENDINGS) & (small >= LEAST_SMALL)
    is_struck &= odds.chance_all_missed(sendings) <= 1.0 / LOST_ODDS
    found[victims] = is_struck[of_victim]
    return found


def _repeated_above_limit(scene: Scene, travel: Travel, limit: I64, step: int) -> I64:
    """Return UDP packets above their flow's limit whose content was sent several times, all of it absent beyond.

    What crosses is within the limit, so only what is absent beyond is looked at.
    """
    absent = np.flatnonzero(travel.held[:, step] & (travel.last <= step))
    columns = scene.places[travel.places[step]].packets.columns
    rows = travel.rows[absent, step]
    size, limit = columns.ip_len[rows].astype(np.int64), limit[travel.flow[absent]]
    is_large = (columns.proto[rows] == UDP) & ((columns.flags[rows] & PacketFlag.FRAGMENT) == 0)
    is_large &= (limit > 0) & (size > limit) & (columns.digest[rows] != 0)
    large, rows = absent[is_large], rows[is_large]
    content = mixed(travel.flow[large], columns.digest[rows], columns.payload_len[rows])
    _, group, repeats = np.unique(content, return_inverse=True, return_counts=True)
    victims: I64 = large[repeats[group.reshape(-1)] >= LEAST_REPEATS] if len(large) else large
    return victims
