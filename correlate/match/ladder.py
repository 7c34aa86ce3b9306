"""Packets of two vantages paired within joined flows, from strict keys to loose ones.

**In:** ``Sights`` of both sides. **Out:** ``Pairs``.
**Method:** algorithms section 2, tiers. Each rung drops a component; within a direction of a joined flow, a key that
occurs once on each side is a pair unless IP ID, TCP timestamps or payload contradict it. What repeats is aligned in
order (``alignment_kernel.py``) at the pace of its neighbours. Then the altered ones: payload, then sequence numbers.
**Not here:** flows (``association.py``), segments cut differently (``ranges.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.alignment import align
from correlate.match.joins import unique_pairs
from correlate.match.pace import Expectation, Pace, SurePairs
from correlate.match.shifts import learn_shifts
from correlate.match.sides import Sights, shifted, take_sights
from correlate.model.arrays import I8, I64, Bool
from correlate.model.fingerprints import mixed
from correlate.model.matches import Tier

_RETRANSMITTED_NS = 150e6
"""Least delay before a sender repeats itself (RFC 6298 allows 1 s, Linux and Windows use 200 ms and more)."""
_LATE = 12.0
"""Scatters after which a lone candidate without telling IP ID may be another transmission."""


class Pairs(NamedTuple):
    """Rows of A and B that are one packet."""

    a: I64
    b: I64
    tier: I8
    is_ambiguous: Bool


class _Rung(NamedTuple):
    """Components that must be equal."""

    tier: Tier
    parts: tuple[str, ...]


_SAME = (
    _Rung(Tier.EXACT, ("exact",)),
    _Rung(Tier.TRANSFORMED, ("ident", "seq", "ack", "shape", "body")),
    _Rung(Tier.TRANSFORMED, ("seq", "ack", "shape", "body", "stamp", "detail")),
    _Rung(Tier.TRANSFORMED, ("seq", "ack", "shape", "body")),
)
_ALTERED = (
    # Payload changed: everything else says it is the same packet.
    _Rung(Tier.CONTENT, ("ident", "seq", "ack", "shape")),
    _Rung(Tier.CONTENT, ("seq", "ack", "shape")),
    # Sequence numbers changed on their own.
    _Rung(Tier.CONTENT, ("ident", "body", "shape")),
    # Only the bytes are left (relays).
    _Rung(Tier.CONTENT, ("head",)),
)
_REPEATED = (("exact",), ("seq", "ack", "shape", "body"), ("seq", "ack", "shape", "length"))
"""Keys under which repeats are aligned; the last is for payload that one capture cut away."""


class _Climb:
    """Running state: what is paired so far. Positions, not rows, until the end."""

    def __init__(self, a: Sights, b: Sights, blocks: int, known: SurePairs) -> None:
        self.a, self.b = a, b
        self.known = known
        self.blocks = blocks
        self.partner = np.full(len(a.row), -1, np.int64)
        self.is_paired_b = np.zeros(len(b.row), np.bool_)
        self.tier = np.full(len(a.row), int(Tier.ALONE), np.int8)
        self.is_ambiguous = np.zeros(len(a.row), np.bool_)
        self.is_sure = np.zeros(len(a.row), np.bool_)
        self._pace: Pace | None = None
        self.settled = np.bincount(known.block, minlength=blocks)
        """Per block: pairs found by unique keys."""
        self.is_ident_rewritten = np.zeros(blocks, np.bool_)
        self.is_stamp_rewritten = np.zeros(blocks, np.bool_)

    def left(self) -> tuple[I64, I64]:
        """Return the positions still unpaired."""
        return np.flatnonzero(self.partner < 0), np.flatnonzero(~self.is_paired_b)

    def pair(self, at_a: I64, at_b: I64, tier: int | I8) -> None:
        """Record pairs."""
        self.partner[at_a] = at_b
        self.is_paired_b[at_b] = True
        self.tier[at_a] = tier

    def note_rewriting(self, block: I64, found: _Conflicts) -> None:
        """Learn which blocks pass a box that rewrites IP IDs or timestamps: several conflict, none ever agreed."""
        for conflict, is_rewritten in ((found.ident, self.is_ident_rewritten), (found.stamp, self.is_stamp_rewritten)):
            against = np.bincount(block[conflict & ~found.payload], minlength=self.blocks)
            agreeing = np.bincount(block[~conflict], minlength=self.blocks)
            is_new = (self.settled == 0) & (against >= 2) & (against > 4 * agreeing)
            is_rewritten |= is_new
            # Boxes treat short flows like the long ones that show what the box does.
            if np.count_nonzero(is_rewritten) > 9 * np.count_nonzero(self.settled):
                is_rewritten |= self.settled == 0

    def comparable(self, left_a: I64, left_b: I64) -> tuple[Sights, Sights]:
        """Return sights without what a box between rewrites."""
        parts = []
        for sights in (take_sights(self.a, left_a), take_sights(self.b, left_b)):
            is_telling = sights.is_telling & ~self.is_ident_rewritten[sights.block]
            stamp = np.where(self.is_stamp_rewritten[sights.block], 0, sights.stamp)
            parts.append(sights._replace(is_telling=is_telling, stamp=stamp))
        return parts[0], parts[1]

    def pace(self) -> Pace:
        """Return the pace of the pairs that are sure by now."""
        if self._pace is None:
            sure = np.flatnonzero(self.is_sure)
            delta = self.b.time[self.partner[sure]] - self.a.time[sure]
            found = SurePairs(self.a.block[sure], self.a.time[sure], delta)
            known = SurePairs(*(np.concatenate(columns) for columns in zip(self.known, found, strict=True)))
            self._pace = Pace(known)
        return self._pace

    def expect(self, at_a: I64) -> Expectation:
        """Return when those are due on B."""
        return self.pace().expect(self.a.block[at_a], self.a.time[at_a])

    def trust(self, at_a: I64, *, is_sure: bool) -> None:
        """Let pairs set the pace, or no longer."""
        self.is_sure[at_a] = is_sure
        self._pace = None


def climb(a: Sights, b: Sights, blocks: int, known: SurePairs) -> Pairs:
    """Pair packets of two vantages.

    Parameters
    ----------
    a, b
        Sights with joined blocks; those of blocks that only one side has are allowed.
    blocks
        Number of blocks.
    known
        Pairs of these vantages known already, which set the pace.

    Returns
    -------
    Pairs
        One-to-one. Cost O(n log n).
    """
    state = _Climb(a, b, blocks, known)
    _pair_unique(state, _SAME[0])
    _undo_shifts(state)
    for rung in _SAME[1:]:
        _pair_unique(state, rung)
    _doubt_late(state)
    for parts in _REPEATED[:2]:
        _pair_repeated(state, parts)
    for rung in _ALTERED:
        _pair_altered(state, rung)
    _pair_repeated(state, _REPEATED[2])
    at = np.flatnonzero(state.partner >= 0)
    return Pairs(a.row[at], b.row[state.partner[at]], state.tier[at], state.is_ambiguous[at])


def _key(sights: Sights, parts: tuple[str, ...], at: I64 | None = None) -> I64:
    """Return the key of the components within the block, of all sights or those at the given positions."""
    columns = [sights.block, *(getattr(sights, part) for part in parts)]
    return mixed(*(columns if at is None else [column[at] for column in columns]))


class _Conflicts(NamedTuple):
    """Where two candidates contradict each other."""

    ident: Bool
    """Telling IP IDs differ."""
    stamp: Bool
    """TCP timestamps differ although nothing else says that it is one transmission."""
    payload: Bool

    def are_other(self, state: _Climb, block: I64) -> Bool:
        """Return where they are other transmissions, as far as the boxes between leave that to be seen."""
        return (self.ident & ~state.is_ident_rewritten[block]) | (self.stamp & ~state.is_stamp_rewritten[block])


def _conflicts(a: Sights, b: Sights) -> _Conflicts:
    """Compare candidates."""
    both_tell = a.is_telling & b.is_telling
    # Equal telling IDs outweigh timestamps: some boxes rewrite those.
    stamp = (a.stamp != 0) & (b.stamp != 0) & (a.stamp != b.stamp) & ~(both_tell & (a.ident == b.ident))
    altered = a.length != b.length
    for one, two in ((a.head, b.head), (a.total, b.total), (a.whole, b.whole)):
        altered = altered | ((one != 0) & (two != 0) & (one != two))
    return _Conflicts(both_tell & (a.ident != b.ident), stamp, altered)


def _pair_unique(state: _Climb, rung: _Rung) -> None:
    """Pair keys that occur once on each side, unless something contradicts."""
    left_a, left_b = state.left()
    if not len(left_a) or not len(left_b):
        return
    at_a, at_b = unique_pairs(_key(state.a, rung.parts, left_a), _key(state.b, rung.parts, left_b))
    a, b = take_sights(state.a, left_a[at_a]), take_sights(state.b, left_b[at_b])
    found = _conflicts(a, b)
    state.note_rewriting(a.block, found)
    other = found.are_other(state, a.block)
    good = ~found.payload & ~other
    # Equal telling IP ID and numbers with other bytes: the payload was altered on the way.
    same_ident = a.is_telling & b.is_telling & (a.ident == b.ident)
    is_altered = found.payload & ~other & same_ident
    tier = np.where(is_altered, int(Tier.CONTENT), int(rung.tier)).astype(np.int8)
    keep = good | is_altered
    state.pair(left_a[at_a[keep]], left_b[at_b[keep]], tier[keep])
    np.add.at(state.settled, a.block[good], 1)
    proof = good & (same_ident | ~a.is_bare)
    state.trust(left_a[at_a[proof]], is_sure=True)


def _undo_shifts(state: _Climb) -> None:
    """Learn rewritten initial sequence numbers of blocks without any exact pair; shift A's packets; try again."""
    is_open = state.settled == 0
    # One rewritten direction means both are: a connection is settled or it is not.
    is_open &= is_open[np.arange(state.blocks) ^ 1]
    left_a, left_b = state.left()
    left_a, left_b = left_a[is_open[state.a.block[left_a]]], left_b[is_open[state.b.block[left_b]]]
    if not len(left_a) or not len(left_b):
        return
    shift = learn_shifts(take_sights(state.a, left_a), take_sights(state.b, left_b), state.blocks)
    if not shift.any():
        return
    state.a = shifted(state.a, shift, shift[np.arange(state.blocks) ^ 1])
    _pair_unique(state, _Rung(Tier.TRANSFORMED, ("exact",)))


