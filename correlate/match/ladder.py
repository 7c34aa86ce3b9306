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

from correlate.match.acknowledging import Acknowledgements, forwarded_flows
from correlate.match.alignment import align
from correlate.match.alterations import are_edited, are_renumbered
from correlate.match.joins import unique_pairs
from correlate.match.numbering import Numbering, renumbered
from correlate.match.pace import Expectation, Pace, SurePairs
from correlate.match.recuts import are_recut
from correlate.match.shifts import MOST_EDITED, learn_shifts, learn_steps
from correlate.match.sides import Sights, blind
from correlate.model.arrays import F64, I8, I64, Bool, concatenate, take
from correlate.model.fingerprints import mixed
from correlate.model.matches import Tier
from correlate.model.ordering import stable_order

_LATE = 12.0
"""Scatters after which a lone candidate without telling IP ID is likelier another transmission."""
_DOUBTFUL = 6.0
"""Scatters after which that cannot be excluded."""


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
    _Rung(Tier.TRANSFORMED, ("seq", "ack", "shape", "body", "stamp", "detail", "sack")),
    _Rung(Tier.TRANSFORMED, ("seq", "ack", "shape", "body")),
    # Alike in all, but one of them arrived with a wrong checksum: it leaves with a wrong one.
    _Rung(Tier.TRANSFORMED, ("seq", "ack", "shape", "body", "is_wrong")),
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


class Habits(NamedTuple):
    """Per block: how often matched packets agree in what boxes may rewrite."""

    ident_agrees: I64
    ident_differs: I64
    stamp_agrees: I64
    stamp_differs: I64
    detail_agrees: I64
    detail_differs: I64


def habits_of(a: Sights, b: Sights, mask: Bool, blocks: int) -> Habits:
    """Count agreement of pairs (same positions of both sights)."""
    telling, stamped = mask & a.is_telling & b.is_telling, mask & (a.stamp != 0) & (b.stamp != 0)
    telltale = mask & a.is_tcp & b.is_tcp & (a.length > 0) & (b.length > 0)
    masks = []
    for shown, is_same in (
        (telling, a.ident == b.ident),
        (stamped, a.stamp == b.stamp),
        (telltale, a.detail == b.detail),
    ):
        masks += [shown & is_same, shown & ~is_same]
    return Habits(*(np.bincount(a.block[kind], minlength=blocks) for kind in masks))


def _is_rewritten(agrees: I64, differs: I64) -> Bool:
    """Return the blocks that a rewriting box treats: short flows like the long ones that show what it does."""
    shown = (differs >= 2) & (differs > 4 * agrees)
    is_general = np.count_nonzero(shown) > 9 * np.count_nonzero(agrees)
    return np.asarray(shown | (is_general & (agrees == 0)))


