"""Findings about captures with a clock per direction.

In: the direction clocks of the clock model. Out: ``clock-directions``.
Method: a fact about one capture, shown by an exchange whose reply is stamped before its request.
Not here: finding and following the second clock (``clocks``).
"""

from __future__ import annotations

from collections.abc import Iterator

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, duration
from correlate.model.clocks import DirectionClock
from correlate.model.findings import Finding, FrameRef

TAI_NS = 37 * 10**9
"""TAI is 37 s ahead of UTC since 2017: clocks of cards and of PTP count TAI, those of kernels UTC."""

NEAR_NS = 500_000_000


def find_two_clocks(view: View) -> Iterator[Finding]:
    """Yield one finding per vantage with two clocks."""
    for clock in view.run.clocks.directions:
        yield _finding(view, clock)


def _finding(view: View, clock: DirectionClock) -> Finding:
    name = view.run.vantages[clock.vantage].name
    return Finding(
        id=f"clock-directions/{clock.vantage}",
        code="clock-directions",
        severity=CATALOGUE["clock-directions"].severity,
        grade="proven",
        title=f"The two directions at {name} are stamped by clocks {duration(abs(clock.delta_ns))} apart",
        explanation=" ".join(_sentences(name, clock)),
        vantage=name,
        quantity=clock.delta_ns,
        unit="ns",
        evidence=tuple(_evidence(view, clock)),
    )


def _sentences(name: str, clock: DirectionClock) -> Iterator[str]:
    moved = "forward" if clock.direction > 0 else "reverse"
    side = "ahead of" if clock.delta_ns > 0 else "behind"
    yield f"Stamps of {moved} packets are {side} those of the other direction: replies come before their requests."
    yield (
        f"{counted(clock.exchanges, 'exchange')} put the difference between {_seconds(clock.lo_ns)} and "
        f"{_seconds(clock.hi_ns)}."
    )
    if _is_tai(clock):
        yield "37 s is what TAI (PTP, network cards) is ahead of UTC."
    yield (
        f"They were moved to one clock; what that may be wrong by, {duration(clock.slack_ns)}, widens all bounds. "
        f"Round trips at {name} are not used."
    )


def _is_tai(clock: DirectionClock) -> bool:
    return abs(abs(clock.delta_ns) - TAI_NS) <= NEAR_NS


def _seconds(ns: int) -> str:
    return f"{ns / 1e9:.6f} s"


def _evidence(view: View, clock: DirectionClock) -> Iterator[FrameRef]:
    vantage = view.run.vantages[clock.vantage]
    columns = view.run.packets[clock.vantage].columns
    notes = ("request", "its reply, stamped earlier")
    for row, note in zip((clock.request_row, clock.reply_row), notes, strict=True):
        yield FrameRef(
            vantage=vantage.name,
            file=vantage.files[int(columns.file[row])].path,
            frame=int(columns.frame[row]),
            time_ns=None,
            note=note,
        )
