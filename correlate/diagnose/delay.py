"""Findings about hops that hold packets.

In: one-way delays of delivered packets with their bounds. Out: ``delay-added`` per hop and direction.
Method: excess over the direction's floor on that hop. The floor and the held packet share the clock's unknown offset,
so their difference is known far better than either delay (algorithms section 4, D2). A packet counts when its excess
is several times the width of the clock's bounds, or, without any clock, when packets sent seconds before *and* seconds
after it cross much quicker: no clock walks away and back, nor jumps twice, in that time.
Not here: time spent in hosts (``host.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import duration, share_of
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding, FrameRef
from correlate.model.matches import Tier
from correlate.model.trajectories import NO_DELAY, Fate

NOTICE_NS = 10_000_000
"""Excess below 10 ms is not worth a finding: ordinary queues of access links reach it."""

WIDTHS = 3
"""An excess must be this many times the width of the clock's bounds, so that no clock defect is taken for a queue."""

SPREAD = 20
"""... and this many times the median excess: a hop that is always noisy is not accused of holding some packets.

Of exponential jitter, the largest of n excesses is about ln(n) means = 1.44 ln(n) medians: 20 holds for a million.
"""

MIN_HELD = 2

NEIGHBOUR_NS = 1_000_000_000
"""Packets one or two of these before and after are neighbours; 1000 ppm, the widest skew believed, is 2 ms in that."""

ENDLESS_NS = 2**59


@attrs.frozen(kw_only=True)
class Held:
    """Packets that one hop held, one direction."""

    hop: int
    direction: int
    packets: I64
    excess_ns: I64
    crossing: int
    is_beyond_bounds: bool
    """All of them are held for longer than the clock's bounds are wide."""


def find_delays(view: View) -> Iterator[Finding]:
    """Yield ``delay-added`` for each hop and direction that held packets."""
    for hop in range(view.run.path.hop_count):
        for direction in (1, -1):
            held = _held(view, hop, direction)
            if held is not None:
                yield _finding(view, held)


def crossing_delays(view: View, hop: int, direction: int) -> tuple[I64, I64]:
    """Return rows of the fate table whose delay on the hop is that of one sending, and their excess over the floor.

    Delays of packets sent more than once are left out: their two sightings may be two sendings. So are pairs without
    IP ID or time stamp where the capture upstream is known to miss packets, one of which may be the packet's own
    first sending.
    """
    fates, table = view.run.fates, view.run.trajectories
    rows = np.flatnonzero((fates.hop == hop) & (fates.fate == Fate.DELIVERED) & (fates.owd_ns != NO_DELAY))
    packets = fates.packet[rows]
    fits = (table.direction[packets] == direction) & view.is_sure_pair[packets] & ~view.is_repeated[packets]
    if view.misses(view.upstream(hop, direction)):
        fits &= table.tier[packets] == Tier.EXACT
    rows = rows[fits]
    owd = fates.owd_ns[rows]
    return rows, owd - owd.min() if len(owd) else owd


