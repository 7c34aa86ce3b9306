"""Packets of two vantages paired within joined flows, from strict keys to loose ones.

**In:** ``Sights`` of both sides. **Out:** ``Pairs``.
**Method:** algorithms section 2, tiers. Each rung drops a component; within a direction of a joined flow, a key that
occurs once on each side is a pair unless IP ID, TCP timestamps or payload contradict it. What repeats is aligned in
order (``alignment_kernel.py``) at the pace of its neighbours. Then the altered ones: payload, then sequence numbers.
**Not here:** the state (``climbing.py``), doubts (``doubts.py``), flows (``association.py``), segments cut differently
(``ranges.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.alignment import align, common_to_exact
from correlate.match.alterations import are_edited, are_renumbered
from correlate.match.climbing import LATE, Climb, key_of
from correlate.match.comparing import Habits, compare, meet, told_of
from correlate.match.comparing_kernel import ALTERED, BARE, OTHER_IDENT, OTHER_STAMP, SAME_IDENT
from correlate.match.doubts import doubt_crossing, doubt_late
from correlate.match.joins import Join, tabulate, unique_pairs
from correlate.match.joins_kernel import FREE, SEVERAL
from correlate.match.numbering import Numbering
from correlate.match.pace import SurePairs
from correlate.match.recuts import are_recut
from correlate.match.shifts import MOST_EDITED, learn_shifts, learn_steps
from correlate.match.sides import Sights, blind
from correlate.model.arrays import F64, I8, I64, U8, Bool, Int, take
from correlate.model.matches import Tier


class Pairs(NamedTuple):
    """Rows of A and B that are one packet."""

    a: Int
    b: Int
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


class Known(NamedTuple):
    """What is known of two vantages before their packets are paired."""

    habits: Habits
    """What pairs known already say of rewriting boxes."""
    pairs: SurePairs
    """What they say of the pace."""
    numbering: Numbering
    """What they say of rewritten sequence numbers."""
    exact: Join
    """Where packets of either stand on the other by the strictest key; of all rows but copies."""


def climb(a: Sights, b: Sights, known: Known, *, with_altered: bool) -> Pairs:
    """Pair packets of two vantages.

    Parameters
    ----------
    a, b
        Sights with joined blocks; those of blocks that only one side has are allowed.
    known
        What is known before.
    with_altered
        Pair altered packets, too. With more vantages than two, all should first be compared without: that a third one
        holds both packets shows that neither is the other, altered.

    Returns
    -------
    Pairs
        One-to-one. Cost O(n), and O(n log n) in what the strictest key leaves over.
    """
    state = Climb(a, b, known.habits, known.pairs)
    state.renumber(known.numbering)
    if state.a.are_changed(_SAME[0].parts):
        _pair_unique(state, _SAME[0])
    else:
        _pair_exact(state, _SAME[0].tier, known.exact)
    _undo_shifts(state)
    _follow_steps(state)
    for rung in _SAME[1:] if _has_lone(state) else ():
        _pair_unique(state, rung)
    doubt_late(state)
    for parts in _REPEATED[:2]:
        _pair_repeated(state, parts)
    for rung in _ALTERED if with_altered else ():
        _pair_altered(state, rung)
    _pair_repeated(state, _REPEATED[2])
    doubt_crossing(state)
    at = np.flatnonzero(state.partner >= 0)
    return Pairs(a.row[at], b.row[state.partner[at]], state.tier[at], state.is_ambiguous[at])


def _pair_unique(state: Climb, rung: _Rung) -> None:
    """Pair keys that occur once on each side, unless something contradicts."""
    left_a, left_b = state.left()
    if not len(left_a) or not len(left_b):
        return
    at_a, at_b = unique_pairs(*(key_of(side, rung.parts) for side in state.open()))
    _pair(state, rung.tier, (left_a[at_a], left_b[at_b]))


def _has_lone(state: Climb) -> bool:
    """Tell whether anything left differs from all else on its side: what has a twin has one under looser keys, too."""
    return all(not tabulate(key_of(side, ("exact", "is_wrong"))).is_twin.all() for side in state.open())


def _pair_exact(state: Climb, tier: Tier, exact: Join) -> None:
    """Pair strictest keys that occur once on each side of a block, unless something contradicts; nothing is paired yet.

    Nearly all do so in the whole captures; only the others are compared block by block. Of the pairs only those are
    gathered of which anything differs: all others are good, and what they prove is written for all positions at once.
    """
    a, b, partner = state.a, state.b, state.partner
    again_a, again_b = np.flatnonzero(exact.partner[a.row] == SEVERAL), np.flatnonzero(exact.is_several[b.row])
    one, two = unique_pairs(key_of(a.take(again_a), ("exact",)), key_of(b.take(again_b), ("exact",)))
    partner[again_a[one]] = again_b[two]
    told, seen, alike = meet(a, b, exact, partner, state.blocks)
    state.note_rewriting(seen)
    at = np.flatnonzero(told & (OTHER_IDENT | OTHER_STAMP | ALTERED))
    good, keep = _judged(state, (at, partner[at].astype(np.int64)), told[at])
    is_paired = partner >= 0
    state.tier[is_paired] = int(tier)
    state.tier[at[keep & ~good]] = int(Tier.CONTENT)
    is_paired[at[~good]] = False
    state.is_sure = is_paired & ((told & (SAME_IDENT | BARE)) != BARE)
    # Of those whose payload is equal, the ones that are others settle nothing.
    others = at[~good & ((told[at] & ALTERED) == 0)]
    state.is_settled |= alike > np.bincount(a.block[others], minlength=state.blocks)
    state.told = told
    apart = at[~keep]
    told[apart], state.tier[apart], partner[apart] = 0, int(Tier.ALONE), FREE
    # Those without a partner, -1, mark what lies beyond the last.
    is_met = np.zeros(len(b) + 1, np.bool_)
    is_met[partner] = True
    state.is_paired_b = is_met[:-1]


def _pair(state: Climb, tier: Tier, at: tuple[I64, I64]) -> None:
    """Pair candidates by unique keys unless something contradicts."""
    at_a, at_b = at
    told, seen = compare(state.a, state.b, at, state.blocks, counts_altered=False)
    state.note_rewriting(seen)
    good, keep = _judged(state, at, told)
    proof = good & ((told & (SAME_IDENT | BARE)) != BARE)
    state.is_settled[state.a.block[at_a[good]]] = True
    state.trust(at_a[proof], is_sure=True)
    tiers = np.where(good, int(tier), int(Tier.CONTENT)).astype(np.int8)
    state.pair(at_a[keep], at_b[keep], tiers[keep])
    state.told[at_a[keep]] = told[keep]


def _judged(state: Climb, at: tuple[I64, I64], told: U8) -> tuple[Bool, Bool]:
    """Return which candidates are one packet for sure, and which of all are paired: altered ones as well."""
    good = ~state.are_other(told, state.a.block[at[0]])
    keep = good.copy()
    altered = np.flatnonzero((told & ALTERED) != 0)
    if len(altered):
        # Equal telling IP ID and numbers with other bytes: the payload was altered on the way.
        a, b = state.a.take(at[0][altered]), state.b.take(at[1][altered])
        stays = good[altered] & ((told[altered] & SAME_IDENT) != 0)
        if stays.any():
            stays &= ~are_recut(a, b, (state.a, state.b))
        good[altered] = False
        keep[altered] = stays
    return good, keep


def _of_blocks(sights: Sights, wanted: Bool) -> Sights:
    """Return the sights of some blocks, with what was gathered of them."""
    is_wanted = wanted[sights.block]
    return sights if is_wanted.all() else sights.narrowed(is_wanted)


def _undo_shifts(state: Climb) -> None:
    """Learn rewritten initial sequence numbers of blocks without any exact pair; shift A's packets; try again."""
    is_open = ~state.is_settled
    # One rewritten direction means both are: a connection is settled or it is not.
    is_open &= is_open[np.arange(state.blocks) ^ 1]
    a, b = (_of_blocks(side, is_open) for side in state.open())
    if not len(a) or not len(b):
        return
    numbering = learn_shifts(a, b, state.blocks)
    if numbering.is_moved.any():
        state.renumber(numbering)
        _pair_unique(state, _Rung(Tier.TRANSFORMED, ("exact",)))


