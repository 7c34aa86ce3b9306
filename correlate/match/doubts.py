"""Pairs that may be two packets.

**In:** the state of a climb. **Out:** the same, with pairs marked ambiguous or taken apart.
**Method:** lone candidates far from their due time, acknowledgements that a proxy may have made (``acknowledging.py``),
look-alikes that overtook one another. They stay paired, yet nothing is built on them.
**Not here:** repeats aligned in order (``alignment.py``), which are doubted there.
"""

from __future__ import annotations

import numpy as np

from correlate.match.acknowledging import Acknowledgements, forwarded_flows
from correlate.match.climbing import LATE, Climb, key_of
from correlate.match.comparing_kernel import BARE, SAME_IDENT, SAME_STAMP
from correlate.match.sides import Sights
from correlate.model.arrays import F64, I64, Bool, Int, concatenate
from correlate.model.fingerprints import mixed
from correlate.model.matches import Tier
from correlate.model.ordering import stable_order

_DOUBTFUL = 6.0
"""Scatters after which another transmission cannot be excluded."""
_ALIKE = ("seq", "ack", "shape", "length")
"""What look-alikes have in common."""


def doubt_late(state: Climb) -> None:
    """Doubt lone candidates far from their due time: one capture may hold the first sending, the other the second.

    They stay paired, for a delay may jump, but nothing is built on them. Where the window differs as well, they part.
    Rewritten numbers may also mean that a proxy ends the connection: then its handshake and acknowledgements are not
    those of the other side, and only what it cannot make up (bytes, timestamps, IP IDs, acknowledgements that wait for
    the far end's) shows forwarding.
    """
    told = state.told
    is_vouched = (told & SAME_IDENT) != 0
    is_vouched |= (told & (SAME_STAMP | BARE)) == SAME_STAMP
    at = np.flatnonzero((state.partner >= 0) & (state.tier < int(Tier.CONTENT)) & ~is_vouched)
    a, b = state.a.take(at), state.b.take(state.partner[at])
    same_stamp = (a.stamp != 0) & (a.stamp == b.stamp)
    doubtful = ~(a.is_telling & (a.ident == b.ident)) & ~(same_stamp & ~a.is_bare)
    at, a, b, same_stamp = at[doubtful], a.take(doubtful), b.take(doubtful), same_stamp[doubtful]
    if not len(at):
        return
    of_proxy = state.is_shifted[a.block] & (a.length == 0) & ~same_stamp
    if of_proxy.any():
        of_proxy &= ~_are_spliced(state, a) & ~_are_forwarded(state, at, of_proxy)
    off, scatter = _off_by_others(state, at)
    other_sack = a.sack != b.sack
    differs = (a.detail != b.detail) | other_sack
    other = (off > LATE * scatter) & differs
    # A box that sets windows sets them on all packets.
    differs &= ~state.is_detail_rewritten[a.block] | other_sack
    doubted = ((off > _DOUBTFUL * scatter) | (differs & a.is_bare) | of_proxy) & ~other
    state.is_ambiguous[at[doubted]] = True
    state.part(at[other])
    state.trust(at[doubted | other], is_sure=False)


def _are_spliced(state: Climb, some: Sights) -> Bool:
    """Return which bare acknowledgements follow data that crossed with one direction's numbers unmoved: no proxy's."""
    sure = state.a.take(_sure_data(state))
    first = np.full(state.blocks, np.inf)
    np.minimum.at(first, sure.block, sure.time)
    first[state.is_moved] = np.inf
    since = np.minimum(first, first[np.arange(state.blocks) ^ 1])
    return np.asarray(some.is_bare & (some.time > since[some.block]))


def _sure_data(state: Climb) -> I64:
    """Return the positions of sure pairs with payload."""
    sure = np.flatnonzero(state.is_sure)
    return sure[state.a.take(sure).length > 0]