def _doubt_late(state: _Climb) -> None:
    """Mark lone candidates far from their due time: one capture may hold the first sending, the other the second."""
    at = np.flatnonzero((state.partner >= 0) & (state.tier < int(Tier.CONTENT)))
    to = state.partner[at]
    a, b = state.a, state.b
    doubtful = ~(a.is_telling[at] & (a.ident[at] == b.ident[to]))
    doubtful &= ~((a.stamp[at] != 0) & (a.stamp[at] == b.stamp[to]) & ~a.is_bare[at])
    at, late_by = at[doubtful], b.time[to[doubtful]]
    if not len(at):
        return
    due = state.expect(at)
    late = (due.scatter >= 0) & (np.abs(late_by - due.time) > np.maximum(_LATE * due.scatter, _RETRANSMITTED_NS))
    state.is_ambiguous[at[late]] = True
    state.trust(at[late], is_sure=False)


def _pair_repeated(state: _Climb, parts: tuple[str, ...]) -> None:
    """Align what occurs more than once."""
    left_a, left_b = state.left()
    if not len(left_a) or not len(left_b):
        return
    a, b = state.comparable(left_a, left_b)
    found = align(a, b, (_key(a, parts), _key(b, parts)), state.pace())
    state.pair(left_a[found.a], left_b[found.b], int(Tier.ORDER))
    state.is_ambiguous[left_a[found.a]] = found.is_ambiguous


