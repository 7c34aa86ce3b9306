"""Connections and handshakes that end between two vantages.

**In:** packets found so far. **Out:** ``Terminations``: per joined flow, which vantages see the same handshake and the
same connection.
**Method:** a packet that travels from responder to initiator is seen first at the far vantage, so its stamp difference
is below that of every packet travelling the other way. A SYN-ACK that a box made itself stands beside the server's own,
which comes later: the difference lies above, whatever the clocks say (algorithms section 2, "Trap"); a SYN-ACK that
differs in what the end itself chooses is taken for the box's own sooner. With such a handshake the rest is either
forwarded with shifted numbers (a SYN proxy: identifications or the initiator's numbers stay), or nothing but bytes is
common (a proxy: numbers of both directions, timestamps and identifications are unrelated). A proxy that opens the far
side first leaves no such trace; there its own window on nearly every packet tells, or that not a byte is the same.
Flows that are renumbered alike follow those with a test of their own, if most of these fail it.
**Not here:** taking apart what is two packets (``severing.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from correlate.match.lanes import Draft
from correlate.match.openings import Openings, find_openings
from correlate.match.sides import Side
from correlate.model.arrays import F64, I8, I64, Bool
from correlate.model.matches import Tier
from correlate.model.ordering import stable_order
from correlate.model.packets import TCP, PacketFlag

_SYN, _RST = 2, 4
_FIRST = 4
"""Packets of each direction that are compared with the handshake: near in time, so that skew does not matter."""
_NEAR_ABOVE = 0.6
"""How far up the gap between the two directions a SYN-ACK of the box's own making lies at least."""
_AT_ONCE = 1 << 16
"""Packets: what is compared of them stays in the processor's cache."""
_LEAST_FLOWS = 5
"""Flows with such a handshake before others are taken to have one as well."""


class Terminations(NamedTuple):
    """Shape (flows, vantages in matching order): equal numbers see the same; -1 = flow not seen there."""

    handshake: I8
    connection: I8


Relayed = Mapping[tuple[int, int], I64]
"""Pair of vantages in matching order -> joined flows."""


class _Compared(NamedTuple):
    """What the packets of each flow that two vantages share say."""

    is_testable: Bool
    has_own_handshake: Bool
    is_forwarded: Bool
    """Some packet shows that it was forwarded: identification, timestamps, or the initiator's numbers."""
    is_renumbered: Bool
    """Numbers of both directions are unrelated."""
    has_own_window: Bool
    has_own_bytes: Bool
    """Both vantages show payload, and none of it is the same."""
    answers_otherwise: Bool
    """The responder's initial sequence number is another one."""
    is_one: Bool
    """Some packet has equal numbers on both sides."""


def find_terminations(draft: Draft, sides: Sequence[Side], relayed: Relayed) -> Terminations | None:
    """Return where connections end; None = nowhere. Cost O(n log n) in TCP packets.

    ``relayed`` are flows that are known to be two connections, as nothing but messages joined them.
    """
    flows = int(draft.block.max(initial=-1) >> 1) + 1
    openings = find_openings(draft, sides, flows)
    pairs = list(combinations(range(len(sides)), 2))
    if not relayed and not any(_may_end(draft, sides, openings, pair) for pair in pairs):
        return None
    seen = np.zeros((flows, len(sides)), np.bool_)
    for place in range(len(sides)):
        seen[draft.block[draft.rows[:, place] >= 0] >> 1, place] = True
    apart: dict[tuple[int, int], tuple[Bool, Bool]] = {}
    one: dict[tuple[int, int], Bool] = {}
    for pair in pairs:
        compared = _compare(draft, sides, openings, pair, flows)
        is_relayed = compared.is_renumbered & ~compared.is_forwarded
        is_shifted = compared.answers_otherwise & ~is_relayed
        ended = is_relayed & (compared.has_own_handshake | compared.has_own_window | compared.has_own_bytes)
        ended |= _follow_most(is_relayed, compared)
        ended[relayed.get(pair, relayed.get(pair[::-1], []))] = True
        spliced = is_shifted & compared.has_own_handshake
        spliced |= _follow_most(is_shifted, compared)
        apart[pair] = (spliced | ended, ended)
        one[pair] = compared.is_one & ~spliced & ~ended
    if not any(part[0].any() for part in apart.values()):
        return None
    return Terminations(*(_labels(seen, {pair: part[k] for pair, part in apart.items()}, one) for k in (0, 1)))


