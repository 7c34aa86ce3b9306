"""Packets that vanish because of their size: a black hole for everything larger than what crosses.

**In:** one hop and direction with its evidence and odds. **Out:** which absent packets are its victims.

**Method:** RFC 2923. Per pair of hosts: the largest packet that crosses is the limit. Above it nothing crosses,
segments are sent again and again unacknowledged, while small packets of the same flows cross between them. A capture
misses packets by chance, not by size; where it is known to have missed one of such a size (it was acknowledged), the
limit is raised to that.

**Not here:** lone packets (``rules.py``), which limit it is (``diagnose``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I32, I64, Bool
from correlate.model.packets import TCP, PacketFlag
from correlate.trajectories.evidence import Evidence
from correlate.trajectories.groups import host_pairs
from correlate.trajectories.rates import LOST_ODDS, Odds
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.tcp_kernels import ACKED, ARRIVED

LEAST_SEGMENTS = 3
"""Different segments that must vanish."""

LEAST_SENDINGS = 6
"""Sendings of them."""

LEAST_SMALL = 20
"""Smaller packets of the same flows, both directions, that the far vantage shows meanwhile."""

MOST_SMALL_GONE = 10
"""One in so many smaller packets of the same flows may vanish meanwhile; where more do, size is not what kills."""

SEQ_SPAN = 1 << 32


def find_too_large(  # noqa: PLR0913, PLR0917 -- what is known of the hop
    scene: Scene, travel: Travel, back: Travel, evidence: Evidence, odds: Odds, step: int, largest: I32
) -> Bool:
    """Return for each packet of ``travel`` whether the hop after ``step`` swallows all packets of its size.

    ``largest``: of ``FlowSums``, at ``step``.
    """
    pair = host_pairs(scene, travel, step)
    alone = _find(scene, travel, back, evidence, odds, step, pair, largest)
    # What is larger than anything that crosses between any two hosts is the hop's own limit: all tell of it together.
    return alone | _find(scene, travel, back, evidence, odds, step, np.minimum(pair, 0), largest)


def _find(  # noqa: PLR0913, PLR0917 -- what is known of the hop, and who is asked together
    scene: Scene, travel: Travel, back: Travel, evidence: Evidence, odds: Odds, step: int, pair: I64, largest: I32
) -> Bool:
    found = np.zeros(len(travel.packets), np.bool_)
    large, victims = _above_limit(scene, travel, evidence, pair, step, largest)
    if len(victims) < LEAST_SENDINGS:
        return found
    of_victim = pair[travel.flow[victims]]
    pairs = int(pair.max()) + 1
    segments = np.unique(_segments(scene, travel, victims, step), return_index=True)[1]
    sendings = np.bincount(of_victim, minlength=pairs)
    is_struck = np.bincount(of_victim[segments], minlength=pairs) >= LEAST_SEGMENTS
    is_struck &= (sendings >= LEAST_SENDINGS) & (odds.chance_all_missed(sendings) <= 1.0 / LOST_ODDS)
    flows = np.unique(travel.flow[victims])
    mirror = back.step_count - 1 - step
    times = _times(travel, victims, of_victim, pairs, step)
    ahead = _crossing_meanwhile(travel, (step, step + 1), flows, pair, times)
    answers = _crossing_meanwhile(back, (mirror, mirror - 1), flows, pair, times)
    is_struck &= (ahead >= LEAST_SEGMENTS) & (ahead + answers >= LEAST_SMALL)
    is_struck &= _vanishing_meanwhile(scene, travel, victims, step, pair, times) * MOST_SMALL_GONE <= ahead
    # Where all that are sent again vanish for their size, those of that size sent once did so too.
    least = np.full(pairs, np.iinfo(np.int64).max)
    sizes = _sizes(scene, travel, step)
    np.minimum.at(least, of_victim, sizes[victims])
    of_large = pair[travel.flow[large]]
    found[large] = is_struck[of_large] & (sizes[large] >= least[of_large])
    return found


def _sizes(scene: Scene, travel: Travel, step: int) -> I64:
    """Return the IP length of each packet where the step holds it."""
    size = scene.places[travel.places[step]].packets.columns.ip_len[travel.rows[:, step]]
    return np.asarray(size, np.int64)


def limits_of(pair: I64, largest: I32) -> I64:
    """Return per pair (at least one entry) the largest packet that crosses, 0 = none."""
    limit = np.zeros(int(pair.max(initial=0)) + 1, np.int64)
    known = pair >= 0
    np.maximum.at(limit, pair[known], largest[known])
    return limit


def _above_limit(
    scene: Scene, travel: Travel, evidence: Evidence, pair: I64, step: int, largest: I32
) -> tuple[I64, I64]:
    """Return the TCP data packets above their pair's limit, absent beyond; and those whose segment was sent again.

    What crosses is within the limit, so only what is absent beyond is looked at.
    """
    columns = scene.places[travel.places[step]].packets.columns
    absent = np.flatnonzero(travel.held[:, step] & (travel.last <= step))
    rows = travel.rows[absent, step]
    size = columns.ip_len[rows].astype(np.int64)
    is_missed = (evidence.bits[absent] & (ACKED | ARRIVED)) != 0
    passed = np.flatnonzero(travel.held[:, step] & (travel.last > step) & ~travel.held[:, step + 1])
    most = int(columns.ip_len[travel.rows[passed, step]].max(initial=0))
    limit = limits_of(pair, largest)
    floor = np.maximum(limit, max(most, int(size[is_missed].max(initial=0))))
    of_pair = pair[travel.flow[absent]]
    is_data = (columns.proto[rows] == TCP) & ((columns.flags[rows] & PacketFlag.TRANSPORT) != 0)
    is_data &= (columns.payload_len[rows] > 0) & (limit[of_pair] > 0) & (size > floor[of_pair])
    large = absent[is_data]
    segment = _segments(scene, travel, large, step)
    victims: I64 = large[np.isin(segment, segment[evidence.is_resent[large]])]
    return large, victims


def _segments(scene: Scene, travel: Travel, index: I64, step: int) -> I64:
    """Return a number for the flow and sequence number of each packet."""
    seq = scene.places[travel.places[step]].packets.columns.seq[travel.rows[index, step]]
    number: I64 = travel.flow[index] * SEQ_SPAN + seq.astype(np.int64)
    return number


def _times(travel: Travel, victims: I64, of_victim: I64, pairs: int, step: int) -> tuple[I64, I64]:
    """Return each pair's first and last victim, as rows of the near vantage."""
    first, last = np.full(pairs, np.iinfo(np.int64).max), np.full(pairs, -1, np.int64)
    np.minimum.at(first, of_victim, travel.rows[victims, step])
    np.maximum.at(last, of_victim, travel.rows[victims, step])
    return first, last