class _Climb:
    """Running state: what is paired so far. Positions, not rows, until the end."""

    def __init__(self, a: Sights, b: Sights, habits: Habits, known: SurePairs) -> None:
        self.a, self.b = a, b
        self.known = known
        self.blocks = len(habits.ident_agrees)
        self.partner = np.full(len(a.row), -1, np.int64)
        self.is_paired_b = np.zeros(len(b.row), np.bool_)
        self.tier = np.full(len(a.row), int(Tier.ALONE), np.int8)
        self.is_ambiguous = np.zeros(len(a.row), np.bool_)
        self.is_sure = np.zeros(len(a.row), np.bool_)
        self._pace: Pace | None = None
        self.habits = habits
        self.is_settled = np.bincount(known.block, minlength=self.blocks) > 0
        """Per block: some pair was found by unique keys."""
        self.is_moved = np.zeros(self.blocks, np.bool_)
        """Per block: its own sequence numbers are rewritten."""
        self.is_shifted = np.zeros(self.blocks, np.bool_)
        """Per block: its sequence or acknowledgement numbers are rewritten."""
        self.is_ident_rewritten = np.zeros(self.blocks, np.bool_)
        self.is_stamp_rewritten = np.zeros(self.blocks, np.bool_)
        self.is_detail_rewritten = np.zeros(self.blocks, np.bool_)

    def left(self) -> tuple[I64, I64]:
        """Return the positions still unpaired."""
        return np.flatnonzero(self.partner < 0), np.flatnonzero(~self.is_paired_b)

    def pair(self, at_a: I64, at_b: I64, tier: int | I8) -> None:
        """Record pairs."""
        self.partner[at_a] = at_b
        self.is_paired_b[at_b] = True
        self.tier[at_a] = tier

    def part(self, at_a: I64) -> None:
        """Take pairs back."""
        self.is_paired_b[self.partner[at_a]] = False
        self.partner[at_a] = -1
        self.tier[at_a] = int(Tier.ALONE)

    def note_rewriting(self, a: Sights, b: Sights, found: _Conflicts) -> None:
        """Learn which blocks pass a box that rewrites IP IDs, timestamps or windows: several conflict, few agree."""
        seen = habits_of(a, b, ~found.payload, self.blocks)
        self.habits = habits = Habits(*(old + new for old, new in zip(self.habits, seen, strict=True)))
        self.is_ident_rewritten |= _is_rewritten(habits.ident_agrees, habits.ident_differs)
        self.is_stamp_rewritten |= _is_rewritten(habits.stamp_agrees, habits.stamp_differs)
        self.is_detail_rewritten |= _is_rewritten(habits.detail_agrees, habits.detail_differs)

    def comparable(self, left_a: I64, left_b: I64) -> tuple[Sights, Sights]:
        """Return sights without what a box between rewrites."""
        parts = []
        for sights in (self.a.take(left_a), self.b.take(left_b)):
            is_telling = sights.is_telling & ~self.is_ident_rewritten[sights.block]
            stamp = np.where(self.is_stamp_rewritten[sights.block], 0, sights.stamp)
            parts.append(sights.but(is_telling=is_telling, stamp=stamp))
        return parts[0], parts[1]

    def pace(self) -> Pace:
        """Return the pace of the pairs that are sure by now."""
        if self._pace is None:
            self._pace = self.pace_of(np.flatnonzero(self.is_sure))
        return self._pace

    def pace_of(self, sure: I64) -> Pace:
        """Return the pace that these pairs set, besides those known before."""
        delta = self.b.time[self.partner[sure]] - self.a.time[sure]
        found = SurePairs(self.a.block[sure], self.a.time[sure], delta)
        return Pace(concatenate([self.known, found]))

    def expect(self, at_a: I64) -> Expectation:
        """Return when those are due on B."""
        return self.pace().expect(self.a.block[at_a], self.a.time[at_a])

    def renumber(self, numbering: Numbering) -> None:
        """Bring A's sequence numbers, and the acknowledgements of the other direction with them, to those of B."""
        moved = numbering.is_moved
        self.is_moved |= moved
        self.is_shifted |= moved | moved[np.arange(self.blocks) ^ 1]
        plain, followed = (renumbered(self.a, numbering, with_sack=follows) for follows in (False, True))
        self.a = followed if _sacks_met(followed, self.b) >= _sacks_met(plain, self.b) else plain

    def trust(self, at_a: I64, *, is_sure: bool) -> None:
        """Let pairs set the pace, or no longer."""
        self.is_sure[at_a] = is_sure
        self._pace = None


def _sacks_met(a: Sights, b: Sights) -> int:
    """Return how many SACK blocks of A stand on B in the same direction of the same flow."""
    blocks = [mixed(side.block, side.sack)[side.sack != 0] for side in (a, b)]
    return int(np.count_nonzero(np.isin(blocks[0], blocks[1])))


def climb(a: Sights, b: Sights, habits: Habits, known: SurePairs, shown: Numbering, *, with_altered: bool) -> Pairs:
    """Pair packets of two vantages.

    Parameters
    ----------
    a, b
        Sights with joined blocks; those of blocks that only one side has are allowed.
    habits, known
        What pairs of these vantages known already say of rewriting boxes, and of the pace.
    shown
        What they say of rewritten sequence numbers.
    with_altered
        Pair altered packets, too. With more vantages than two, all should first be compared without: that a third one
        holds both packets shows that neither is the other, altered.

    Returns
    -------
    Pairs
        One-to-one. Cost O(n log n).
    """
    state = _Climb(a, b, habits, known)
    state.renumber(shown)
    _pair_unique(state, _SAME[0])
    _undo_shifts(state)
    _follow_steps(state)
    for rung in _SAME[1:]:
        _pair_unique(state, rung)
    _doubt_late(state)
    for parts in _REPEATED[:2]:
        _pair_repeated(state, parts)
    for rung in _ALTERED if with_altered else ():
        _pair_altered(state, rung)
    _pair_repeated(state, _REPEATED[2])
    _doubt_crossing(state)
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
    a, b = state.a.take(left_a[at_a]), state.b.take(left_b[at_b])
    found = _conflicts(a, b)
    state.note_rewriting(a, b, found)
    other = found.are_other(state, a.block)
    good = ~found.payload & ~other
    # Equal telling IP ID and numbers with other bytes: the payload was altered on the way.
    same_ident = a.is_telling & b.is_telling & (a.ident == b.ident)
    is_altered = found.payload & ~other & same_ident
    if is_altered.any():
        is_altered &= ~are_recut(a, b, (state.a, state.b))
    tier = np.where(is_altered, int(Tier.CONTENT), int(rung.tier)).astype(np.int8)
    keep = good | is_altered
    state.pair(left_a[at_a[keep]], left_b[at_b[keep]], tier[keep])
    state.is_settled[a.block[good]] = True
    proof = good & (same_ident | ~a.is_bare)
    state.trust(left_a[at_a[proof]], is_sure=True)


