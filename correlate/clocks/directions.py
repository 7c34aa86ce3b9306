"""Captures whose two directions are stamped by different clocks.

In: packets, flows, path. Out: ``DirectionClock`` per such vantage, and its table with all stamps on one clock.
Method: a card stamps what it receives by its own clock (TAI, 37 s ahead of UTC, has been seen) and the kernel stamps
what is sent; or each port of a tap has a clock. Then replies come before their requests at this one vantage. Requests
one way bound the second clock minus the first from above, those the other way from below, exactly as packets between
two vantages do; so the same fit follows it, with bounds, and exchanges that contradict one another prove nothing.
Stamps of the second clock are moved by its estimate; what the estimate may be wrong by is kept as slack of that
direction. A few turned pairs prove nothing (captures reorder).
Not here: exchanges (``exchanges.py``), bounds between vantages (``hop.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import attrs
import numpy as np

from correlate.clocks.exchanges import Turns, conversations, find_turns
from correlate.clocks.hop import fit_hop
from correlate.model.arrays import I8, I64, frozen
from correlate.model.clocks import UNBOUNDED, AnchorTable, DirectionClock, read_curve
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.packets import PacketFlag, PacketTable
from correlate.model.path import Direction, Path
from correlate.parallel import two_at_a_time

SAMPLE_ROWS = 20_000
"""Packets of whole flows, looked at first: enough to see that replies come before requests."""

LEAST_TURNED = 8
TURNED_SHARE = 0.8
"""So many exchanges of one way, and this share of them, must be answered before they are asked."""

SUSPICIOUS_SHARE = 0.02
"""Share of all exchanges that raises the suspicion: mostly one side of a path sends what is answered."""

LEAST_APART_NS = 1_000_000
"""Closer clocks are the jitter of one: stamps are taken early when sending and late when receiving."""

TICKS = 4


def suspect_directions(packets: Sequence[PacketTable], flows: Sequence[FlowTable]) -> list[int]:
    """Return the vantages at which replies come before their requests, whatever the way: input indices.

    Round trips there mislead the order of the path, so it is inferred without them before :func:`split_directions`.
    """
    asked = [partial(_is_suspect, table, own) for table, own in zip(packets, flows, strict=True)]
    found = two_at_a_time(asked, packets=max(map(len, packets), default=0))
    return [vantage for vantage, is_suspect in enumerate(found) if is_suspect]


def without_round_trips(packets: Sequence[PacketTable], suspects: Sequence[int]) -> list[PacketTable]:
    """Return the tables, those of the suspects marked as stamped by two clocks."""
    return [
        attrs.evolve(table, recorded_ns=table.columns.ts_ns) if vantage in suspects else table
        for vantage, table in enumerate(packets)
    ]


def split_directions(
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    path: Path,
    ticks_ns: Sequence[int],
    suspects: Sequence[int],
) -> tuple[list[PacketTable], tuple[DirectionClock, ...]]:
    """Return the tables, each on one clock, and which of the suspects had two.

    Parameters
    ----------
    packets, flows, ticks_ns
        One per vantage, input order.
    joined, path
        Give every packet its direction along the path.
    suspects
        Input indices.
    """
    tables, found = list(packets), []
    for vantage in suspects:
        if vantage not in path.order:
            continue
        direction = _directions(flows[vantage], joined, path, vantage)
        clock = _fit(vantage, packets[vantage], direction, ticks_ns[vantage])
        if clock is not None:
            found.append(clock)
            tables[vantage] = _on_one_clock(packets[vantage], clock)
    return tables, tuple(found)


def _directions(flows: FlowTable, joined: JoinedFlows, path: Path, vantage: int) -> I8:
    """Return the direction of every row along the path."""
    of_packet = flows.of_packet
    is_outbound = flows.is_outbound ^ joined.is_swapped[vantage][of_packet]
    return np.asarray(path.flow_direction[joined.of_flow[vantage][of_packet]] * np.where(is_outbound, 1, -1), np.int8)


def _is_suspect(packets: PacketTable, flows: FlowTable) -> bool:
    """Return whether a sample of whole flows shows replies before requests."""
    rows = np.arange(len(packets))
    if len(rows) > SAMPLE_ROWS:
        sizes = flows.columns.packets
        wanted = np.zeros(len(flows), np.bool_)
        wanted[:: max(1, len(packets) // SAMPLE_ROWS)] = True
        wanted[int(np.argmax(sizes))] = True
        rows = np.flatnonzero(wanted[flows.of_packet])[: 2 * SAMPLE_ROWS]
    turns = find_turns(packets, *conversations(packets, rows), rows)
    turned = int(np.count_nonzero(_took(packets, turns) < -LEAST_APART_NS))
    return turned >= max(LEAST_TURNED, SUSPICIOUS_SHARE * len(turns.request))


def _took(packets: PacketTable, turns: Turns) -> I64:
    """Return how long replies took by the stamps, ns."""
    return packets.columns.ts_ns[turns.reply] - packets.columns.ts_ns[turns.request]


def _are_turned(took: I64) -> bool:
    turned = int(np.count_nonzero(took < -LEAST_APART_NS))
    return turned >= LEAST_TURNED and turned >= TURNED_SHARE * len(took)


def _fit(vantage: int, packets: PacketTable, direction: I8, tick_ns: int) -> DirectionClock | None:
    """Return the clock of the reverse direction against that of the forward one; None if one clock may explain all."""
    every = np.arange(len(packets))
    turns = find_turns(packets, *conversations(packets, every), every)
    turns = Turns(*(rows[direction[turns.request] * direction[turns.reply] == -1] for rows in turns))
    stamps = packets.columns.ts_ns
    is_forward = direction[turns.request] == Direction.FORWARD
    took = _took(packets, turns)
    if not (_are_turned(took[is_forward]) or _are_turned(took[~is_forward])):
        return None
    asked, answered = stamps[turns.request], stamps[turns.reply]
    anchors = AnchorTable(
        up_ns=frozen(np.where(is_forward, asked, answered)),
        down_ns=frozen(np.where(is_forward, answered, asked)),
        direction=frozen(np.where(is_forward, 1, -1), np.int8),
        packet=frozen(turns.request),
    )
    fit = fit_hop(anchors, tick_ns)
    is_second = (direction == Direction.REVERSE) & ((packets.columns.flags & PacketFlag.NO_TIME) == 0)
    estimate, lo, hi = read_curve(fit.over_down, fit.clock.base_ns, stamps[is_second])
    if not len(estimate) or (lo <= -UNBOUNDED).any() or (hi >= UNBOUNDED).any():
        return None
    apart = LEAST_APART_NS + TICKS * tick_ns
    is_one_line = len(fit.clock.pieces) == 1 and fit.clock.violation_ns == 0
    if not is_one_line or fit.clock.grade == "inconclusive" or not ((lo > apart).all() or (hi < -apart).all()):
        return None
    shift = np.zeros(len(packets), np.int64)
    shift[is_second] = estimate
    worst = int(np.maximum(estimate - lo, hi - estimate).max()) + tick_ns
    example = int(np.argmin(took))
    return DirectionClock(
        vantage=vantage,
        delta_ns=int(np.median(estimate)),
        lo_ns=int(lo.min()),
        hi_ns=int(hi.max()),
        slack_ns=worst,
        exchanges=len(turns.request),
        request_row=int(turns.request[example]),
        reply_row=int(turns.reply[example]),
        direction=int(Direction.REVERSE),
        shift_ns=frozen(shift),
    )


def _on_one_clock(packets: PacketTable, clock: DirectionClock) -> PacketTable:
    """Return the table with the second clock's stamps moved to the first; the recorded ones are kept beside."""
    stamps = packets.columns.ts_ns
    columns = packets.columns._replace(ts_ns=frozen(stamps - clock.shift_ns))
    return attrs.evolve(packets, columns=columns, recorded_ns=stamps)
