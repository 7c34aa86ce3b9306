"""Whose clock stepped.

In: the steps that pairs show, all pairs' curves, packets. Out: ``VantageClock`` with the steps of its own clock.
Method: a clock that steps moves against every other one (algorithms section 1, who stepped). So a vantage is cleared
when a third one shows that it did not move by that much then, and the other end of the pair is the one. Else the
senders' time stamps or the record order may testify (``witness.py``). Else the step is one of the two's, and named so.
The same step seen by several pairs is one.
Not here: finding steps (``hop.py``), sentences (``diagnose``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import attrs
import numpy as np

from correlate.clocks.compose import Composer, reference_time
from correlate.clocks.curves import Curve, estimate_at, read_span
from correlate.clocks.witness import Split, find_split, name_stepper
from correlate.model.bounds import ClockBreak
from correlate.model.clocks import ClockStep, VantageClock
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable
from correlate.model.path import Path

PAD_NS = 1_000_000
"""Readings before and after a step keep so far from its bracket."""

STILL = 0.5
"""A pair that surely moved by less than this share of a step did not take part in it."""

ALIKE = 0.1
SAME_TIME_NS = 1_000_000_000
"""Steps of one vantage are one event if sizes agree within a tenth, and times within their brackets and 1 s."""


class _Event(NamedTuple):
    """A step of the pair ``first``, ``second`` (places): ``step.delta_ns`` is second's against first's."""

    first: int
    second: int
    step: ClockStep
    bracket: ClockBreak
    split: Split | None
    """Which packets came before and after it; None if record order does not tell."""


def attribute_steps(
    packets: Sequence[PacketTable], match: MatchTable, path: Path, whole: Composer, clocks: Sequence[VantageClock]
) -> list[VantageClock]:
    """Return the clocks, each with the steps that are, or may be, its own; times are on the reference clock."""
    steps: list[list[ClockStep]] = [[] for _ in clocks]
    for event in _events(whole, match, path):
        place, witness = _blamed(event, whole)
        if place is None and event.split is not None:
            place, witness = _asked(event, event.split, packets, match, path, whole)
        owner = event.second if place is None else place
        names = (event.first, event.second) if place is None else (place,)
        step = attrs.evolve(
            event.step,
            at_ns=_instant(event, owner, clocks),
            delta_ns=-event.step.delta_ns if owner == event.first else event.step.delta_ns,
            vantages=tuple(path.order[name] for name in names),
            witness=witness,
        )
        if not any(_is_same(step, other, event.bracket) for other in steps[owner]):
            steps[owner].append(step)
    return [
        attrs.evolve(clock, steps=tuple(sorted(own, key=lambda step: step.at_ns)))
        for clock, own in zip(clocks, _without_shadows(steps), strict=True)
    ]


def _events(whole: Composer, match: MatchTable, path: Path) -> Iterator[_Event]:
    """Yield the steps of neighbouring places; of others where the neighbours share nothing."""
    for (first, second), fit in sorted(whole.fits.items(), key=lambda item: item[0][1] - item[0][0]):
        is_bridge = all((place, place + 1) not in whole.fits for place in range(first, second))
        if second > first + 1 and not is_bridge:
            continue
        brackets = [one for one in fit.clock.evidence.breaks if one.kind == "step"]
        if not brackets and not fit.clock.steps:
            continue
        anchors = whole.pairs[first, second].anchors
        rows = [match.rows[anchors.packet, path.order[end]] for end in (first, second)]
        for step, bracket in zip(fit.clock.steps, brackets, strict=True):
            split = find_split(anchors, rows[0], rows[1], step, bracket)
            # A clock set back by more than a capture lasts shows what came after as what came before.
            sign = -1 if split is not None and split.is_reversed else 1
            yield _Event(first, second, attrs.evolve(step, delta_ns=sign * step.delta_ns), bracket, split)


def _instant(event: _Event, owner: int, clocks: Sequence[VantageClock]) -> int:
    """Return when it happened, on the reference clock, told by the end whose clock did not step."""
    if event.split is None:
        return reference_time(clocks[event.first], event.step.at_ns)
    if not event.split.is_reversed and owner != event.first:
        return reference_time(clocks[event.first], event.step.at_ns)
    side = 0 if owner != event.first else 1
    return reference_time(clocks[(event.first, event.second)[side]], event.split.stamps_ns[side])


def _blamed(event: _Event, whole: Composer) -> tuple[int | None, str]:
    """Return the end whose partner is cleared by a third vantage."""
    still = [_is_still(event, end, whole) for end in (event.first, event.second)]
    if still[0] == still[1]:
        return None, ""
    return (event.second if still[0] else event.first), "third vantage"


def _is_still(event: _Event, end: int, whole: Composer) -> bool:
    """Return whether a third vantage shows that the clock of ``end`` did not take part in the step."""
    before, after = event.bracket.from_ns - PAD_NS, event.bracket.to_ns + PAD_NS
    if end == event.second:
        pair = whole.curves[event.first, event.second]
        before, after = (_shown(pair, at) for at in (before, after))
    most = STILL * abs(event.step.delta_ns)
    others = [place for place in range(whole.count) if place not in (event.first, event.second)]
    return any(
        (end, other) in whole.curves and _moved(whole.curves[end, other], before, after) < most for other in others
    )


def _shown(curve: Curve, at_ns: int) -> int:
    """Return what the second clock of a curve shows at a time of the first."""
    return at_ns + curve.base_ns + round(float(estimate_at(curve, np.array([at_ns]))[0]))


def _moved(curve: Curve, before: int, after: int) -> float:
    """Return by how much the curve may have moved between two times, at most; infinite if unbounded."""
    old, new = (read_span(curve, np.array([at]), np.array([at])) for at in (before, after))
    return float(max(new.hi[0] - old.lo[0], old.hi[0] - new.lo[0]))


def _asked(
    event: _Event,
    split: Split,
    packets: Sequence[PacketTable],
    match: MatchTable,
    path: Path,
    whole: Composer,
) -> tuple[int | None, str]:
    """Return whom the senders' time stamps or the record order name."""
    ends = (event.first, event.second)
    anchors = whole.pairs[ends].anchors
    sender = match.flow[anchors.packet].astype(np.int64) * 2 + match.is_outbound[anchors.packet]
    sides = (packets[path.order[ends[0]]], packets[path.order[ends[1]]])
    which, witness = name_stepper(sides, split, sender, event.step.delta_ns)
    return (None, "") if which is None else (ends[which], witness)


def _is_same(step: ClockStep, other: ClockStep, bracket: ClockBreak) -> bool:
    """Return whether two steps of one clock are one event."""
    is_near = abs(step.at_ns - other.at_ns) <= SAME_TIME_NS + bracket.to_ns - bracket.from_ns
    return is_near and abs(step.delta_ns - other.delta_ns) <= ALIKE * abs(step.delta_ns)


def _without_shadows(steps: Sequence[Sequence[ClockStep]]) -> list[list[ClockStep]]:
    """Leave out steps of one of two vantages where one of the two is known to have stepped so at the time."""
    sure = [step for own in steps for step in own if len(step.vantages) == 1]
    return [[step for step in own if not any(_is_shadow(step, one) for one in sure)] for own in steps]


def _is_shadow(step: ClockStep, sure: ClockStep) -> bool:
    return (
        len(step.vantages) > 1
        and sure.vantages[0] in step.vantages
        and abs(sure.at_ns - step.at_ns) <= SAME_TIME_NS
        and abs(abs(sure.delta_ns) - abs(step.delta_ns)) <= ALIKE * abs(step.delta_ns)
    )