def _held(view: View, hop: int, direction: int) -> Held | None:
    fates = view.run.fates
    rows, excess = crossing_delays(view, hop, direction)
    if len(rows) < 2 * MIN_HELD:
        return None
    # No bound at all is as good as a very wide one, and three of these still fit int64.
    low, high = (np.clip(column[rows], -ENDLESS_NS, ENDLESS_NS) for column in (fates.owd_lo_ns, fates.owd_hi_ns))
    width = high - low
    # Stamps of coarse ticks scatter by up to a tick at each end without any queue.
    ticks = _ticks(view, hop)
    noise = min(max(0, int(np.median(excess)) - ticks), ENDLESS_NS // SPREAD)
    least = max(NOTICE_NS, SPREAD * noise) + ticks
    chosen = (excess > np.maximum(least, WIDTHS * width)) & ~_may_be_of_clock(view, hop, excess)
    bracketed = _bracketed_excess(view, hop, direction, fates.packet[rows])
    bracketed[_may_be_of_clock(view, hop, bracketed)] = 0
    is_beyond_bounds = not bool((bracketed > least)[~chosen].any())
    excess = np.where(chosen, excess, bracketed)
    chosen |= bracketed > least
    if int(chosen.sum()) < MIN_HELD:
        return None
    return Held(
        hop=hop,
        direction=direction,
        packets=fates.packet[rows[chosen]],
        excess_ns=excess[chosen],
        crossing=len(rows),
        is_beyond_bounds=is_beyond_bounds,
    )


def _bracketed_excess(view: View, hop: int, direction: int, packets: I64) -> I64:
    """Return by how much each packet is slower than the quickest neighbours on both sides in time; 0 without them.

    Plain differences of stamps: the clocks' offset cancels. Cost O(n log n).
    """
    sent, came = (
        view.values("ts_ns", packets, place)
        for place in (view.upstream(hop, direction), view.downstream(hop, direction))
    )
    took = came - sent
    bins, of_packet = np.unique((sent - sent.min()) // NEIGHBOUR_NS, return_inverse=True)
    least = np.full(len(bins), ENDLESS_NS)
    np.minimum.at(least, of_packet, took)
    sides = []
    for near in (-1, 1):
        side = np.full(len(bins), ENDLESS_NS)
        for far in (near, 2 * near):
            at = np.minimum(np.searchsorted(bins, bins + far), len(bins) - 1)
            side = np.minimum(side, np.where(bins[at] == bins + far, least[at], ENDLESS_NS))
        sides.append(side)
    floor = np.maximum(sides[0], sides[1])[of_packet]
    return np.where(floor < ENDLESS_NS, np.maximum(took - floor, 0), 0).astype(np.int64)


def _may_be_of_clock(view: View, hop: int, excess_ns: I64) -> Bool:
    """Tell which excesses are no greater than a jump of the hop's clock.

    Near the jump a packet may be laid to the wrong side of it. A clock that needs several pieces contradicts one
    straight line by about the size of its jumps.
    """
    clock = view.run.clocks.hops[hop]
    if not clock.violation_ns and not clock.steps:
        return np.zeros(len(excess_ns), np.bool_)
    jump = max([clock.violation_ns, *(abs(step.delta_ns) for step in clock.steps)])
    return np.asarray(excess_ns <= jump + jump // 10 + NOTICE_NS, np.bool_)


def _ticks(view: View, hop: int) -> int:
    """Return by how much stamps of both ends may be late: their ticks, and the largest jump back in record order."""
    total = 0
    for place in (hop, hop + 1):
        vantage = view.run.path.order[place]
        stamps = view.run.packets[vantage].columns.ts_ns
        disorder = int((np.maximum.accumulate(stamps) - stamps).max(initial=0))
        total += view.run.vantages[vantage].tick_ns + min(disorder, ENDLESS_NS // 4)
    return total


def _finding(view: View, held: Held) -> Finding:
    where = view.between(held.hop, held.direction)
    typical = int(np.median(held.excess_ns))
    clock = view.run.clocks.hops[held.hop]
    worst = int(np.argmax(held.excess_ns))
    title = f"{share_of(len(held.packets), held.crossing, 'packet')} held {duration(typical)} between {where}"
    return Finding(
        id=f"delay-added/{held.hop}/{held.direction}",
        code="delay-added",
        severity=CATALOGUE["delay-added"].severity,
        grade="proven" if clock.grade == "proven" and held.is_beyond_bounds else "likely",
        title=title,
        explanation=" ".join(_sentences(view, held)),
        hop=view.hop(held.hop),
        direction=view.direction_name(held.direction),
        quantity=typical,
        unit="ns",
        flows=view.flows_of(held.packets),
        packet=int(held.packets[worst]),
        evidence=_evidence(view, held),
        settle=f"A capture between {where} would tell where on this hop they wait.",
    )


def _sentences(view: View, held: Held) -> Iterator[str]:
    low, high = (int(value) for value in np.percentile(held.excess_ns, (5, 95)))
    up = view.upstream(held.hop, held.direction)
    span = duration(low) if duration(low) == duration(high) else f"{duration(low)} to {duration(high)}"
    yield (
        f"They take {span} longer than the quickest packet of this direction; "
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
    is_held = np.zeros(len(view.run.trajectories), np.bool_)
    is_held[held.packets] = True
    total = 0
    for hop in range(view.run.path.hop_count):
        rows, excess = crossing_delays(view, hop, held.direction)
        total += int(excess[is_held[fates.packet[rows]]].sum())
    return 100.0 * int(held.excess_ns.sum()) / total if total > 0 else None


def _evidence(view: View, held: Held) -> tuple[FrameRef, ...]:
    up, down = view.upstream(held.hop, held.direction), view.downstream(held.hop, held.direction)
    order = np.argsort(-held.excess_ns, kind="stable")[:5]
    found: list[FrameRef] = []
    for i in order.tolist():
        packet = int(held.packets[i])
        found.extend(view.cite(packet, up, "enters the hop"))
        found.extend(view.cite(packet, down, f"leaves it {duration(int(held.excess_ns[i]))} later than the floor"))
    return tuple(found)