def _crossing_meanwhile(way: Travel, hop: tuple[int, int], flows: I64, pair: I64, times: tuple[I64, I64]) -> I64:
    """Count per pair the packets of ``way`` in ``flows`` that both ends of the hop hold between the first and last."""
    near, far = hop
    both = np.flatnonzero(way.held[:, near] & way.held[:, far] & np.isin(way.flow, flows))
    of_pair, row = pair[way.flow[both]], way.rows[both, near]
    inside = (row > times[0][of_pair]) & (row < times[1][of_pair])
    return np.bincount(of_pair[inside], minlength=len(times[0]))


def _vanishing_meanwhile(
    scene: Scene, travel: Travel, victims: I64, step: int, pair: I64, times: tuple[I64, I64]
) -> I64:
    """Count per pair the packets smaller than all victims that their flows lose meanwhile."""
    size = scene.places[travel.places[step]].packets.columns.ip_len.astype(np.int64)
    least = np.full(len(times[0]), np.iinfo(np.int64).max)
    np.minimum.at(least, pair[travel.flow[victims]], size[travel.rows[victims, step]])
    gone = np.flatnonzero(travel.held[:, step] & (travel.last <= step) & np.isin(travel.flow, travel.flow[victims]))
    of_pair, row = pair[travel.flow[gone]], travel.rows[gone, step]
    inside = (row > times[0][of_pair]) & (row < times[1][of_pair]) & (size[row] < least[of_pair])
    return np.bincount(of_pair[inside], minlength=len(times[0]))
