"""Sequence numbers of one side in the numbering of the other.

**In:** positions in A's numbering and how far B's numbers are off there. **Out:** ``Numbering``: what to add to them,
per direction of a joined flow.
**Method:** a step function per direction. A box that draws new initial sequence numbers moves a direction by one
constant; a gateway that makes payload longer or shorter (FTP, SIP) adds a step where it did so. The acknowledgements of
a direction move with the sequence numbers of the other (RFC 9293 section 3.4). Numbers are unwrapped by their signed
distance from the first one of the direction.
**Not here:** which packets tell (``shifts.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.sides import Sights
from correlate.model.arrays import I64, Bool, merged, take
from correlate.model.fingerprints import mixed, sack_hash

_HALF = 1 << 31
_WORD = (1 << 32) - 1
_LARGEST_STEP = 1 << 16
"""A gateway edits one segment at a time."""


class Readings(NamedTuple):
    """How far B's number is off A's, read off single packets."""

    block: I64
    """Direction that the number counts."""
    at: I64
    """The number on A."""
    by: I64
    """What to add to it, modulo 2**32."""


class Numbering(NamedTuple):
    """Steps sorted by direction and place."""

    base: I64
    """Per block: the number that distances count from."""
    place: I64
    """``block << 33`` plus distance from the base plus 2**31."""
    by: I64
    """What to add from there on; 0 before the first step of a block."""

    def lookup(self, block: I64, number: I64) -> I64:
        """Return what to add to numbers of ``block``, modulo 2**32."""
        if not len(self.place):
            return np.zeros(len(number), np.int64)
        place = _place(self.base, block, number)
        step = np.searchsorted(self.place, place, side="right") - 1
        is_known = (step >= 0) & (self.place[np.maximum(step, 0)] >> 33 == block)
        return np.where(is_known, self.by[np.maximum(step, 0)], 0)

    @property
    def is_moved(self) -> Bool:
        """Return which blocks have a number other than A's anywhere."""
        moved = np.zeros(len(self.base), np.bool_)
        moved[self.place[self.by != 0] >> 33] = True
        return moved


def _place(base: I64, block: I64, number: I64) -> I64:
    return (block << 33) + ((number - base[block] + _HALF) & _WORD)


def unmoved(blocks: int) -> Numbering:
    """Return the numbering where both sides agree."""
    nothing = np.zeros(0, np.int64)
    return Numbering(np.zeros(blocks, np.int64), nothing, nothing)


def first_numbers(readings: Readings, blocks: int) -> I64:
    """Return per block the number of its first reading, 0 where there is none."""
    base = np.zeros(blocks, np.int64)
    base[readings.block[::-1]] = readings.at[::-1]
    return base


def constant(readings: Readings, blocks: int) -> Numbering:
    """Return one step per block whose readings agree: more than half of them."""
    base = first_numbers(readings, blocks)
    if not len(readings.block):
        return unmoved(blocks)
    order = np.lexsort((readings.by, readings.block))
    block, by = readings.block[order], readings.by[order]
    starts, count = _runs(block, by)
    cast = np.bincount(block, minlength=blocks)
    block, by = block[starts], by[starts]
    wins = (count * 2 > cast[block]) & (by != 0)
    return Numbering(base, block[wins] << 33, by[wins])


def stepwise(readings: Readings, blocks: int, edges: tuple[I64, I64, I64]) -> Numbering:
    """Return the steps that readings show.

    Each level needs two readings in a row, or all of its block; a single one will do between levels that differ.
    ``edges`` are (block, start, end) of segments that found no counterpart: where a level changes, one of them was
    altered, and its end is the exact place.
    """
    base = first_numbers(readings, blocks)
    if not len(readings.block):
        return unmoved(blocks)
    place = _place(base, readings.block, readings.at)
    order = np.lexsort((readings.by, place))
    place, by = place[order], readings.by[order]
    starts, count = _runs(place >> 33, by)
    steady = _steady(place[starts] >> 33, by[starts], count)
    if not steady.any():
        return unmoved(blocks)
    # A stray reading splits a level in two: what is left of it meets again.
    first, last, level = place[starts][steady], place[starts + count - 1][steady], by[starts][steady]
    is_new = np.concatenate([[True], (first[1:] >> 33 != first[:-1] >> 33) | (level[1:] != level[:-1])])[: len(first)]
    at = np.flatnonzero(is_new)
    ends = np.concatenate([at[1:], [len(first)]]) - 1
    first, last, level = first[at], last[ends], level[at]
    opens = np.concatenate([[True], first[1:] >> 33 != first[:-1] >> 33])[: len(first)]
    where = np.where(opens, first >> 33 << 33, first)
    inner = np.flatnonzero(~opens)
    where[inner] = _exact_places(last[inner - 1], first[inner], base, edges)
    return Numbering(base, where, level)