def _follow_steps(state: Climb) -> None:
    """Learn numbers rewritten in one direction only, or from some place on (a gateway that edits payload)."""
    a, b = state.open()
    wanted = np.zeros((2, state.blocks), np.bool_)
    for place, side in enumerate((a, b)):
        wanted[place, side.block[side.is_tcp]] = True
    is_open = wanted[0] & wanted[1]
    is_open |= is_open[np.arange(state.blocks) ^ 1]
    if not is_open.any():
        return
    known = np.flatnonzero((state.partner >= 0) & is_open[state.a.block])
    pairs = state.a.take(known), state.b.take(state.partner[known])
    is_settled = np.bincount(state.known.block, minlength=state.blocks) > 0
    numbering = learn_steps(pairs, (_of_blocks(a, is_open), _of_blocks(b, is_open)), is_settled)
    if numbering.is_moved.any():
        state.renumber(numbering)
        _pair_unique(state, _Rung(Tier.TRANSFORMED, ("exact",)))


def _pair_repeated(state: Climb, parts: tuple[str, ...]) -> None:
    """Align what occurs more than once."""
    left_a, left_b = state.left()
    if not len(left_a) or not len(left_b):
        return
    a, b = state.comparable()
    common = common_to_exact(a) if parts == ("exact",) else ()
    found = align(a, b, (key_of(a, parts), key_of(b, parts)), state.pace(), common=common)
    state.pair(left_a[found.a], left_b[found.b], int(Tier.ORDER))
    state.is_ambiguous[left_a[found.a]] = found.is_ambiguous


