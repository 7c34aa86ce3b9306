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
from correlate.model.arrays import I64, Bool, take
from correlate.model.fingerprints import mixed, sack_hash
from correlate.model.ordering import stable_order

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
        place, of_step = _place(self.base, block, number), self.place >> 33
        if (of_step[1:] != of_step[:-1]).all():
            # One step for a direction, as most boxes have it: no need to search.
            only = np.full(len(self.base), -1, np.int64)
            only[of_step] = np.arange(len(of_step))
            step = only[block]
            is_known = (step >= 0) & (self.place[step] <= place)
        else:
            step = np.searchsorted(self.place, place, side="right") - 1
            is_known = (step >= 0) & (of_step[step] == block)
        return np.where(is_known, self.by[step], 0)

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
    order = stable_order(readings.block, readings.by)
    block, by = readings.block[order], readings.by[order]
    starts, count = _runs(block, by)
    cast = np.bincount(block, minlength=blocks)
    block, by = block[starts], by[starts]
    wins = (count * 2 > cast[block]) & (by != 0)
    return Numbering(base, block[wins] << 33, by[wins])


class Edges(NamedTuple):
    """Segments with payload that found no counterpart: where numbers move, one of them was made longer or shorter."""

    block: I64
    start: I64
    end: I64
    """A's, in A's numbers."""
    theirs: I64
    """Hashes of (block, start, length) of B's, in B's numbers."""


def stepwise(readings: Readings, blocks: int, edges: Edges) -> Numbering:
    """Return the steps that readings show.

    A level needs two readings in a row, or all of its block; a single one will do between levels that differ, or where
    a segment of A and one of B begin at the level before and end at this one.
    """
    base = first_numbers(readings, blocks)
    if not len(readings.block):
        return unmoved(blocks)
    place = _place(base, readings.block, readings.at)
    order = stable_order(place, readings.by)
    place, by = place[order], readings.by[order]
    starts, count = _runs(place >> 33, by)
    levels = _Levels(
        place[starts], place[starts + count - 1], by[starts], _edge_between(place, starts, count, base, edges)
    )
    levels = take(levels, _steady(levels.first >> 33, levels.by, count) | _is_explained(levels, edges))
    if not len(levels.by):
        return unmoved(blocks)
    # A stray reading splits a level in two: what is left of it meets again.
    block = levels.first >> 33
    is_new = np.concatenate([[True], (block[1:] != block[:-1]) | (levels.by[1:] != levels.by[:-1])])
    levels = take(levels, is_new)
    opens = np.concatenate([[True], np.diff(levels.first >> 33) != 0])
    ends = _place(base, edges.block[levels.edge], edges.end[levels.edge]) if len(edges.end) else levels.first
    is_exact = (levels.edge >= 0) & (ends <= levels.first)
    where = np.where(opens, levels.first >> 33 << 33, np.where(is_exact, ends, levels.first))
    return Numbering(base, where, levels.by)


class _Levels(NamedTuple):
    """Runs of equal readings."""

    first: I64
    """Place of the first reading."""
    last: I64
    by: I64
    edge: I64
    """The first edge that begins after the run before, -1 = none."""


def _edge_between(place: I64, starts: I64, count: I64, base: I64, edges: Edges) -> I64:
    """Return per run the segment without counterpart that may have moved the numbers since the run before."""
    found = np.full(len(starts), -1, np.int64)
    if len(starts) < 2 or not len(edges.start):
        return found
    at = _place(base, edges.block, edges.start)
    order = np.argsort(at, kind="stable")
    next_edge = np.searchsorted(at[order], place[(starts + count - 1)[:-1]])
    known = next_edge < len(order)
    found[1:][known] = order[next_edge[known]]
    ends = _place(base, edges.block[found], edges.end[found])
    return np.where((found >= 0) & (ends <= place[starts]) & (ends >> 33 == place[starts] >> 33), found, -1)


def _is_explained(levels: _Levels, edges: Edges) -> Bool:
    """Return where the edge before a run begins on B at the level before and ends there at this one."""
    explained = np.zeros(len(levels.by), np.bool_)
    at = np.flatnonzero(levels.edge[1:] >= 0) + 1
    edge, before, here = levels.edge[at], levels.by[at - 1], levels.by[at]
    growth = ((here - before + _HALF) & _WORD) - _HALF
    start = edges.start[edge]
    length = ((edges.end[edge] - start) & _WORD) + growth
    explained[at] = np.isin(mixed(edges.block[edge], (start + before) & _WORD, length), edges.theirs)
    return explained


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


def renumbered(sights: Sights, numbering: Numbering) -> tuple[Sights, Sights]:
    """Return the sights with TCP numbers moved, modulo 2**32, and how much longer each segment became.

    Twice: with SACK blocks as they are, which some boxes forget, and with them moved as well.
    """
    moved = numbering.is_moved
    moved |= moved[np.arange(len(moved)) ^ 1]
    at = np.flatnonzero(moved[sights.block])
    at = at[sights.take(at).is_tcp]
    if not len(at):
        return sights, sights
    some = sights.take(at)
    by = numbering.lookup(some.block, some.seq)
    beyond = numbering.lookup(some.block, (some.seq + some.length + some.growth) & _WORD)
    # A packet without ACK acknowledges nothing, before and after.
    ack = np.where(some.ack != 0, (some.ack + numbering.lookup(some.block ^ 1, some.ack)) & _WORD, 0)
    growth = some.growth + ((beyond - by + _HALF) & _WORD) - _HALF
    some = some.but(seq=(some.seq + by) & _WORD, ack=ack, growth=growth)
    exact = _exact_of(some)
    plain = sights.merged(at, some.but(exact=exact))
    told = np.flatnonzero(some.sack != 0)
    if not len(told):
        return plain, plain
    with_sack = some.take(told)
    edges = [
        (edge + numbering.lookup(with_sack.block ^ 1, edge)) & _WORD
        for edge in (with_sack.sack_left, with_sack.sack_right)
    ]
    with_sack = with_sack.but(sack=sack_hash(*edges), sack_left=edges[0], sack_right=edges[1])
    with_sack = with_sack.but(exact=_exact_of(with_sack))
    return plain, plain.merged(at[told], with_sack)


def _exact_of(some: Sights) -> I64:
    """Return the strictest key of changed components."""
    return mixed(some.ident, some.seq, some.ack, some.shape, some.body, some.stamp, some.detail, some.sack)
