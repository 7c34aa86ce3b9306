"""Findings about clocks set to another time zone.

In: the offset of every clock against the reference. Out: ``clock-zone``.
Method: zones lie whole quarters of an hour apart. The zone that most vantages share is taken for the right one; each
vantage elsewhere is named once, with what is left beside the quarters. Hours apart hinder nothing: matching never asks
the clocks.
Not here: steps by an hour (``clock_step.py``), fitting (``clocks``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import duration
from correlate.model.clocks import VantageClock
from correlate.model.findings import Finding

QUARTER_NS = 900 * 10**9
TOLERANCE_NS = 2 * 10**9
"""Machines without time synchronisation but with another zone are still set by hand or by BIOS to a second or two."""

MOST_QUARTERS = 26 * 4
"""Zones lie 26 hours apart at most (UTC-12 to UTC+14)."""


def in_quarters(offset_ns: int) -> int | None:
    """Return how many quarters of an hour an offset is, None if it is none of them nearly.

    >>> in_quarters(14_400_312_440_000), in_quarters(1_000_000), in_quarters(643_000_000_000)
    (16, None, None)
    """
    quarters = round(offset_ns / QUARTER_NS)
    is_near = abs(offset_ns - quarters * QUARTER_NS) <= TOLERANCE_NS
    return quarters if is_near and 0 < abs(quarters) <= MOST_QUARTERS else None


def find_zones(view: View) -> Iterator[Finding]:
    """Yield one finding per vantage in another zone than most."""
    offsets = {
        place: _typical_offset(clock) for place, clock in enumerate(view.run.clocks.vantages) if _is_known(clock)
    }
    if any(in_quarters(step.delta_ns) for clock in view.run.clocks.vantages for step in clock.steps):
        return  # the hour is told as a step
    home = _home(view, offsets)
    for place, offset in offsets.items():
        apart = offset - offsets[home]
        quarters = in_quarters(apart)
        if quarters is not None:
            yield _finding(view, place, home, apart)


def _is_known(clock: VantageClock) -> bool:
    return len(clock.curve.at_ns) > 0


def _typical_offset(clock: VantageClock) -> int:
    """Return the median of the symmetric estimate over the curve, base included."""
    return clock.base_ns + round(float(np.median(clock.curve.estimate)))


def _home(view: View, offsets: dict[int, int]) -> int:
    """Return a place in the zone that most share: the reference if it is among them, else the first."""
    reference = view.run.path.order.index(view.run.clocks.reference)
    zones = {place: round(offset / QUARTER_NS) for place, offset in offsets.items()}
    count = Counter(zones.values())
    most = max(count, key=lambda zone: (count[zone], zone == zones.get(reference)))
    members = [place for place, zone in zones.items() if zone == most]
    return reference if reference in members else members[0]


def _finding(view: View, place: int, home: int, apart_ns: int) -> Finding:
    name, other = view.name(place), view.name(home)
    rest = abs(apart_ns) - round(abs(apart_ns) / QUARTER_NS) * QUARTER_NS
    side = "ahead of" if apart_ns > 0 else "behind"
    is_hop = abs(place - home) == 1
    first, second = sorted((place, home))
    return Finding(
        id=f"clock-zone/{place}",
        code="clock-zone",
        severity=CATALOGUE["clock-zone"].severity,
        grade="likely",
        title=f"The clock at {name} is {_quarters(apart_ns)} {side} {other}: a time zone",
        explanation=(
            f"{_quarters(apart_ns)} apart {'plus' if rest >= 0 else 'minus'} {duration(abs(rest))}. "
            "Matching and delays do not depend on it."
        ),
        hop=(view.name(first), view.name(second)) if is_hop else None,
        vantage=name,
        quantity=apart_ns,
        unit="ns",
        against=("A clock set wrongly by chance would look the same.",),
        settle=f"The time zone settings of {other} and {name}.",
    )


def _quarters(apart_ns: int) -> str:
    """Return whole quarters of an hour in words.

    >>> _quarters(-7 * 3600 * 10**9), _quarters(20_700 * 10**9), _quarters(1_800 * 10**9)
    ('7 h', '5 h 45 min', '30 min')
    """
    hours, minutes = divmod(abs(round(apart_ns / QUARTER_NS)) * 15, 60)
    return " ".join(text for text in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if text)
