"""Findings about the rate and the grain of the captures' clocks.

In: the ClockModel and the measured ticks. Out: ``clock-skew``, ``clock-tick``.
Method: facts only; a clock's rate is compared with its neighbour's on the path.
Not here: fitting (``clocks``); steps (``clock_step.py``), time zones (``clock_zone.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import duration, percent
from correlate.model.clocks import HopClock
from correlate.model.findings import Finding
from correlate.model.vantage import STANDING_TICK_NS

SKEW_NOTICE_PPB = 20_000
"""Ordinary crystals keep within 20 ppm; below that there is nothing to say."""

COARSE_TICK_NS = 1_000_000


def find_clock_facts(view: View) -> Iterator[Finding]:
    """Yield what is remarkable about each clock."""
    for hop, clock in enumerate(view.run.clocks.hops):
        if clock.samples_forward + clock.samples_reverse == 0:
            continue
        yield from _skew(view, hop, clock)
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


def _tick(view: View, place: int) -> Iterator[Finding]:
    index = view.run.path.order[place]
    vantage = view.run.vantages[index]
    if vantage.tick_ns < COARSE_TICK_NS:
        return
    stamps = view.run.packets[index].columns.ts_ns
    shared = len(stamps) - len(np.unique(stamps))
    declared = min((interface.tick_ns for interface in vantage.interfaces), default=1)
    grain = f", although the file counts in {duration(declared)}" if declared < vantage.tick_ns else ""
    if vantage.tick_ns == STANDING_TICK_NS:
        yield _standing(view, place, len(stamps))
        return
    yield Finding(
        id=f"clock-tick/{place}",
        code="clock-tick",
        severity=CATALOGUE["clock-tick"].severity,
        grade="proven",
        title=f"Stamps at {vantage.name} advance in ticks of {duration(vantage.tick_ns)}",
        explanation=(
            f"Their gaps are multiples of it{grain}; {percent(shared, len(stamps))} repeat another packet's stamp. "
            f"Here the order of packets inside one tick, and any time or delay below {duration(vantage.tick_ns)}, "
            "proves nothing."
        ),
        vantage=vantage.name,
        quantity=vantage.tick_ns,
        unit="ns",
    )


def _standing(view: View, place: int, frames: int) -> Finding:
    """Return the finding about a capture all of whose frames bear one stamp."""
    name = view.name(place)
    return Finding(
        id=f"clock-tick/{place}",
        code="clock-tick",
        severity=CATALOGUE["clock-tick"].severity,
        grade="proven",
        title=f"All {frames} stamps at {name} are one and the same: they tell no time",
        explanation="The clock stood, or the file lost its times: packets are followed, but no delay here is known.",
        vantage=name,
    )
