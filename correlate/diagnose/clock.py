"""Findings about the captures' clocks.

In: the ClockModel and the measured ticks. Out: ``clock-skew``, ``clock-step``, ``clock-zone``, ``clock-tick``.
Method: facts only; a clock is compared with its neighbour on the path.
Not here: fitting (``clocks``).
"""

from __future__ import annotations

from collections.abc import Iterator

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.delay import duration
from correlate.diagnose.view import View
from correlate.model.clocks import HopClock
from correlate.model.findings import Finding

SKEW_NOTICE_PPB = 20_000
"""Ordinary crystals keep within 20 ppm; below that there is nothing to say."""

QUARTER_NS = 900 * 10**9
ZONE_TOLERANCE_NS = 2 * 10**9
"""Machines without time synchronisation but with another zone are still set by hand or by BIOS to a second or two."""

COARSE_TICK_NS = 1_000_000


def find_clock_facts(view: View) -> Iterator[Finding]:
    """Yield what is remarkable about each clock."""
    for hop, clock in enumerate(view.run.clocks.hops):
        if clock.samples_forward + clock.samples_reverse == 0:
            continue
        yield from _skew(view, hop, clock)
        yield from _steps(view, hop, clock)
        yield from _zone(view, hop, clock)
    for place in range(view.places):
        yield from _tick(view, place)


def _skew(view: View, hop: int, clock: HopClock) -> Iterator[Finding]:
    low, high = clock.skew_lo_ppb, clock.skew_hi_ppb
    is_off = low is not None and high is not None and (low > SKEW_NOTICE_PPB or high < -SKEW_NOTICE_PPB)
    if not is_off and clock.violation_ns == 0:
        return
    first, second = view.hop(hop)
    ppm = (clock.skew_ppb or 0) / 1000
    if clock.violation_ns:
        title = f"No single straight clock line fits {first} and {second}"
        text = (
            f"The best line, {ppm:+.0f} ppm, still contradicts the stamps by {duration(clock.violation_ns)}; a "
            f"constant offset contradicts them by {duration(clock.constant_violation_ns)}. "
            "The bounds were widened to hold both."
        )
    else:
        title = f"The clock at {second} runs {ppm:+.3g} ppm against {first}"
        text = (
            f"Between {(low or 0) / 1000:+.3g} and {(high or 0) / 1000:+.3g} ppm; a constant offset contradicts the "
            f"stamps by {duration(clock.constant_violation_ns)}."
        )
    yield Finding(
        id=f"clock-skew/{hop}",
        code="clock-skew",
        severity=CATALOGUE["clock-skew"].severity,
        grade="proven" if clock.constant_violation_ns else "likely",
        title=title,
        explanation=text,
        hop=(first, second),
        quantity=round(ppm, 3),
        unit="ppm",
    )


def _steps(view: View, hop: int, clock: HopClock) -> Iterator[Finding]:
    first, second = view.hop(hop)
    for index, step in enumerate(clock.steps):
        yield Finding(
            id=f"clock-step/{hop}/{index}",
            code="clock-step",
            severity=CATALOGUE["clock-step"].severity,
            grade=step.grade,
            title=f"The clock at {second} jumped by {duration(step.delta_ns)} against {first}",
            explanation="Apparent delays of both directions move by the same amount with opposite sign.",
            hop=(first, second),
            quantity=step.delta_ns,
            unit="ns",
            settle=None if step.grade == "proven" else "A third vantage on the path would tell which clock moved.",
        )


def _zone(view: View, hop: int, clock: HopClock) -> Iterator[Finding]:
    quarters = round(clock.base_ns / QUARTER_NS)
    rest = clock.base_ns - quarters * QUARTER_NS
    if quarters == 0 or abs(rest) > ZONE_TOLERANCE_NS:
        return
    first, second = view.hop(hop)
    hours = quarters / 4
    yield Finding(
        id=f"clock-zone/{hop}",
        code="clock-zone",
        severity=CATALOGUE["clock-zone"].severity,
        grade="likely",
        title=f"The clock at {second} is {hours:+g} h from {first}: a time zone",
        explanation=f"Beyond that they differ by {duration(rest)}. Matching and delays do not depend on it.",
        hop=(first, second),
        quantity=clock.base_ns,
        unit="ns",
    )


def _tick(view: View, place: int) -> Iterator[Finding]:
    vantage = view.run.vantages[view.run.path.order[place]]
    if vantage.tick_ns < COARSE_TICK_NS:
        return
    yield Finding(
        id=f"clock-tick/{place}",
        code="clock-tick",
        severity=CATALOGUE["clock-tick"].severity,
        grade="proven",
        title=f"Stamps at {vantage.name} advance in ticks of {duration(vantage.tick_ns)}",
        explanation="The order of frames inside one tick, and any time below it, proves nothing.",
        vantage=vantage.name,
        quantity=vantage.tick_ns,
        unit="ns",
    )
