"""Findings about time spent beyond the outermost vantages.

In: turns at the vantage nearest each end. Out: ``server-slow``, ``client-slow``.
Method: a gap on one clock is exact (algorithms section 4, D4). It lies beyond the vantage; it lies in the host only
where the vantage is the host, which an initial TTL shows. Waits that loss or a closed window beyond the vantage may
explain are left out, and so is speech that nobody asked for: pushes, last words, talk in both directions.
Not here: delays between vantages (``delay.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.recovery import Signs, read_signs
from correlate.diagnose.targets import INITIAL_TTLS
from correlate.diagnose.turns import TurnColumns, find_turns
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, duration, percent, share_of
from correlate.model.arrays import I64, Bool, take
from correlate.model.findings import Finding, FrameRef, Grade
from correlate.model.path import Direction

SLOW_ANSWER_NS = 500_000_000
"""An answer later than this is slow for a machine; people notice from about half of it."""

PUSH_NS = 60_000_000_000
"""After a minute of silence the next data is rather a new event than an answer."""

LAST_WORD_BYTES = 100
"""A short last message after a silence is a farewell (TLS close_notify, GOAWAY), not an answer."""

QUERY_PACKETS = 3
"""A datagram query with its retries; longer talk over UDP is a stream, whose pauses answer nothing."""

CLIENT_WAIT_NS = (20_000_000, 2_000_000_000)
"""A waiting program pauses in this range; shorter is turnaround, longer may be a person."""

CLIENT_BULK_BYTES = 16_384
"""Only answers of bulk reading count: nobody reads 16 kB within two seconds and asks for the next."""

CLIENT_MIN_WAITS = 3
CLIENT_SHARE = 0.5


def find_slow_hosts(view: View) -> Iterator[Finding]:
    """Yield at most one ``server-slow`` and one ``client-slow`` per outer vantage."""
    if view.places == 0:
        return
    least = min(SLOW_ANSWER_NS, CLIENT_WAIT_NS[0])
    turns = {place: _kept_turns(view, find_turns(view, place, least_ns=least)) for place in {0, view.places - 1}}
    for direction in (Direction.FORWARD, Direction.REVERSE):
        near, far = (0, view.places - 1) if direction == Direction.FORWARD else (view.places - 1, 0)
        is_mine = _is_of_direction(view, turns[far], direction)
        yield from _server(view, far, direction, take(turns[far], is_mine))
        if view.places > 1:
            is_mine = _is_of_direction(view, turns[near], direction)
            yield from _client(view, near, take(turns[near], is_mine))


def _kept_turns(view: View, turns: TurnColumns) -> TurnColumns:
    """Leave out turns whose packets the user's options leave out."""
    return take(turns, np.flatnonzero(view.kept[turns.asked] & view.kept[turns.answered]))


def _is_of_direction(view: View, turns: TurnColumns, direction: Direction) -> Bool:
    """Tell which turns are of flows whose outbound packets travel this way (an unknown way counts as forward)."""
    ways = view.run.path.flow_direction[turns.flow]
    is_mine = ways == direction
    if direction == Direction.FORWARD:
        is_mine |= ways == Direction.UNKNOWN
    return np.asarray(is_mine, np.bool_)


def _server(view: View, place: int, direction: Direction, turns: TurnColumns) -> Iterator[Finding]:
    is_answer = _is_answer(view, place, turns)
    late = take(turns, is_answer & (turns.gap_ns >= SLOW_ANSWER_NS) & (turns.gap_ns < PUSH_NS))
    signs = read_signs(view, place, late)
    slow = take(late, ~signs.is_excused)
    if len(slow.flow) == 0:
        return
    worst = int(np.argmax(slow.gap_ns))
    is_host = _is_host(view, slow.answered, place) and not bool(signs.is_excused.any())
    spot = f"in the host at {view.name(place)}" if is_host else f"beyond {view.name(place)}: host or remaining path"
    yield Finding(
        id=f"server-slow/{place}",
        code="server-slow",
        severity=CATALOGUE["server-slow"].severity,
        grade=_grade(view, slow, take(signs, ~signs.is_excused), is_host=is_host),
        title=f"Answer after {duration(int(slow.gap_ns[worst]))}, spent {spot}",
        explanation=(
            f"{share_of(len(slow.flow), _answers(view, place, direction), 'answer')} came later than "
            f"{duration(SLOW_ANSWER_NS)} after the last byte of the request had passed {view.name(place)}; both stamps "
            f"are of that one clock."
            f"{_quick_ack(view, slow, worst, place)}"
        ),
        vantage=view.name(place),
        quantity=int(slow.gap_ns[worst]),
        unit="ns",
        flows=tuple(np.unique(slow.flow).tolist()[:1000]),
        packet=int(slow.answered[worst]),
        evidence=_turn_evidence(view, slow, place),
        settle=None
        if is_host
        else f"A capture on the server itself, or --kind {view.name(place)}=end-host if this is it.",
    )


def _answers(view: View, place: int, direction: Direction) -> int:
    """Return how many answers the place shows of flows whose outbound packets travel this way, early ones too."""
    turns = _kept_turns(view, find_turns(view, place))
    return int((_is_of_direction(view, turns, direction) & _is_answer(view, place, turns)).sum())