def _runs(block: I64, by: I64) -> tuple[I64, I64]:
    """Return start and length of runs of equal shifts in a block."""
    is_new = np.concatenate([[True], (block[1:] != block[:-1]) | (by[1:] != by[:-1])])
    starts = np.flatnonzero(is_new)
    return starts, np.diff(np.concatenate([starts, [len(block)]]))


def _steady(block: I64, level: I64, count: I64) -> Bool:
    """Return which runs are levels and not strays."""
    opens = np.concatenate([[True], block[1:] != block[:-1]])
    closes = np.concatenate([opens[1:], [True]])
    steady = (count >= 2) | (opens & closes)
    here = np.arange(len(block))
    before = np.maximum.accumulate(np.where(steady, here, -1))
    after = np.minimum.accumulate(np.where(steady, here, len(block))[::-1])[::-1]
    between = (before >= 0) & (after < len(block))
    before, after = np.maximum(before, 0), np.minimum(after, len(block) - 1)
    between &= (block[before] == block) & (block[after] == block) & (level[before] != level[after])
    for neighbour in (before, after):
        between &= np.abs(((level - level[neighbour] + _HALF) & _WORD) - _HALF) < _LARGEST_STEP
    return np.asarray(steady | between)


def _exact_places(before: I64, after: I64, base: I64, edges: tuple[I64, I64, I64]) -> I64:
    """Return the end of the first altered segment between two levels, failing that the first place of the new one."""
    if not len(before) or not len(edges[0]):
        return after
    start, end = (_place(base, edges[0], number) for number in edges[1:])
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    at = np.searchsorted(start, before)
    inside = at < len(start)
    found = np.where(inside, end[np.minimum(at, len(start) - 1)], after)
    return np.where(inside & (found <= after), found, after)


def renumbered(sights: Sights, numbering: Numbering, *, with_sack: bool) -> Sights:
    """Return the sights with TCP numbers moved, modulo 2**32, and how much longer each segment became.

    ``with_sack``: SACK blocks move as well; some boxes forget them.
    """
    moved = numbering.is_moved
    moved |= moved[np.arange(len(moved)) ^ 1]
    at = np.flatnonzero(moved[sights.block] & sights.is_tcp)
    if not len(at):
        return sights
    some = take(sights, at)
    by = numbering.lookup(some.block, some.seq)
    beyond = numbering.lookup(some.block, (some.seq + some.length + some.growth) & _WORD)
    # A packet without ACK acknowledges nothing, before and after.
    ack = np.where(some.ack != 0, (some.ack + numbering.lookup(some.block ^ 1, some.ack)) & _WORD, 0)
    growth = some.growth + ((beyond - by + _HALF) & _WORD) - _HALF
    some = some._replace(seq=(some.seq + by) & _WORD, ack=ack, growth=growth)
    if with_sack:
        left, right = (
            (edge + numbering.lookup(some.block ^ 1, edge)) & _WORD for edge in (some.sack_left, some.sack_right)
        )
        sack = np.where(some.sack != 0, sack_hash(left, right), 0)
        some = some._replace(sack=sack, sack_left=left, sack_right=right)
    hashed = (some.ident, some.seq, some.ack, some.shape, some.body, some.stamp, some.detail, some.sack)
    some = some._replace(exact=mixed(*hashed))
    return merged(sights, some, at)
