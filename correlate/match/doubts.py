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
from correlate.match.pace import SurePairs
from correlate.match.sides import Sights
from correlate.model.arrays import F64, I64, Bool, concatenate
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
    other = (off > LATE * scatter) & differs
    # A box that sets windows sets them on all packets.
    differs &= ~state.is_detail_rewritten[a.block[at]] | (a.sack[at] != b.sack[to])
    doubted = ((off > _DOUBTFUL * scatter) | (differs & a.is_bare[at]) | of_proxy) & ~other
    state.is_ambiguous[at[doubted]] = True
    state.part(at[other])
    state.trust(at[doubted | other], is_sure=False)


def _are_spliced(state: Climb, at: I64) -> Bool:
    """Return which bare acknowledgements follow data that crossed with one direction's numbers unmoved: no proxy's."""
    sure = np.flatnonzero(state.is_sure & (state.a.length > 0))
    first = np.full(state.blocks, np.inf)
    np.minimum.at(first, state.a.block[sure], state.a.time[sure])
    first[state.is_moved] = np.inf
    since = np.minimum(first, first[np.arange(state.blocks) ^ 1])
    return np.asarray(state.a.is_bare[at] & (state.a.time[at] > since[state.a.block[at]]))


def _are_forwarded(state: Climb, at: I64, doubted: Bool) -> Bool:
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


def _off_by_others(state: Climb, at: I64) -> tuple[F64, F64]:
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


def doubt_crossing(state: Climb) -> None:
    """Doubt look-alikes that overtook one another: another assignment keeps their order."""
    a, b = state.a, state.b
    at = np.flatnonzero((state.partner >= 0) & (state.tier != int(Tier.CONTENT)))
    to = state.partner[at]
    at = at[~((a.is_telling[at] & (a.ident[at] == b.ident[to])) | ((a.stamp[at] != 0) & (a.stamp[at] == b.stamp[to])))]
    if len(at) < 2:
        return
    group = np.unique(key_of(a, _ALIKE, at), return_inverse=True)[1]
    at = at[stable_order(group, a.time[at], b.time[state.partner[at]])]
    group = np.sort(group)
    # Places in B's order that only grow are no crossing: every group begins beyond the one before.
    place = np.zeros(len(at), np.int64)
    place[stable_order(group, b.time[state.partner[at]], b.row[state.partner[at]])] = np.arange(len(at))
    ahead = np.maximum.accumulate(place)
    behind = np.minimum.accumulate(place[::-1])[::-1]
    state.is_ambiguous[at[(ahead > place) | (behind < place)]] = True