def _is_answer(view: View, place: int, turns: TurnColumns) -> Bool:
    """Tell which turns look like an answer to a request rather than speech of its own accord."""
    is_patient = turns.asked_lull_ns < SLOW_ANSWER_NS
    is_farewell = turns.is_tcp & turns.is_last & (turns.answer_bytes <= LAST_WORD_BYTES)
    # A stream that falls silent is not a question; and with frames missing, a query may have had its answer.
    is_query = (turns.asked_packets <= QUERY_PACKETS) & (not view.misses(place))
    return np.asarray(turns.by_responder & is_patient & ~is_farewell & (turns.is_tcp | is_query), np.bool_)


def _grade(view: View, slow: TurnColumns, signs: Signs, *, is_host: bool) -> Grade:
    """Proven if the request is known to have arrived, or to have arrived at the host itself."""
    if view.places < 2 and not is_host:
        return "inconclusive"
    return "proven" if is_host or bool(signs.is_acknowledged[slow.is_tcp].any()) else "likely"


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
    if view.places < 2:
        return f" It was acknowledged after {duration(waited)}, by the host or by a proxy in its name."
    return f" The request was acknowledged after {duration(waited)}: it had arrived, the application took its time."


def _is_host(view: View, packets: I64, place: int) -> bool:
    """Tell whether these packets leave their sender right here: an initial TTL, or the user said so."""
    if view.run.vantages[view.run.path.order[place]].kind == "end-host":
        return True
    ttl = view.values("ttl", packets, place)
    return len(ttl) > 0 and bool(np.isin(ttl, INITIAL_TTLS).all())


def _turn_evidence(view: View, turns: TurnColumns, place: int) -> tuple[FrameRef, ...]:
    found: list[FrameRef] = []
    for i in np.argsort(-turns.gap_ns, kind="stable")[:5].tolist():
        found.extend(view.cite(int(turns.asked[i]), place, "last byte before the wait"))
        found.extend(view.cite(int(turns.answered[i]), place, f"first byte after {duration(int(turns.gap_ns[i]))}"))
    return tuple(found)


def _client(view: View, place: int, turns: TurnColumns) -> Iterator[Finding]:
    low, high = CLIENT_WAIT_NS
    is_wait = ~turns.by_responder & turns.is_tcp & (turns.gap_ns >= low) & (turns.gap_ns < high)
    waits = take(turns, is_wait & (turns.asked_bytes >= CLIENT_BULK_BYTES))
    waits = take(waits, ~read_signs(view, place, waits).is_excused)
    count = len(view.run.joined)
    is_often = np.bincount(waits.flow, minlength=count) >= CLIENT_MIN_WAITS
    if not is_often.any():
        return
    total = np.bincount(waits.flow, weights=waits.gap_ns, minlength=count)
    active = _active_ns(view, place, is_often)
    is_slow = is_often & (total >= CLIENT_SHARE * active)
    slow = np.flatnonzero(is_slow)
    if len(slow) == 0:
        return
    worst = int(slow[np.argmax(total[slow])])
    mine = take(waits, waits.flow == worst)
    is_host = _is_host(view, mine.answered, place)
    spot = f"in the host at {view.name(place)}" if is_host else f"before {view.name(place)}: host or remaining path"
    others = f" {counted(len(slow) - 1, 'other flow')} of it fared the same." if len(slow) > 1 else ""
    yield Finding(
        id=f"client-slow/{place}",
        code="client-slow",
        severity=CATALOGUE["client-slow"].severity,
        grade="proven",
        title=f"The client side waits {duration(int(np.median(mine.gap_ns)))} before each next request, {spot}",
        explanation=(
            f"{counted(len(mine.flow), 'wait')} between the last byte of an answer and the next request take "
            f"{percent(total[worst], int(active[worst]))} of the flow's {duration(int(active[worst]))}; all stamps "
            f"are of one clock, so the path beyond {view.name(place)} has no part in them.{others}"
        ),
        vantage=view.name(place),
        quantity=int(total[worst]),
        unit="ns",
        flows=(worst, *(flow for flow in slow.tolist()[:1000] if flow != worst)),
        packet=int(mine.answered[int(np.argmax(mine.gap_ns))]),
        evidence=_turn_evidence(view, mine, place),
    )


def _active_ns(view: View, place: int, is_asked: Bool) -> I64:
    """Return per joined flow the time from its first to its last packet at a place; 0 for those not asked for."""
    packets = np.flatnonzero(view.is_seen[:, place] & is_asked.take(view.run.trajectories.flow))
    flow = view.run.trajectories.flow[packets]
    stamps = view.values("ts_ns", packets, place)
    base = int(stamps.min()) if len(stamps) else 0
    first = np.full(len(view.run.joined), np.iinfo(np.int64).max)
    last = np.zeros(len(view.run.joined), np.int64)
    np.minimum.at(first, flow, stamps - base)
    np.maximum.at(last, flow, stamps - base)
    return np.asarray(np.maximum(0, last - first), np.int64)