def _pair_altered(state: Climb, rung: _Rung) -> None:
    """Pair packets of which one component was altered: lone ones, then repeats in order."""
    left_a, left_b = state.left()
    a, b = state.open()
    if rung.parts == ("head",):
        # Where numbers agree, equal bytes at other numbers are other bytes.
        is_open = ~state.is_settled
        here_a, here_b = (np.flatnonzero(is_open[side.block]) for side in (a, b))
        here_a, here_b = here_a[a.take(here_a).head != 0], here_b[b.take(here_b).head != 0]
        left_a, left_b, a, b = left_a[here_a], left_b[here_b], a.take(here_a), b.take(here_b)
    if not len(left_a) or not len(left_b):
        return
    at_a, at_b = unique_pairs(key_of(a, rung.parts), key_of(b, rung.parts))
    good = _is_plausible(state, rung, (left_a[at_a], left_b[at_b]))
    state.pair(left_a[at_a[good]], left_b[at_b[good]], int(rung.tier))
    if "seq" not in rung.parts:
        return
    left_a, left_b = state.left()
    if not len(left_a) or not len(left_b):
        return
    a, b = state.comparable()
    found = align(blind(a), blind(b), (key_of(a, rung.parts), key_of(b, rung.parts)), state.pace())
    good = _is_plausible(state, rung, (left_a[found.a], left_b[found.b]))
    state.pair(left_a[found.a[good]], left_b[found.b[good]], int(rung.tier))
    state.is_ambiguous[left_a[found.a[good]]] = found.is_ambiguous[good]


def _is_plausible(state: Climb, rung: _Rung, at: tuple[I64, I64]) -> Bool:
    """Return which candidates for an altered packet are due at that time and are not cut anew."""
    a, b = state.a.take(at[0]), state.b.take(at[1])
    same_ident = a.is_telling & b.is_telling & (a.ident == b.ident)
    due = state.expect(at[0])
    in_time = (due.scatter >= 0) & (np.abs(b.time - due.time) <= LATE * due.scatter)
    told = told_of(a, b)
    good = ~state.are_other(told, a.block) & (in_time | same_ident)
    if rung.parts == ("ident", "body", "shape"):
        good &= same_ident & are_renumbered(a, b) & ((told & ALTERED) == 0)
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


def _are_alone(state: Climb, at: tuple[I64, I64], scatter: F64) -> Bool:
    """Return where nothing else of that direction is near on either side: none is there to be mistaken for it."""
    if not len(scatter):
        return np.zeros(0, np.bool_)
    wanted = np.zeros(state.blocks, np.bool_)
    wanted[state.a.block[at[0]]] = True
    known = take(state.known, wanted[state.known.block])
    near = np.full(len(scatter), np.inf)
    for side, rows, times in ((state.a, at[0], known.time), (state.b, at[1], known.time + known.delta)):
        mine = np.flatnonzero(wanted[side.block])
        some = side.take(mine)
        gaps = _gaps(np.concatenate([some.block, known.block]), np.concatenate([some.time, times]))
        near = np.minimum(near, gaps[np.searchsorted(mine, rows)])
    return near > LATE * scatter


def _gaps(block: I64, time: F64) -> F64:
    """Return the time from each packet to the nearest other one of its block."""
    order = np.lexsort((time, block))
    apart = np.where(np.diff(block[order]) == 0, np.diff(time[order]), np.inf)
    gaps = np.empty(len(block))
    gaps[order] = np.minimum(np.concatenate([[np.inf], apart]), np.concatenate([apart, [np.inf]]))
    return gaps
