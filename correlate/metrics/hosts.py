"""Time spent beyond the outermost vantages.

In: packet tables, path, the timelines of both ends. Out: ``HostMetrics`` of either end.
Method: algorithms section 4, D4: one clock suffices. Think time is from the last data packet that leaves the observed
path to the first data packet that comes back from there; the handshake (SYN to SYN-ACK) shows how much of it is path
and kernel.
Not here: whether the host or the rest of the path is slow, and whether the host itself was waiting for somebody
(``diagnose``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from correlate.metrics.pairing import Answers, acknowledged, is_opening
from correlate.metrics.quantiles import quantiles
from correlate.metrics.timeline import SYN, Timeline, only
from correlate.model.arrays import I64, Bool, frozen
from correlate.model.metrics import HostMetrics
from correlate.model.packets import PacketTable
from correlate.model.path import Path
from correlate.parallel import two_at_a_time


def measure_hosts(
    packets: Sequence[PacketTable],
    path: Path,
    ends: Sequence[Timeline],
    found: Sequence[Answers],
    kept: Bool | None = None,
) -> tuple[HostMetrics, ...]:
    """Return the time spent beyond the first and beyond the last vantage.

    ``ends``: their timelines, and ``found`` the turns on each. With one vantage both ends lie beyond it; without a path
    there is none. ``kept``: requests spoken of, per packet; None = all.
    """
    if not path.order:
        return ()
    far = len(path.order) - 1
    calls = (
        partial(_host, ends[0], found[0], place=0, side="client", is_forward=False, kept=kept),
        partial(_host, ends[1], found[1], place=far, side="server", is_forward=True, kept=kept),
    )
    hosts = two_at_a_time(calls, packets=len(ends[0].packet))
    # Times between the two directions of a vantage with a clock for each are no measurements.
    return tuple(host for host in hosts if not packets[path.order[host.place]].has_two_clocks)


def _host(
    line: Timeline, turned: Answers, *, place: int, side: str, is_forward: bool, kept: Bool | None
) -> HostMetrics:
    """Return the figures of the host that receives what travels ``is_forward`` at this place."""
    openings = only(line, (line.tcp_flags & SYN) != 0)
    found = acknowledged(openings)
    is_answer = is_opening(openings, found)
    answers = _only(openings, (found[0][is_answer], found[1][is_answer]), kept)
    thinks = _spent(line, _only(line, turned, kept), is_forward=is_forward)
    handshakes = _spent(openings, answers, is_forward=is_forward)
    return HostMetrics(
        place=place,
        side=side,
        think_ns=quantiles(thinks),
        handshake_ns=quantiles(handshakes),
        thinks=thinks,
        handshakes=handshakes,
    )


def _only(line: Timeline, answers: Answers, kept: Bool | None) -> Answers:
    """Return the answers to requests that are spoken of."""
    if kept is None:
        return answers
    is_kept = kept[line.packet[answers[0]]]
    return answers[0][is_kept], answers[1][is_kept]


def _spent(line: Timeline, answers: Answers, *, is_forward: bool) -> I64:
    """Return the times from requests that travel ``is_forward`` to their replies."""
    towards = (line.is_forward[answers[0]] == is_forward) & (line.is_forward[answers[1]] != is_forward)
    spent = (line.ts_ns[answers[1]] - line.ts_ns[answers[0]])[towards]
    # An answer stamped before its request: the clock was set back in between, and nothing is measured.
    return frozen(spent[spent >= 0])
