"""Time spent beyond the outermost vantages.

In: packet tables, path, trajectories. Out: ``HostMetrics`` of either end.
Method: algorithms section 4, D4: one clock suffices. Think time is from the last data packet that leaves the observed
path to the first data packet that comes back from there; the handshake (SYN to SYN-ACK) shows how much of it is path
and kernel.
Not here: whether the host or the rest of the path is slow, and whether the host itself was waiting for somebody
(``diagnose``).
"""

from __future__ import annotations

from collections.abc import Sequence

from correlate.metrics.pairing import Answers, acknowledged, is_opening, turns
from correlate.metrics.quantiles import quantiles
from correlate.metrics.timeline import SYN, Timeline, only, timeline_at
from correlate.model.arrays import Bool
from correlate.model.metrics import HostMetrics, Quantiles
from correlate.model.packets import PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable


def measure_hosts(
    packets: Sequence[PacketTable], path: Path, trajectories: TrajectoryTable, kept: Bool | None = None
) -> tuple[HostMetrics, ...]:
    """Return the time spent beyond the first and beyond the last vantage.

    With one vantage both ends lie beyond it; without a path there is none. ``kept``: requests spoken of, per packet;
    None = all.
    """
    if not path.order:
        return ()
    first = timeline_at(packets, path, trajectories, 0)
    last = first if len(path.order) == 1 else timeline_at(packets, path, trajectories, len(path.order) - 1)
    hosts = (
        _host(first, place=0, side="client", is_forward=False, kept=kept),
        _host(last, place=len(path.order) - 1, side="server", is_forward=True, kept=kept),
    )
    # Times between the two directions of a vantage with a clock for each are no measurements.
    return tuple(host for host in hosts if not packets[path.order[host.place]].has_two_clocks)


def _host(line: Timeline, *, place: int, side: str, is_forward: bool, kept: Bool | None) -> HostMetrics:
    """Return the figures of the host that receives what travels ``is_forward`` at this place."""
    openings = only(line, (line.tcp_flags & SYN) != 0)
    found = acknowledged(openings)
    is_answer = is_opening(openings, found)
    answers = _only(openings, (found[0][is_answer], found[1][is_answer]), kept)
    return HostMetrics(
        place=place,
        side=side,
        think_ns=_spent(line, _only(line, turns(line), kept), is_forward=is_forward),
        handshake_ns=_spent(openings, answers, is_forward=is_forward),
    )


def _only(line: Timeline, answers: Answers, kept: Bool | None) -> Answers:
    """Return the answers to requests that are spoken of."""
    if kept is None:
        return answers
    is_kept = kept[line.packet[answers[0]]]
    return answers[0][is_kept], answers[1][is_kept]


def _spent(line: Timeline, answers: Answers, *, is_forward: bool) -> Quantiles | None:
    """Return the time from requests that travel ``is_forward`` to their replies."""
    towards = (line.is_forward[answers[0]] == is_forward) & (line.is_forward[answers[1]] != is_forward)
    spent = (line.ts_ns[answers[1]] - line.ts_ns[answers[0]])[towards]
    # An answer stamped before its request: the clock was set back in between, and nothing is measured.
    return quantiles(spent[spent >= 0])
