"""Findings about hops that hold packets.

In: held packets and the shape of the hold. Out: ``delay-added``, ``bufferbloat`` or ``shaping`` per hop and direction.
Method: how much, which packets, which share of the whole path's excess; a queue is told as one, with its rate. Where
only the sum of both directions is known (differences of round trips, algorithms section 4, D1), that is said.
Not here: finding the held packets (``held.py``), time spent in hosts (``host.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.held import MIN_HELD, Held, crossing_delays, find_crossing, find_held
from correlate.diagnose.queues import Queue, find_queue, find_step
from correlate.diagnose.view import View
from correlate.diagnose.wording import bit_rate, counted, duration, share_of
from correlate.model.findings import Finding, FrameRef

BLOAT_NS = 100_000_000
"""A queue that people notice; a shorter one is told as added delay."""


def find_delays(view: View) -> Iterator[Finding]:
    """Yield one finding for each hop and direction that held packets."""
    for hop, direction in view.ways():
        crossing = find_crossing(view, hop, direction)
        if crossing is None:
            continue
        queue = find_queue(view, crossing)
        held = queue.held if queue is not None else find_held(view, crossing)
        if held is not None:
            yield _finding(view, held, queue)


def _finding(view: View, held: Held, queue: Queue | None) -> Finding:
    code = _code(held, queue)
    where = view.between(held.crossing.hop, held.crossing.direction)
    typical = int(np.median(held.excess_ns))
    clock = view.run.clocks.hops[held.crossing.hop]
    worst = int(np.argmax(held.excess_ns))
    title = (
        f"{share_of(len(held.packets), len(held.crossing.packets), 'packet')} held {duration(typical)} between {where}"
    )
    if queue is not None and code != "delay-added":
        title = f"Queue of up to {duration(queue.longest_ns)} between {where}, drained at {bit_rate(queue.rate_bps)}"
    return Finding(
        id=f"{code}/{held.crossing.hop}/{held.crossing.direction}",
        code=code,
        severity=CATALOGUE[code].severity,
        grade="proven" if clock.grade == "proven" and held.is_beyond_bounds else "likely",
        title=title,
        explanation=" ".join(_sentences(view, held, queue)),
        hop=view.hop(held.crossing.hop),
        direction=view.direction_name(held.crossing.direction),
        quantity=typical,
        unit="ns",
        flows=view.flows_of(held.packets),
        packet=int(held.packets[worst]),
        evidence=_evidence(view, held),
        settle=f"A capture between {where} would tell where on this hop they wait.",
    )


def _code(held: Held, queue: Queue | None) -> str:
    """Return which kind of delay this is."""
    if queue is None:
        return "delay-added"
    if queue.is_full_when_lossy:
        return "shaping"
    return "bufferbloat" if int(np.percentile(held.excess_ns, 95)) >= BLOAT_NS else "delay-added"


def _sentences(view: View, held: Held, queue: Queue | None) -> Iterator[str]:
    low, high = (int(value) for value in np.percentile(held.excess_ns, (5, 95)))
    up = view.upstream(held.crossing.hop, held.crossing.direction)
    span = duration(low) if duration(low) == duration(high) else f"{duration(low)} to {duration(high)}"
    yield (
        f"They take {span} longer than the quickest packet of this direction; "
        f"the other {len(held.crossing.packets) - len(held.packets)} do not."
    )
    step = find_step(held)
    if queue is not None:
        yield from _queue_sentences(queue)
    elif step is not None:
        yield _step_sentence(view, held, step.from_packet, step.to_packet)
    elif high - low < high / 10:
        yield "The hold is constant, as of a shaper or a timer, not of a queue that grows."
    lengths = view.values("ip_len", held.packets, up)
    if len(np.unique(lengths)) == 1 and len(lengths) >= MIN_HELD:
        yield f"All of them are {int(lengths[0])} bytes long."
    share = _share(view, held)
    if share is not None:
        yield f"This hop adds {share:.0f} % of all excess delay of these packets along the path."


def _queue_sentences(queue: Queue) -> Iterator[str]:
    yield (
        f"Delays ramp up and down over many packets, and what leaves the hop meanwhile is paced at "
        f"{bit_rate(queue.rate_bps)}: a queue before a link or shaper of that rate."
    )
    if queue.is_full_when_lossy:
        yield f"{counted(queue.lost, 'packet')} were lost, only while the queue was full: it has an end."


def _step_sentence(view: View, held: Held, first: int, after: int | None) -> str:
    """Say when a lasting hold began and ended, by the frames that show it."""
    up = view.upstream(held.crossing.hop, held.crossing.direction)
    began = f"It begins with {view.name(up)} #{view.ref(first, up).frame}"
    if after is None:
        return f"{began} and lasts to the end."
    stamps = view.values("ts_ns", np.array([first, after], np.int64), up)
    return f"{began} and lasts for {duration(int(stamps[1] - stamps[0]))}, up to #{view.ref(after, up).frame}."


def _share(view: View, held: Held) -> float | None:
    """Return the hop's percentage of these packets' excess over all hops that delivered them; None for one hop."""
    if view.run.path.hop_count < 2:
        return None
    fates = view.run.fates
    is_held = np.zeros(len(view.run.trajectories), np.bool_)
    is_held[held.packets] = True
    total = 0
    for hop in range(view.run.path.hop_count):
        rows, excess = crossing_delays(view, hop, held.crossing.direction)
        total += int(excess[is_held[fates.packet[rows]]].sum())
    return 100.0 * int(held.excess_ns.sum()) / total if total > 0 else None


def _evidence(view: View, held: Held) -> tuple[FrameRef, ...]:
    up, down = (
        view.upstream(held.crossing.hop, held.crossing.direction),
        view.downstream(held.crossing.hop, held.crossing.direction),
    )
    order = np.argsort(-held.excess_ns, kind="stable")[:5]
    found: list[FrameRef] = []
    for i in order.tolist():
        packet = int(held.packets[i])
        found.extend(view.cite(packet, up, "enters the hop"))
        found.extend(view.cite(packet, down, f"leaves it {duration(int(held.excess_ns[i]))} later than the floor"))
    return tuple(found)
