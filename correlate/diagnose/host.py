"""Findings about time spent beyond the outermost vantages.

In: turns at the vantage nearest each end. Out: ``server-slow``, ``client-slow``.
Method: a gap on one clock is exact (algorithms section 4, D4). It lies beyond the vantage; it lies in the host only
where the vantage is the host, which an initial TTL shows.
Not here: delays between vantages (``delay.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.delay import duration
from correlate.diagnose.turns import TurnColumns, find_turns
from correlate.diagnose.view import View
from correlate.model.arrays import I64, take
from correlate.model.findings import Finding, FrameRef
from correlate.model.path import Direction

SLOW_ANSWER_NS = 500_000_000
"""An answer later than this is slow for a machine; people notice from about half of it."""

PUSH_NS = 60_000_000_000
"""After a minute of silence the next data is rather a new event than an answer."""

CLIENT_WAIT_NS = (20_000_000, 2_000_000_000)
"""A waiting program pauses in this range; shorter is turnaround, longer may be a person."""

CLIENT_BULK_BYTES = 16_384
"""Only answers of bulk reading count: nobody reads 16 kB within two seconds and asks for the next."""

CLIENT_MIN_WAITS = 3
CLIENT_SHARE = 0.5


def find_slow_hosts(view: View) -> Iterator[Finding]:
    """Yield at most one ``server-slow`` and one ``client-slow``."""
    if view.places == 0:
        return
    for responder_direction in (Direction.FORWARD, Direction.REVERSE):
        near, far = (0, view.places - 1) if responder_direction == Direction.FORWARD else (view.places - 1, 0)
        yield from _server(view, far, responder_direction)
        if view.places > 1:
            yield from _client(view, near, responder_direction)


def _of_direction(view: View, turns: TurnColumns, direction: Direction) -> TurnColumns:
    """Keep turns of flows whose outbound packets travel this way (an unknown way counts as forward)."""
    ways = view.run.path.flow_direction[turns.flow]
    wanted = ways == direction
    if direction == Direction.FORWARD:
        wanted |= ways == Direction.UNKNOWN
    return take(turns, wanted)


def _server(view: View, place: int, direction: Direction) -> Iterator[Finding]:
    turns = _of_direction(view, find_turns(view, place), direction)
    slow = take(turns, turns.by_responder & (turns.gap_ns >= SLOW_ANSWER_NS) & (turns.gap_ns < PUSH_NS))
    if len(slow.flow) == 0:
        return
    worst = int(np.argmax(slow.gap_ns))
    count = len(slow.flow)
    is_host = _is_host(view, slow.answered, place)
    alone = view.places < 2
    answers = int(turns.by_responder.sum())
    place_text = (
        f"in the host at {view.name(place)}" if is_host else f"beyond {view.name(place)}: host or remaining path"
    )
    yield Finding(
        id=f"server-slow/{place}",
        code="server-slow",
        severity=CATALOGUE["server-slow"].severity,
        grade="inconclusive" if alone and not is_host else "proven",
        title=f"Answer after {duration(int(slow.gap_ns[worst]))}, spent {place_text}",
        explanation=(
            f"{count} of {answers} answers came later than {duration(SLOW_ANSWER_NS)} after the last byte of their "
            f"request had passed {view.name(place)}; both stamps are of that one clock."
            f"{_quick_ack(view, slow, worst, place)}"
        ),
        vantage=view.name(place),
        quantity=int(slow.gap_ns[worst]),
        unit="ns",
        flows=tuple(np.unique(slow.flow).tolist())[:1000],
        packet=int(slow.answered[worst]),
        evidence=_turn_evidence(view, slow, place),
        settle=None if is_host else f"A capture on the server itself, beyond {view.name(place)}.",
    )


def _quick_ack(view: View, slow: TurnColumns, worst: int, place: int) -> str:
    """Say when the request was acknowledged, if that was long before the answer: then the application was slow."""
    table = view.run.trajectories
    asked, answered = int(slow.asked[worst]), int(slow.answered[worst])
    between = np.flatnonzero(
        (table.flow == table.flow[asked])
        & view.is_seen[:, place]
        & (table.is_outbound == table.is_outbound[answered])
        & (table.rows[:, place] > table.rows[asked, place])
        & (table.rows[:, place] < table.rows[answered, place])
    )
    if len(between) == 0:
        return ""
    stamps = view.values("ts_ns", np.array([asked, *between.tolist()], np.int64), place)
    waited = int(stamps[1:].min() - stamps[0])
    return f" The request was acknowledged after {duration(waited)}: it had arrived, the application took its time."


def _is_host(view: View, packets: I64, place: int) -> bool:
    """Tell whether these packets leave their sender right here: initial TTL 64, 128 or 255, or the user said so."""
    if view.run.vantages[view.run.path.order[place]].kind == "end-host":
        return True
    ttl = view.values("ttl", packets, place)
    return len(ttl) > 0 and bool(np.isin(ttl, (64, 128, 255)).all())


def _turn_evidence(view: View, turns: TurnColumns, place: int) -> tuple[FrameRef, ...]:
    found: list[FrameRef] = []
    for i in np.argsort(-turns.gap_ns, kind="stable")[:5].tolist():
        found.append(view.ref(int(turns.asked[i]), place, "last byte before the wait"))
        found.append(view.ref(int(turns.answered[i]), place, f"first byte after {duration(int(turns.gap_ns[i]))}"))
    return tuple(found)


def _client(view: View, place: int, direction: Direction) -> Iterator[Finding]:
    turns = _of_direction(view, find_turns(view, place), direction)
    low, high = CLIENT_WAIT_NS
    is_wait = ~turns.by_responder & (turns.gap_ns >= low) & (turns.gap_ns < high)
    waits = take(turns, is_wait & (turns.asked_bytes >= CLIENT_BULK_BYTES))
    flows, counts = np.unique(waits.flow, return_counts=True)
    for flow in flows[counts >= CLIENT_MIN_WAITS].tolist():
        mine = take(waits, waits.flow == flow)
        active = _active_ns(view, flow, place)
        share = int(mine.gap_ns.sum()) / max(1, active)
        if share < CLIENT_SHARE:
            continue
        is_host = _is_host(view, mine.answered, place)
        spot = f"in the host at {view.name(place)}" if is_host else f"before {view.name(place)}: host or remaining path"
        yield Finding(
            id=f"client-slow/{place}/{flow}",
            code="client-slow",
            severity=CATALOGUE["client-slow"].severity,
            grade="proven",
            title=f"The client side waits {duration(int(np.median(mine.gap_ns)))} before each next request, {spot}",
            explanation=(
                f"{len(mine.flow)} waits between the last byte of an answer and the next request take "
                f"{100 * share:.0f} % of the flow's {duration(active)}; all stamps are of one clock, "
                "so the network has no part in them."
            ),
            vantage=view.name(place),
            quantity=int(mine.gap_ns.sum()),
            unit="ns",
            flows=(flow,),
            packet=int(mine.answered[int(np.argmax(mine.gap_ns))]),
            evidence=_turn_evidence(view, mine, place),
        )


def _active_ns(view: View, flow: int, place: int) -> int:
    packets = np.flatnonzero((view.run.trajectories.flow == flow) & view.is_seen[:, place])
    stamps = view.values("ts_ns", packets, place)
    return int(stamps.max() - stamps.min())
