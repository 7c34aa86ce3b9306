"""Findings about the captures' clocks.

In: the ClockModel and the measured ticks. Out: ``clock-skew``, ``clock-step``, ``clock-zone``, ``clock-tick``.
Method: facts only; a clock is compared with its neighbour on the path. A jump is the clock's that moves against both
its neighbours.
Not here: fitting (``clocks``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import duration
from correlate.model.clocks import ClockStep, HopClock
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
        yield from _zone(view, hop, clock)
    yield from _steps(view)
    for place in range(view.places):
        yield from _tick(view, place)


def _skew(view: View, hop: int, clock: HopClock) -> Iterator[Finding]:
    low, high = clock.skew_lo_ppb, clock.skew_hi_ppb
    is_off = low is not None and high is not None and (low > SKEW_NOTICE_PPB or high < -SKEW_NOTICE_PPB)
    # A jump is told as one; that no single line fits is then no news.
    is_bent = clock.violation_ns > 0 and not clock.steps
    if not is_off and not is_bent:
        return
    first, second = view.hop(hop)
    ppm = (clock.skew_ppb or 0) / 1000
    if is_bent:
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
        settle=None if clock.constant_violation_ns else "A longer capture, or the NTP logs of both machines.",
    )


@attrs.frozen(kw_only=True)
class Jump:
    """A step of one hop's clock, and the place whose clock moved if that is known."""

    hop: int
    step: ClockStep
    place: int | None
    delta_ns: int
    """Of that place's clock; of the second vantage against the first if the place is not known."""


def _steps(view: View) -> Iterator[Finding]:
    for index, jump in enumerate(find_jumps(view.run.clocks.hops)):
        first, second = view.hop(jump.hop)
        if jump.place is None:
            title = f"The clocks of {first} and {second} moved by {duration(abs(jump.delta_ns))} against one another"
        else:
            title = f"The clock at {view.name(jump.place)} jumped by {duration(jump.delta_ns)}"
        yield Finding(
            id=f"clock-step/{jump.hop}/{index}",
            code="clock-step",
            severity=CATALOGUE["clock-step"].severity,
            grade=jump.step.grade,
            title=title,
            explanation="Apparent delays of both directions move by the same amount with opposite sign.",
            hop=(first, second),
            vantage=None if jump.place is None else view.name(jump.place),
            quantity=jump.delta_ns,
            unit="ns",
            settle=None
            if jump.step.grade == "proven"
            else "The NTP or chrony logs of both machines, or a third vantage on the path.",
        )


def find_jumps(hops: Sequence[HopClock]) -> list[Jump]:
    """Attribute the steps of neighbouring hops to vantages.

    A clock that moves shows on both hops beside it, with opposite sign. A step on one hop alone may be either end's:
    that the neighbouring hop shows none may be for lack of evidence there.
    """
    jumps: list[Jump] = []
    told: set[tuple[int, int]] = set()
    for hop, clock in enumerate(hops):
        for index, step in enumerate(clock.steps):
            if (hop, index) in told:
                continue
            partner = _partner(hops, hop + 1, -step.delta_ns, told)
            if partner is not None:
                told.add((hop + 1, partner))
                jumps.append(Jump(hop=hop, step=step, place=hop + 1, delta_ns=step.delta_ns))
            else:
                jumps.append(Jump(hop=hop, step=step, place=None, delta_ns=step.delta_ns))
    return jumps


def _partner(hops: Sequence[HopClock], hop: int, delta_ns: int, told: set[tuple[int, int]]) -> int | None:
    """Return the step of a hop that undoes another, within a tenth; what undoes it is the same event."""
    if hop >= len(hops):
        return None
    for index, step in enumerate(hops[hop].steps):
        if (hop, index) not in told and abs(step.delta_ns - delta_ns) <= abs(delta_ns) // 10:
            return index
    return None


def _zone(view: View, hop: int, clock: HopClock) -> Iterator[Finding]:
    offset = _typical_offset(clock)
    quarters = round(offset / QUARTER_NS)
    rest = offset - quarters * QUARTER_NS
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
        quantity=offset,
        unit="ns",
        settle=f"The time zone settings of {first} and {second}.",
    )


def _typical_offset(clock: HopClock) -> int:
    """Return the median of the symmetric estimate over the curve, base included."""
    estimate = clock.curve.estimate
    return clock.base_ns + (round(float(np.median(estimate))) if len(estimate) else 0)


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
