"""Candidates of unequal length that are no altered packet but another cut of the same bytes.

**In:** sights of candidates, same positions, and all sights of both sides. **Out:** which of them were cut anew.
**Method:** a fragment, a frame whose checksum the card was still to write, one longer than any wire takes, a shorter
one that its own side goes on from with the very next byte or identification. Where most candidates of unequal length
show that, a box cuts, and the others lack their neighbours because a capture missed them.
**Not here:** putting the cuts together (``ranges.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.match.joins import are_there
from correlate.match.sides import Sights
from correlate.model.arrays import I64, Bool
from correlate.model.fingerprints import mixed
from correlate.model.packets import ChecksumState, PacketFlag, PacketTable

_WIRE = 1500
"""Payload that no segment of an Ethernet path exceeds."""


def are_recut(a: Sights, b: Sights, pools: tuple[Sights, Sights]) -> Bool:
    """Return where lengths differ because one side holds the rest elsewhere."""
    shorter, longer = np.minimum(a.length, b.length), np.maximum(a.length, b.length)
    differs = (shorter != longer) & (shorter > 0)
    is_unfinished = np.where(a.length > b.length, a.is_unfinished, b.is_unfinished)
    recut = differs & ((longer > _WIRE) | is_unfinished | a.is_part | b.is_part)
    for short, long, pool in ((a, b, pools[0]), (b, a, pools[1])):
        at = np.flatnonzero(differs & (short.length < long.length))
        recut[at] |= _goes_on(short, at, pool)
    if recut.any():
        # Where a box cuts, the same first bytes at the same number that end earlier are its work: the rest was missed.
        recut |= differs & a.is_tcp & b.is_tcp & (a.first != 0) & (a.first == b.first)
    if np.count_nonzero(recut) > np.count_nonzero(differs & ~recut):
        return np.asarray(differs)
    return np.asarray(recut | ((shorter != longer) & (a.is_part | b.is_part)))


def may_be_cut(packets: PacketTable, rows: I64) -> Bool:
    """Return which rows may be more or less than what other vantages hold: fragments, and what no wire carries so."""
    columns = packets.columns
    is_part = (columns.flags[rows] & PacketFlag.FRAGMENT) != 0
    is_left = columns.l4_csum_state[rows] == ChecksumState.PARTIAL
    return np.asarray(is_part | is_left | (columns.ip_len[rows] > _WIRE))


def _goes_on(short: Sights, at: I64, pool: Sights) -> Bool:
    """Return where the pool has what follows the shorter one: the next byte, without TCP the next identification."""
    wanted = np.zeros(int(pool.block.max(initial=0)) + 1, np.bool_)
    block = short.block[at]
    wanted[block[block < len(wanted)]] = True
    if not len(at):
        return np.zeros(0, np.bool_)
    pool = pool.take(np.flatnonzero(wanted[pool.block]))
    has_numbers = (short.seq[at] != 0) | (short.ack[at] != 0)
    follows = np.where(has_numbers, short.seq[at] + short.length[at], short.ident[at] + 1)
    follows &= np.where(has_numbers, 0xFFFFFFFF, 0xFFFF)
    is_numbered = (pool.seq != 0) | (pool.ack != 0)
    there = mixed(pool.block, is_numbered, np.where(is_numbered, pool.seq, pool.ident))
    return are_there(mixed(block, has_numbers, follows), there)
