"""Findings about clocks that jump.

In: the steps of every vantage's clock. Out: ``clock-step``.
Method: the clock model says who stepped and what tells it; where nothing does, the sentence names both. The frames
are the last ones before and the first ones after, both ways: delays of the two directions move against one another.
Not here: finding steps and attributing them (``clocks``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.clock_zone import in_quarters
from correlate.diagnose.view import View
from correlate.diagnose.wording import duration
from correlate.model.clocks import ClockStep
from correlate.model.findings import Finding, FrameRef

WITNESSES = {
    "third vantage": "Against a third vantage the other clock did not move.",
    "TCP time stamps": "The senders' own TCP time stamps go on at the other vantage and jump here.",
    "record order": "The stamps of this capture fall back from one record to the next and stay there.",
    "": "Nothing in the captures tells which of the two it was.",
}


NO_CLOCK_NS = 2**60
"""Tick of stamps that never change: they show no step of any size."""

TICKS = 2
"""Ticks that a step must exceed: each of two stamps is late by up to one."""


def find_steps(view: View) -> Iterator[Finding]:
    """Yield one finding per step that the stamps can show: order inside a tick proves nothing."""
    for place, clock in enumerate(view.run.clocks.vantages):
        for index, step in enumerate(clock.steps):
            tick_ns = max(_widest_tick(view, vantage) for vantage in step.vantages)
            if abs(step.delta_ns) > TICKS * tick_ns:
                yield _finding(view, place, index, step)


def _widest_tick(view: View, vantage: int) -> int:
    """Return the coarsest tick that a vantage's stamps may have, ns: few of them never prove a fine one."""
    distinct = np.unique(view.run.packets[vantage].columns.ts_ns)
    if len(distinct) < 2:
        return NO_CLOCK_NS
    return max(view.run.vantages[vantage].tick_ns, int(np.gcd.reduce(np.diff(distinct))))


def _finding(view: View, place: int, index: int, step: ClockStep) -> Finding:
    name = view.name(place)
    places = sorted(view.run.path.order.index(vantage) for vantage in step.vantages)
    if len(places) < 2:
        way = "forward" if step.delta_ns > 0 else "back"
        title = f"The clock at {name} jumped {way} by {duration(abs(step.delta_ns))}"
    else:
        both = " and ".join(view.name(one) for one in places)
        title = f"The clocks of {both} moved by {duration(abs(step.delta_ns))} against one another"
    hop = _hop(view, place, places)
    return Finding(
        id=f"clock-step/{place}/{index}",
        code="clock-step",
        severity="info" if step.grade == "inconclusive" else CATALOGUE["clock-step"].severity,
        grade=step.grade,
        title=title,
        explanation=" ".join(_sentences(step)),
        hop=(view.name(hop), view.name(hop + 1)),
        vantage=name if len(places) < 2 else None,
        quantity=step.delta_ns,
        unit="ns",
        evidence=_evidence(view, hop, step.at_ns),
        against=()
        if step.grade == "proven"
        else ("Few packets lie on one side of it: wrong matches may look like it.",),
        settle=None if step.grade == "proven" else "The NTP or chrony logs of both machines, or a third vantage.",
    )


def _sentences(step: ClockStep) -> Iterator[str]:
    yield "Apparent delays of both directions move by the same amount with opposite sign, which no queue or route does."
    yield WITNESSES[step.witness]
    if in_quarters(step.delta_ns) is not None:
        yield "By whole quarters of an hour: a change of time zone or of daylight saving time, not a correction."


def _hop(view: View, place: int, places: list[int]) -> int:
    """Return the hop to tell it of: between the two in question, else one beside the vantage."""
    if len(places) == 2 and places[1] == places[0] + 1:
        return places[0]
    return min(max(0, place - 1), view.run.path.hop_count - 1)


def _evidence(view: View, hop: int, at_ns: int) -> tuple[FrameRef, ...]:
    """Return the nearest packets before and after, both directions, at both ends of the hop."""
    table = view.run.trajectories
    both = np.flatnonzero(view.is_seen[:, hop] & view.is_seen[:, hop + 1] & ~table.is_ambiguous)
    found: list[FrameRef] = []
    for note, is_after in (("before the step", False), ("after it", True)):
        for direction in (1, -1):
            chosen = both[(table.direction[both] == direction) & ((table.time_ns[both, hop] > at_ns) == is_after)]
            if len(chosen):
                packet = int(chosen[np.argmin(np.abs(table.time_ns[chosen, hop] - at_ns))])
                found += [*view.cite(packet, hop, note), *view.cite(packet, hop + 1, note)]
    return tuple(found)