def _undo_shifts(state: _Climb) -> None:
    """Learn rewritten initial sequence numbers of blocks without any exact pair; shift A's packets; try again."""
    is_open = ~state.is_settled
    # One rewritten direction means both are: a connection is settled or it is not.
    is_open &= is_open[np.arange(state.blocks) ^ 1]
    left_a, left_b = state.left()
    left_a, left_b = left_a[is_open[state.a.block[left_a]]], left_b[is_open[state.b.block[left_b]]]
    if not len(left_a) or not len(left_b):
        return
    numbering = learn_shifts(state.a.take(left_a), state.b.take(left_b), state.blocks)
    if numbering.is_moved.any():
        state.renumber(numbering)
        _pair_unique(state, _Rung(Tier.TRANSFORMED, ("exact",)))


def _follow_steps(state: _Climb) -> None:
    """Learn numbers rewritten in one direction only, or from some place on (a gateway that edits payload)."""
    left_a, left_b = state.left()
    wanted = np.zeros((2, state.blocks), np.bool_)
    wanted[0, state.a.block[left_a[state.a.is_tcp[left_a]]]] = True
    wanted[1, state.b.block[left_b[state.b.is_tcp[left_b]]]] = True
    is_open = wanted[0] & wanted[1]
    is_open |= is_open[np.arange(state.blocks) ^ 1]
    if not is_open.any():
        return
    known = np.flatnonzero((state.partner >= 0) & is_open[state.a.block])
    left_a, left_b = left_a[is_open[state.a.block[left_a]]], left_b[is_open[state.b.block[left_b]]]
    is_settled = np.bincount(state.known.block, minlength=state.blocks) > 0
    numbering = learn_steps(state.a, state.b, (known, state.partner[known]), (left_a, left_b), is_settled)
    if numbering.is_moved.any():
        state.renumber(numbering)
        _pair_unique(state, _Rung(Tier.TRANSFORMED, ("exact",)))


def _doubt_late(state: _Climb) -> None:
    """Doubt lone candidates far from their due time: one capture may hold the first sending, the other the second.

    They stay paired, for a delay may jump, but nothing is built on them. Where the window differs as well, they part.
    Rewritten numbers may also mean that a proxy ends the connection: then its handshake and acknowledgements are not
    those of the other side, and only what it cannot make up (bytes, timestamps, IP IDs, acknowledgements that wait for
    the far end's) shows forwarding.
    """
    at = np.flatnonzero((state.partner >= 0) & (state.tier < int(Tier.CONTENT)))
    to = state.partner[at]
    a, b = state.a, state.b
    doubtful = ~(a.is_telling[at] & (a.ident[at] == b.ident[to]))
    doubtful &= ~((a.stamp[at] != 0) & (a.stamp[at] == b.stamp[to]) & ~a.is_bare[at])
    at, to = at[doubtful], to[doubtful]
    if not len(at):
        return
    of_proxy = (
        state.is_shifted[a.block[at]] & (a.length[at] == 0) & ~((a.stamp[at] != 0) & (a.stamp[at] == b.stamp[to]))
    )
    of_proxy &= ~_are_spliced(state, at) & ~_are_forwarded(state, at, of_proxy)
    off, scatter = _off_by_others(state, at)
    differs = (a.detail[at] != b.detail[to]) | (a.sack[at] != b.sack[to])
    other = (off > _LATE * scatter) & differs
    # A box that sets windows sets them on all packets.
    differs &= ~state.is_detail_rewritten[a.block[at]] | (a.sack[at] != b.sack[to])
    doubted = ((off > _DOUBTFUL * scatter) | (differs & a.is_bare[at]) | of_proxy) & ~other
    state.is_ambiguous[at[doubted]] = True
    state.part(at[other])
    state.trust(at[doubted | other], is_sure=False)