def _are_forwarded(state: Climb, at: I64, doubted: Bool) -> Bool:
    """Return which doubted pairs belong to flows whose bare acknowledgements show that no proxy made them."""
    bare = at[doubted & state.a.take(at).is_bare]
    if not len(bare):
        return np.zeros(len(at), np.bool_)
    found, data = state.pairs(bare), state.pairs(_sure_data(state))
    heard = [side.take(np.flatnonzero(state.is_shifted[side.block])) for side in (state.a, state.b)]
    said = _said(*(side.take(side.is_bare) for side in heard))
    shown = forwarded_flows(*found, concatenate([state.known, data]), said, state.blocks // 2 + 1)
    return np.asarray(shown[state.a.block[at] >> 1])


def _said(a: Sights, b: Sights) -> Acknowledgements:
    """Return the distinct acknowledgements of both sides."""
    keys = [mixed(side.block, side.seq, side.ack) for side in (a, b)]
    key, at = np.unique(np.concatenate(keys), return_index=True)
    block = np.concatenate([a.block, b.block])[at]
    return Acknowledgements(block, np.isin(key, keys[0]) & np.isin(key, keys[1]))


def _off_by_others(state: Climb, at: I64) -> tuple[F64, F64]:
    """Return how far pairs are off the pace that other pairs set, and the scatter (huge where nothing is known)."""
    off, scatter = np.zeros(len(at)), np.full(len(at), np.inf)
    sure = np.flatnonzero(state.is_sure)
    # No pair may testify for itself: every second one is judged by the others.
    for part in (0, 1):
        witnesses = sure[part::2]
        is_witness = np.zeros(len(state.partner), np.bool_)
        is_witness[witnesses] = True
        judged = ~is_witness[at] & (state.is_sure[at] | (part == 0))
        found = state.pairs(at[judged])
        due = state.pace_of(witnesses).expect(found.block, found.time)
        off[judged] = np.abs(found.time + found.delta - due.time)
        scatter[judged] = np.where(due.scatter < 0, np.inf, due.scatter)
    return off, scatter


def doubt_crossing(state: Climb) -> None:
    """Doubt look-alikes that overtook one another: another assignment keeps their order."""
    is_vouched = (state.told & (SAME_IDENT | SAME_STAMP)) != 0
    at = np.flatnonzero((state.partner >= 0) & (state.tier != int(Tier.CONTENT)) & ~is_vouched)
    a, b = state.a.take(at), state.b.take(state.partner[at])
    crossed = _crossed_blocks(state, a, b)[a.block]
    if not crossed.any():
        return
    at, a, b = at[crossed], a.take(crossed), b.take(crossed)
    other = ~((a.is_telling & (a.ident == b.ident)) | ((a.stamp != 0) & (a.stamp == b.stamp)))
    at, a, b = at[other], a.take(other), b.take(other)
    if len(at) < 2:
        return
    group = np.unique(key_of(a, _ALIKE), return_inverse=True)[1]
    order = stable_order(group, a.time, b.time)
    at, b = at[order], b.take(order)
    group = np.sort(group)
    # Places in B's order that only grow are no crossing: every group begins beyond the one before.
    place = np.zeros(len(at), np.int64)
    place[stable_order(group, b.time, b.row)] = np.arange(len(at))
    ahead = np.maximum.accumulate(place)
    behind = np.minimum.accumulate(place[::-1])[::-1]
    state.is_ambiguous[at[(ahead > place) | (behind < place)]] = True


def _crossed_blocks(state: Climb, a: Sights, b: Sights) -> Bool:
    """Return the blocks in which any two pairs come in another order on B than on A."""
    if (a.time[1:] >= a.time[:-1]).all() and not _falls(b.time, b.row).any():
        # As recorded, both sides only go on: so they do in every block.
        return np.zeros(state.blocks, np.bool_)
    order = stable_order(a.block, a.time, b.time)
    block, time, row = a.block[order], b.time[order], b.row[order]
    crossed = np.zeros(state.blocks, np.bool_)
    crossed[block[1:][_falls(time, row) & (block[1:] == block[:-1])]] = True
    return crossed


def _falls(time: F64, row: Int) -> Bool:
    """Tell which (but the first) come before the one ahead of them."""
    return np.asarray((time[1:] < time[:-1]) | ((time[1:] == time[:-1]) & (row[1:] < row[:-1])), np.bool_)