def _pair_altered(state: _Climb, rung: _Rung) -> None:
    """Pair packets of which one component was altered: lone ones, then repeats in order."""
    left_a, left_b = state.left()
    if rung.parts == ("head",):
        left_a, left_b = left_a[state.a.head[left_a] != 0], left_b[state.b.head[left_b] != 0]
    if not len(left_a) or not len(left_b):
        return
    all_a, all_b = take_sights(state.a, left_a), take_sights(state.b, left_b)
    at_a, at_b = unique_pairs(_key(all_a, rung.parts), _key(all_b, rung.parts))
    good = _is_plausible(state, rung, (left_a[at_a], left_b[at_b]), (all_a, all_b))
    state.pair(left_a[at_a[good]], left_b[at_b[good]], int(rung.tier))
    if "seq" not in rung.parts:
        return
    left_a, left_b = state.left()
    if not len(left_a) or not len(left_b):
        return
    a, b = state.comparable(left_a, left_b)
    nothing_a, nothing_b = np.zeros_like(a.head), np.zeros_like(b.head)
    blind = a._replace(head=nothing_a, total=nothing_a, whole=nothing_a)
    found = align(
        blind,
        b._replace(head=nothing_b, total=nothing_b, whole=nothing_b),
        (_key(a, rung.parts), _key(b, rung.parts)),
        state.pace(),
    )
    good = _is_plausible(state, rung, (left_a[found.a], left_b[found.b]), (all_a, all_b))
    state.pair(left_a[found.a[good]], left_b[found.b[good]], int(rung.tier))
    state.is_ambiguous[left_a[found.a[good]]] = found.is_ambiguous[good]


def _is_plausible(state: _Climb, rung: _Rung, at: tuple[I64, I64], pool: tuple[Sights, Sights]) -> Bool:
    """Return which candidates for an altered packet are due at that time and are not cut anew."""
    a, b = take_sights(state.a, at[0]), take_sights(state.b, at[1])
    same_ident = a.is_telling & b.is_telling & (a.ident == b.ident)
    due = state.expect(at[0])
    off = np.abs(b.time - due.time)
    in_time = (due.scatter >= 0) & (off <= np.maximum(_LATE * due.scatter, _RETRANSMITTED_NS))
    good = ~_conflicts(a, b).are_other(state, a.block) & (in_time | same_ident)
    if rung.parts == ("ident", "body", "shape"):
        good &= same_ident
    if "seq" in rung.parts:
        good &= ~_is_recut(a, b, *pool)
    return np.asarray(good)


def _is_recut(a: Sights, b: Sights, all_a: Sights, all_b: Sights) -> Bool:
    """Return where two lengths differ because one side holds the rest in another segment (or one is a super-frame)."""
    differ = (a.length != b.length) & (a.length > 0) & (b.length > 0)
    longer = np.maximum(a.length, b.length)
    shorter = np.minimum(a.length, b.length)
    follows = mixed(a.block, (a.seq + shorter) & 0xFFFFFFFF)
    rest_a = np.isin(follows, mixed(all_a.block, all_a.seq)) & (a.length < b.length)
    rest_b = np.isin(follows, mixed(all_b.block, all_b.seq)) & (b.length < a.length)
    return np.asarray(differ & ((longer > 1500) | rest_a | rest_b))