def _are_spliced(state: _Climb, at: I64) -> Bool:
    """Return which bare acknowledgements follow data that crossed with one direction's numbers unmoved: no proxy's."""
    sure = np.flatnonzero(state.is_sure & (state.a.length > 0))
    first = np.full(state.blocks, np.inf)
    np.minimum.at(first, state.a.block[sure], state.a.time[sure])
    first[state.is_moved] = np.inf
    since = np.minimum(first, first[np.arange(state.blocks) ^ 1])
    return np.asarray(state.a.is_bare[at] & (state.a.time[at] > since[state.a.block[at]]))


def _are_forwarded(state: _Climb, at: I64, doubted: Bool) -> Bool:
    """Return which doubted pairs belong to flows whose bare acknowledgements show that no proxy made them."""
    a, b = state.a, state.b
    bare = at[doubted & a.is_bare[at]]
    if not len(bare):
        return np.zeros(len(at), np.bool_)
    time = a.time[bare]
    sure = np.flatnonzero(state.is_sure & (a.length > 0))
    data = SurePairs(a.block[sure], a.time[sure], b.time[state.partner[sure]] - a.time[sure])
    heard = [np.flatnonzero(side.is_bare & state.is_shifted[side.block]) for side in (a, b)]
    said = _said(*(side.take(rows) for side, rows in zip((a, b), heard, strict=True)))
    shown = forwarded_flows(
        a.block[bare],
        time,
        b.time[state.partner[bare]] - time,
        concatenate([state.known, data]),
        said,
        state.blocks // 2 + 1,
    )
    return np.asarray(shown[a.block[at] >> 1])


def _said(a: Sights, b: Sights) -> Acknowledgements:
    """Return the distinct acknowledgements of both sides."""
    keys = [mixed(side.block, side.seq, side.ack) for side in (a, b)]
    key, at = np.unique(np.concatenate(keys), return_index=True)
    block = np.concatenate([a.block, b.block])[at]
    return Acknowledgements(block, np.isin(key, keys[0]) & np.isin(key, keys[1]))


def _off_by_others(state: _Climb, at: I64) -> tuple[F64, F64]:
    """Return how far pairs are off the pace that other pairs set, and the scatter (huge where nothing is known)."""
    off, scatter = np.zeros(len(at)), np.full(len(at), np.inf)
    sure = np.flatnonzero(state.is_sure)
    # No pair may testify for itself: every second one is judged by the others.
    for part in (0, 1):
        witnesses = sure[np.arange(len(sure)) % 2 == part]
        judged = np.isin(at, witnesses, invert=True)
        judged &= np.isin(at, sure) | (part == 0)
        due = state.pace_of(witnesses).expect(state.a.block[at[judged]], state.a.time[at[judged]])
        off[judged] = np.abs(state.b.time[state.partner[at[judged]]] - due.time)
        scatter[judged] = np.where(due.scatter < 0, np.inf, due.scatter)
    return off, scatter


def _pair_repeated(state: _Climb, parts: tuple[str, ...]) -> None:
    """Align what occurs more than once."""
    left_a, left_b = state.left()
    if not len(left_a) or not len(left_b):
        return
    a, b = state.comparable(left_a, left_b)
    found = align(a, b, (_key(a, parts), _key(b, parts)), state.pace())
    state.pair(left_a[found.a], left_b[found.b], int(Tier.ORDER))
    state.is_ambiguous[left_a[found.a]] = found.is_ambiguous


def _doubt_crossing(state: _Climb) -> None:
    """Doubt look-alikes that overtook one another: another assignment keeps their order."""
    a, b = state.a, state.b
    at = np.flatnonzero((state.partner >= 0) & (state.tier != int(Tier.CONTENT)))
    to = state.partner[at]
    at = at[~((a.is_telling[at] & (a.ident[at] == b.ident[to])) | ((a.stamp[at] != 0) & (a.stamp[at] == b.stamp[to])))]
    if len(at) < 2:
        return
    group = np.unique(_key(a, _REPEATED[2], at), return_inverse=True)[1]
    at = at[stable_order(group, a.time[at], b.time[state.partner[at]])]
    group = np.sort(group)
    # Places in B's order that only grow are no crossing: every group begins beyond the one before.
    place = np.zeros(len(at), np.int64)
    place[stable_order(group, b.time[state.partner[at]], b.row[state.partner[at]])] = np.arange(len(at))
    ahead = np.maximum.accumulate(place)
    behind = np.minimum.accumulate(place[::-1])[::-1]
    state.is_ambiguous[at[(ahead > place) | (behind < place)]] = True