def _may_end(draft: Draft, sides: Sequence[Side], openings: Openings, pair: tuple[int, int]) -> bool:
    """Tell whether any number of a TCP connection differs between two vantages: without, none ends between them."""
    x, y = pair
    if ((openings.isn[:, x] >= 0) & (openings.isn[:, y] >= 0) & (openings.isn[:, x] != openings.isn[:, y])).any():
        return True
    a, b = sides[x].packets.columns, sides[y].packets.columns
    for begin in range(0, len(draft.rows), _AT_ONCE):
        rows = draft.rows[begin : begin + _AT_ONCE]
        rows_a, rows_b = rows[:, x], rows[:, y]
        both = np.flatnonzero((rows_a >= 0) & (rows_b >= 0))
        moved = both[a.seq[rows_a[both]] != b.seq[rows_b[both]]]
        if (a.proto[rows_a[moved]] == TCP).any():
            return True
    return False


def _follow_most(alike: Bool, compared: _Compared) -> Bool:
    """Return all flows that are renumbered alike, where most of those with a test have a handshake of the box's own."""
    tested = alike & compared.is_testable
    own = np.count_nonzero(tested & compared.has_own_handshake)
    is_general = own >= max(_LEAST_FLOWS, 0.5 * np.count_nonzero(tested))
    return np.asarray(alike & compared.answers_otherwise & is_general)


def _labels(seen: Bool, apart: dict[tuple[int, int], Bool], one: dict[tuple[int, int], Bool]) -> I8:
    """Return a number per flow and vantage: equal where packets show one connection, or nothing shows two."""
    flows, places = seen.shape
    labels = np.where(seen, np.arange(places), -1).astype(np.int8)
    for _ in range(places - 1):
        for (x, y), same in one.items():
            _merge(labels, labels[:, x], labels[:, y], same & seen[:, x] & seen[:, y])
    is_apart = np.zeros((flows, places, places), np.bool_)
    at = np.arange(flows)
    for (x, y), differs in apart.items():
        mark = differs & seen[:, x] & seen[:, y]
        is_apart[at[mark], labels[mark, x], labels[mark, y]] = True
        is_apart[at[mark], labels[mark, y], labels[mark, x]] = True
    for x, y in apart:
        both = seen[:, x] & seen[:, y] & (labels[:, x] != labels[:, y])
        both &= ~is_apart[at, np.maximum(labels[:, x], 0), np.maximum(labels[:, y], 0)]
        low, high = np.minimum(labels[:, x], labels[:, y]), np.maximum(labels[:, x], labels[:, y])
        is_apart[at[both], low[both]] |= is_apart[at[both], high[both]]
        is_apart[at[both], :, low[both]] |= is_apart[at[both], :, high[both]]
        _merge(labels, low, high, both)
    return labels


def _merge(labels: I8, one: I8, two: I8, mask: Bool) -> None:
    """Give vantages of two labels the lower one, in the masked flows."""
    low, high = np.minimum(one, two), np.maximum(one, two)
    labels[:] = np.where(mask[:, None] & (labels == high[:, None]), low[:, None], labels)


