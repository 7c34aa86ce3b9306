"""Findings about hops that change the order of packets.

In: reordered packets of the metrics. Out: ``reordered`` per hop and direction.
Method: RFC 4737: a packet is late if one of its flow and direction that was sent after it arrived before it. Counted
only where stamps of both captures set the two apart by more than a tick, and only packets sent once and recorded once:
two sendings, copies, and frames that share a stamp have no order of their own.
Not here: finding candidates (``metrics``).
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import duration, percent, share_of
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding
from correlate.model.ordering import stable_order

MIN_LATE = 3
"""Fewer may be a quirk of one capture's queues."""

LATE_SHARE = 0.01
LATE_COUNT = 10
"""Either is enough: a share of the direction, or a number that no accident reaches."""

MIN_LATE_NS = 250_000
"""Below it order is that of cards' queues and interrupts, at the vantages as much as between them."""


@attrs.frozen(kw_only=True)
class Late:
    """Packets that arrived after later ones, on one hop in one direction."""

    hop: int
    direction: int
    packets: I64
    leaders: I64
    """Of each: a packet sent after it that arrived before it."""
    late_ns: I64
    """By how much the leader arrived earlier (RFC 4737 section 4.2, late-time offset)."""
    crossing: int


def find_reordering(view: View) -> Iterator[Finding]:
    """Yield ``reordered`` for each hop and direction that changes the order of packets."""
    for hop, direction in view.ways():
        late = _late(view, hop, direction)
        if late is not None:
            yield _finding(view, late)


def _late(view: View, hop: int, direction: int) -> Late | None:
    table = view.run.trajectories
    packets, hops = view.run.metrics.reordering
    suspects = packets[(hops == hop) & (table.direction[packets] == direction)]
    if len(suspects) < MIN_LATE:
        return None
    up, down = view.upstream(hop, direction), view.downstream(hop, direction)
    fit = _fit(view, up, down) & (table.direction == direction)
    crossing = np.flatnonzero(fit)
    suspects = suspects[fit[suspects]]
    leaders = _leaders(view, crossing, suspects, (up, down))
    is_late = leaders >= 0
    suspects, leaders = suspects[is_late], leaders[is_late]
    is_enough = len(suspects) >= LATE_COUNT or len(suspects) >= LATE_SHARE * len(crossing)
    if len(suspects) < MIN_LATE or not is_enough:
        return None
    late_ns = view.values("ts_ns", suspects, down) - view.values("ts_ns", leaders, down)
    return Late(
        hop=hop, direction=direction, packets=suspects, leaders=leaders, late_ns=late_ns, crossing=len(crossing)
    )


def _fit(view: View, up: int, down: int) -> Bool:
    """Tell which packets have an order of their own at both places."""
    table = view.run.trajectories
    fit = view.is_seen[:, up] & view.is_seen[:, down] & view.is_sure_pair & ~view.is_repeated
    fit &= table.is_paired_stamp[:, up] & table.is_paired_stamp[:, down]
    copied, places, _ = table.copies
    fit[copied[(places == up) | (places == down)]] = False
    return np.asarray(fit, np.bool_)


def _leaders(view: View, crossing: I64, suspects: I64, places: tuple[int, int]) -> I64:
    """Return for each suspect the packet of its flow sent last among those that arrived before it, -1 = none is late.

    Both times must set the two apart by more than a tick, and the record order of both captures must agree with them.
    """
    table = view.run.trajectories
    up, down = places
    order = crossing[stable_order(table.flow[crossing], table.rows[crossing, down])]
    # Rows of later flows are lifted above all of earlier ones, so one running maximum serves every flow.
    lifted = table.rows[order, up] + table.flow[order].astype(np.int64) * (int(table.rows[:, up].max()) + 1)
    ahead = np.maximum.accumulate(lifted)
    leader = order[np.maximum.accumulate(np.where(lifted == ahead, np.arange(len(order)), 0))]
    at = np.full(len(table), -1, np.int64)
    at[order] = np.arange(len(order))
    found = leader[at[suspects]]
    sent = view.values("ts_ns", found, up) - view.values("ts_ns", suspects, up)
    late = view.values("ts_ns", suspects, down) - view.values("ts_ns", found, down)
    ticks = [view.run.vantages[view.run.path.order[place]].tick_ns for place in places]
    is_late = (sent > ticks[0]) & (late > max(ticks[1], MIN_LATE_NS)) & (found != suspects)
    return np.where(is_late, found, -1)


def _finding(view: View, late: Late) -> Finding:
    where = view.between(late.hop, late.direction)
    up, down = view.upstream(late.hop, late.direction), view.downstream(late.hop, late.direction)
    count = len(late.packets)
    worst = np.argsort(-late.late_ns, kind="stable")[:3].tolist()
    evidence = [
        ref
        for i in worst
        for place in (up, down)
        for ref in (
            *view.cite(int(late.packets[i]), place, "sent before, arrives after"),
            *view.cite(int(late.leaders[i]), place, "sent after, arrives before"),
        )
    ]
    share = percent(count, late.crossing)
    return Finding(
        id=f"reordered/{late.hop}/{late.direction}",
        code="reordered",
        severity=CATALOGUE["reordered"].severity,
        grade="likely",
        title=f"{share_of(count, late.crossing, 'packet')} left in another order between {where} ({share})",
        explanation=(
            f"They arrive {duration(int(np.median(late.late_ns)))} (at most {duration(int(late.late_ns.max()))}) after "
            "packets of their own flow that were sent later; stamps and record order of both captures agree."
        ),
        hop=view.hop(late.hop),
        direction=view.direction_name(late.direction),
        quantity=count,
        unit="packets",
        out_of=late.crossing,
        flows=view.flows_of(late.packets),
        packet=int(late.packets[worst[0]]),
        evidence=tuple(evidence),
        against=("A capture that merges several queues or ports can change the order itself.",),
        settle=f"A capture on a single queue at {view.name(down)}, or one more between {where}.",
    )