def _pair_altered(state: _Climb, rung: _Rung) -> None:
    """Pair packets of which one component was altered: lone ones, then repeats in order."""
    left_a, left_b = state.left()
    if rung.parts == ("head",):
        # Where numbers agree, equal bytes at other numbers are other bytes.
        is_open = ~state.is_settled
        left_a = left_a[(state.a.head[left_a] != 0) & is_open[state.a.block[left_a]]]
        left_b = left_b[(state.b.head[left_b] != 0) & is_open[state.b.block[left_b]]]
    if not len(left_a) or not len(left_b):
        return
    at_a, at_b = unique_pairs(_key(state.a, rung.parts, left_a), _key(state.b, rung.parts, left_b))
    good = _is_plausible(state, rung, (left_a[at_a], left_b[at_b]))
    state.pair(left_a[at_a[good]], left_b[at_b[good]], int(rung.tier))
    if "seq" not in rung.parts:
        return
    left_a, left_b = state.left()
    if not len(left_a) or not len(left_b):
        return
    a, b = state.comparable(left_a, left_b)
    found = align(blind(a), blind(b), (_key(a, rung.parts), _key(b, rung.parts)), state.pace())
    good = _is_plausible(state, rung, (left_a[found.a], left_b[found.b]))
    state.pair(left_a[found.a[good]], left_b[found.b[good]], int(rung.tier))
    state.is_ambiguous[left_a[found.a[good]]] = found.is_ambiguous[good]


def _is_plausible(state: _Climb, rung: _Rung, at: tuple[I64, I64]) -> Bool:
    """Return which candidates for an altered packet are due at that time and are not cut anew."""
    a, b = state.a.take(at[0]), state.b.take(at[1])
    same_ident = a.is_telling & b.is_telling & (a.ident == b.ident)
    due = state.expect(at[0])
    in_time = (due.scatter >= 0) & (np.abs(b.time - due.time) <= _LATE * due.scatter)
    good = ~_conflicts(a, b).are_other(state, a.block) & (in_time | same_ident)
    if rung.parts == ("ident", "body", "shape"):
        good &= same_ident & are_renumbered(a, b) & ~_conflicts(a, b).payload
    if "seq" in rung.parts:
        has_grown = (a.growth != 0) & (a.length + a.growth == b.length)
        told = same_ident | has_grown | are_edited(a, b)
        asked = np.flatnonzero(~told & good & (a.length == b.length) & (np.abs(b.time - due.time) <= due.scatter))
        told[asked] = _are_alone(state, (at[0][asked], at[1][asked]), due.scatter[asked])
        good &= told
        # Where a capture missed the rest of a cut segment, numbers look as if a gateway had taken hundreds of bytes.
        is_cut = are_recut(a, b, (state.a, state.b))
        begins_alike = a.is_tcp & (a.first != 0) & (a.first == b.first) & (np.abs(a.growth) > MOST_EDITED)
        good &= ~is_cut | (has_grown & ~begins_alike)
    return np.asarray(good)


def _are_alone(state: _Climb, at: tuple[I64, I64], scatter: F64) -> Bool:
    """Return where nothing else of that direction is near on either side: none is there to be mistaken for it."""
    wanted = np.zeros(state.blocks, np.bool_)
    wanted[state.a.block[at[0]]] = True
    known = take(state.known, wanted[state.known.block])
    near = np.full(len(scatter), np.inf)
    for side, rows, times in ((state.a, at[0], known.time), (state.b, at[1], known.time + known.delta)):
        mine = np.flatnonzero(wanted[side.block])
        gaps = _gaps(np.concatenate([side.block[mine], known.block]), np.concatenate([side.time[mine], times]))
        near = np.minimum(near, gaps[np.searchsorted(mine, rows)])
    return near > _LATE * scatter


def _gaps(block: I64, time: F64) -> F64:
    """Return the time from each packet to the nearest other one of its block."""
    order = np.lexsort((time, block))
    apart = np.where(np.diff(block[order]) == 0, np.diff(time[order]), np.inf)
    gaps = np.empty(len(block))
    gaps[order] = np.minimum(np.concatenate([[np.inf], apart]), np.concatenate([apart, [np.inf]]))
    return gaps
