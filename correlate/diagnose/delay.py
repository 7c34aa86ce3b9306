"""Findings about hops that hold packets.

In: one-way delays of delivered packets with their bounds. Out: ``delay-added`` per hop and direction.
Method: excess over the direction's floor on that hop. The floor and the held packet share the clock's unknown offset,
so their difference is known far better than either delay (algorithms section 4, D2); what can still move between them
is the width of the bounds, and a packet counts only when its excess is several times that.
Not here: time spent in hosts (``host.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.model.arrays import I64
from correlate.model.findings import Finding, FrameRef
from correlate.model.trajectories import NO_DELAY, Fate

NOTICE_NS = 10_000_000
"""Excess below 10 ms is not worth a finding: ordinary queues of access links reach it."""

WIDTHS = 3
"""An excess must be this many times the width of the clock's bounds, so that no clock defect is taken for a queue."""

SPREAD = 5
"""... and this many times the median excess: a hop that is always noisy is not accused of holding some packets."""

MIN_HELD = 2


@attrs.frozen(kw_only=True)
class Held:
    """Packets that one hop held, one direction."""

    hop: int
    direction: int
    packets: I64
    excess_ns: I64
    floor_ns: int
    crossing: int


def find_delays(view: View) -> Iterator[Finding]:
    """Yield ``delay-added`` for each hop and direction that held packets."""
    for hop in range(view.run.path.hop_count):
        for direction in (1, -1):
            held = _held(view, hop, direction)
            if held is not None:
                yield _finding(view, held)


def _held(view: View, hop: int, direction: int) -> Held | None:
    fates = view.run.fates
    table = view.run.trajectories
    rows = np.flatnonzero((fates.hop == hop) & (fates.fate == Fate.DELIVERED) & (fates.owd_ns != NO_DELAY))
    rows = rows[(table.direction[fates.packet[rows]] == direction) & ~table.is_ambiguous[fates.packet[rows]]]
    if len(rows) < 2 * MIN_HELD:
        return None
    owd = fates.owd_ns[rows]
    width = fates.owd_hi_ns[rows] - fates.owd_lo_ns[rows]
    floor = int(owd.min())
    excess = owd - floor
    limit = np.maximum(np.maximum(NOTICE_NS, SPREAD * int(np.median(excess))), WIDTHS * width)
    chosen = excess > limit
    if int(chosen.sum()) < MIN_HELD:
        return None
    return Held(
        hop=hop,
        direction=direction,
        packets=fates.packet[rows[chosen]],
        excess_ns=excess[chosen],
        floor_ns=floor,
        crossing=len(rows),
    )


def _finding(view: View, held: Held) -> Finding:
    where = view.between(held.hop, held.direction)
    typical = int(np.median(held.excess_ns))
    clock = view.run.clocks.hops[held.hop]
    worst = int(np.argmax(held.excess_ns))
    count = len(held.packets)
    return Finding(
        id=f"delay-added/{held.hop}/{held.direction}",
        code="delay-added",
        severity=CATALOGUE["delay-added"].severity,
        grade="proven" if clock.grade == "proven" else "likely",
        title=f"{count} of {held.crossing} packets held {duration(typical)} between {where}",
        explanation=" ".join(_sentences(view, held)),
        hop=view.hop(held.hop),
        direction=view.direction_name(held.direction),
        quantity=typical,
        unit="ns",
        flows=tuple(np.unique(view.run.trajectories.flow[held.packets]).tolist())[:1000],
        packet=int(held.packets[worst]),
        evidence=_evidence(view, held),
        settle=f"A capture between {where} would tell where on this hop they wait.",
    )


def _sentences(view: View, held: Held) -> Iterator[str]:
    low, high = (int(value) for value in np.percentile(held.excess_ns, (5, 95)))
    up = view.upstream(held.hop, held.direction)
    yield (
        f"They take {duration(low)} to {duration(high)} longer than the quickest packet of this direction; "
        f"the other {held.crossing - len(held.packets)} do not."
    )
    if high - low < high / 10:
        yield "The hold is constant, as of a shaper or a timer, not of a queue that grows."
    lengths = view.values("ip_len", held.packets, up)
    if len(np.unique(lengths)) == 1 and len(lengths) >= MIN_HELD:
        yield f"All of them are {int(lengths[0])} bytes long."
    share = _share(view, held)
    if share is not None:
        yield f"This hop adds {share:.0f} % of all excess delay of these packets along the path."


def _share(view: View, held: Held) -> float | None:
    """Return the hop's percentage of these packets' excess over all hops that delivered them; None for one hop."""
    if view.run.path.hop_count < 2:
        return None
    fates = view.run.fates
    direction = view.run.trajectories.direction[fates.packet]
    total = 0
    for hop in range(view.run.path.hop_count):
        rows = (fates.hop == hop) & (fates.owd_ns != NO_DELAY) & (direction == held.direction)
        if rows.any():
            floor = int(fates.owd_ns[rows].min())
            mine = rows & np.isin(fates.packet, held.packets)
            total += int((fates.owd_ns[mine] - floor).sum())
    return 100.0 * int(held.excess_ns.sum()) / total if total > 0 else None


def _evidence(view: View, held: Held) -> tuple[FrameRef, ...]:
    up, down = view.upstream(held.hop, held.direction), view.downstream(held.hop, held.direction)
    order = np.argsort(-held.excess_ns, kind="stable")[:5]
    found: list[FrameRef] = []
    for i in order.tolist():
        packet = int(held.packets[i])
        found.append(view.ref(packet, up, "enters the hop"))
        found.append(view.ref(packet, down, f"leaves it {duration(int(held.excess_ns[i]))} later than the floor"))
    return tuple(found)


def duration(ns: int) -> str:
    """Return a duration with three significant digits and a unit.

    >>> duration(406_250_000), duration(1_500), duration(4_031_250_000)
    ('406 ms', '1.5 us', '4.03 s')
    """
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if abs(ns) >= size:
            value = ns / size
            return f"{value:.0f} {unit}" if abs(value) >= 1000 else f"{value:.3g} {unit}"
    return f"{ns} ns"