def _compare(draft: Draft, sides: Sequence[Side], openings: Openings, pair: tuple[int, int], flows: int) -> _Compared:
    x, y = pair
    has_own_bytes = _have_own_bytes(draft, sides, pair, flows)
    both = np.flatnonzero((draft.rows[:, x] >= 0) & (draft.rows[:, y] >= 0) & ~draft.is_ambiguous)
    a, b = sides[x].packets.columns, sides[y].packets.columns
    rows_a, rows_b = draft.rows[both, x], draft.rows[both, y]
    is_tcp = (a.proto[rows_a] == TCP) & ((a.flags[rows_a] & b.flags[rows_b] & PacketFlag.TRANSPORT) != 0)
    is_tcp &= ((a.tcp_flags[rows_a] | b.tcp_flags[rows_b]) & (_SYN | _RST)) == 0
    both, rows_a, rows_b = both[is_tcp], rows_a[is_tcp], rows_b[is_tcp]
    # Without doubt only where its flow's acknowledgements were forwarded (``acknowledging.py``).
    is_heard = (a.payload_len[rows_a] == 0) & (b.payload_len[rows_b] == 0) & (draft.tier[both] <= int(Tier.TRANSFORMED))
    flow, is_out = draft.block[both] >> 1, (draft.block[both] & 1) == 1
    has_data = (a.payload_len[rows_a] > 0) & (b.payload_len[rows_b] > 0)
    moved = a.seq[rows_a] != b.seq[rows_b]
    whole = a.payload_len[rows_a] == b.payload_len[rows_b]
    same = _are_same(sides, pair, (rows_a, rows_b))
    window = a.window[rows_a] != b.window[rows_b]
    # A box on the way may lower windows; more room than the receiver has only a receiver of its own can offer.
    is_raised = window & ((a.window[rows_a] < b.window[rows_b]) == is_out)

    def count(mask: Bool) -> I64:
        return np.bincount(flow[mask], minlength=flows)

    # A segment that begins elsewhere because it is cut elsewhere is not renumbered; ranges were matched by number.
    stays = [count(has_data & whole & ~moved & (is_out == way)) for way in (True, False)]
    moves = [count(has_data & moved & (is_out == way)) for way in (True, False)]
    opening_a, opening_b = openings.isn[:, x], openings.isn[:, y]
    known = (opening_a >= 0) & (opening_b >= 0)
    differs = opening_a != opening_b
    is_renumbered = (stays[0] == 0) & (stays[1] == 0) & ~(known & ~differs).any(axis=1)
    is_renumbered &= ((moves[0] > 0) | (known & differs)[:, 0]) & ((moves[1] > 0) | (known & differs)[:, 1])
    lag = sides[y].time[rows_b] - sides[x].time[rows_a]
    shown = has_data | same
    ahead, back = (_extreme(flow, lag, shown & (is_out == way), flows, is_least=way) for way in (True, False))
    answered = openings.answered[:, y] - openings.answered[:, x]
    # Which of the two is nearer to the initiator shows in what both carry.
    is_flipped = ahead < back
    low, high = np.where(is_flipped, ahead, back), np.where(is_flipped, back, ahead)
    is_testable = np.isfinite(low) & np.isfinite(high) & np.isfinite(answered) & (high > low)
    height = np.where(is_flipped, high - answered, answered - low) / np.where(is_testable, high - low, 1.0)
    own_answer = (openings.offer[:, x] != openings.offer[:, y]) & known[:, 1]
    beyond = (height > 1.0) | (own_answer & (height > _NEAR_ABOVE))
    data = np.maximum(1, count(has_data & whole))
    # Which vantage is nearer to the initiator decides what is up and what is down.
    raised = np.where(is_flipped, count(has_data & window) - count(is_raised & has_data), count(is_raised & has_data))
    return _Compared(
        is_testable=is_testable,
        has_own_handshake=is_testable & beyond & (known & differs)[:, 1],
        is_forwarded=(count(same) > 0) | (stays[0] > 0),
        is_renumbered=is_renumbered,
        has_own_window=(count(has_data & whole & window) >= 0.8 * data)
        & (count(has_data & whole) + own_answer >= 2)
        & ((count(is_heard) == 0) | (raised > 0)),
        has_own_bytes=has_own_bytes,
        answers_otherwise=(known & differs)[:, 1] | (~known[:, 1] & (moves[1] > 0) & (stays[1] == 0)),
        is_one=(stays[0] + stays[1] > 0) | (known & ~differs).any(axis=1),
    )


def _have_own_bytes(draft: Draft, sides: Sequence[Side], pair: tuple[int, int], flows: int) -> Bool:
    """Return the flows that show payload at both vantages but no packet with payload at both."""
    has = []
    for place in pair:
        held = np.flatnonzero(draft.rows[:, place] >= 0)
        mask = np.zeros(len(draft.block), np.bool_)
        mask[held] = sides[place].prints.at("length", draft.rows[held, place]) > 0
        has.append(mask)
    seen = [np.bincount(draft.block[mask] >> 1, minlength=flows) for mask in (*has, has[0] & has[1])]
    return np.asarray((seen[0] > 0) & (seen[1] > 0) & (seen[2] == 0))


def _are_same(sides: Sequence[Side], pair: tuple[int, int], rows: tuple[I64, I64]) -> Bool:
    """Return which pairs carry what only forwarding explains: a telling identification, or both timestamps."""
    one, two = (sides[place].prints for place in pair)
    same_ident = (
        one.is_telling[rows[0]] & two.is_telling[rows[1]] & (one.at("ident", rows[0]) == two.at("ident", rows[1]))
    )
    same_stamp = (one.at("stamp", rows[0]) != 0) & (one.at("stamp", rows[0]) == two.at("stamp", rows[1]))
    return np.asarray(same_ident | same_stamp)


def _extreme(flow: I64, lag: F64, mask: Bool, flows: int, *, is_least: bool) -> F64:
    """Return per flow the least or greatest lag of its first packets of a direction, NaN where there is none."""
    at = np.flatnonzero(mask)
    at = at[stable_order(flow[at])]
    is_new = np.concatenate([[True], flow[at][1:] != flow[at][:-1]]) if len(at) else np.zeros(0, np.bool_)
    start = np.maximum.accumulate(np.where(is_new, np.arange(len(at)), 0))
    early = at[np.arange(len(at)) - start < _FIRST]
    found = np.full(flows, np.inf if is_least else -np.inf)
    (np.minimum if is_least else np.maximum).at(found, flow[early], lag[early])
    return np.where(np.isfinite(found), found, np.nan)
