"""Durations as people read them.

**In:** int ns. **Out:** ``0.213 ms``, ``643 s``, ``0.21 ms ±0.05``.
**Method:** three significant digits; uncertainty with two, rounded up; bounds rounded outwards; one unit per text.
**Not here:** the intervals themselves.
"""

from __future__ import annotations

import math

from correlate.model.clocks import UNBOUNDED

UNITS = ((1_000_000_000, "s"), (10_000, "ms"), (1_000, "us"), (1, "ns"))
"""(from this many ns on, unit): milliseconds begin at 10 us, so that the hops of one path share a unit."""
SIZES = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
HOUR_NS = 3_600_000_000_000
NEAR_HOUR_NS = 60_000_000_000
"""An offset this near to whole hours is told as those and the rest."""
LIKE = 0.1
"""Sides of an interval that differ by less than this share of the wider one are told as one plus-minus."""


def duration(ns: int) -> str:
    """Return a duration with three significant digits.

    >>> duration(213_456), duration(-643_021_000_000), duration(0)
    ('0.213 ms', '-643 s', '0 ms')
    """
    unit = _unit(ns)
    return f"{digits(ns / SIZES[unit])} {unit}"


def signed(ns: int) -> str:
    """Return a duration with its sign.

    >>> signed(5_000_000), signed(-5_000_000)
    ('+5.00 ms', '-5.00 ms')
    """
    return f"{'+' if ns >= 0 else ''}{duration(ns)}"


def long_duration(ns: int, *, within_ns: int = 0) -> str:
    """Return a duration, whole hours and what is left told apart: a wrong time zone hides all else.

    What is left is not told where it is no more than the uncertainty ``within_ns``.

    >>> long_duration(14_400_310_000_000), long_duration(7_199_690_000_000), long_duration(643_021_000_000)
    ('4 h + 0.310 s', '2 h - 0.310 s', '643 s')
    """
    hours = round(ns / HOUR_NS)
    rest = ns - hours * HOUR_NS
    if hours == 0 or abs(rest) > NEAR_HOUR_NS:
        return duration(ns)
    return (
        f"{hours} h {'-' if rest < 0 else '+'} {digits(abs(rest) / 1e9)} s" if abs(rest) > within_ns else f"{hours} h"
    )


def interval(ns: int, lo_ns: int | None, hi_ns: int | None, *, plus_minus: str) -> str:
    """Return a figure with its interval; ``lo_ns`` and ``hi_ns`` are absolute, None = unbounded.

    >>> interval(213_456, 173_000, 254_000, plus_minus="+-")
    '0.213 ms +-0.041'
    >>> interval(60_000, -20_000, 100_000, plus_minus="+-")
    '-0.020..0.10 ms'
    >>> interval(60_000, None, 100_000, plus_minus="+-")
    'at most 0.100 ms'
    """
    if lo_ns is None or hi_ns is None:
        return _half_open(ns, lo_ns, hi_ns)
    below, above = ns - lo_ns, hi_ns - ns
    wider = max(below, above)
    if wider <= 0:
        return duration(ns)
    unit = _unit(ns if abs(ns) > wider else wider)
    size = SIZES[unit]
    if wider - min(below, above) <= wider * LIKE:
        places = min(_places(ns / size, 3), _places(wider / size, 2))
        return f"{ns / size:.{places}f} {unit} {plus_minus}{rounded(wider / size, up=True)}"
    return f"{rounded(lo_ns / size, up=False)}..{rounded(hi_ns / size, up=True)} {unit}"


def digits(value: float, significant: int = 3) -> str:
    """Return a number with three significant digits and no exponent.

    >>> digits(0.2134), digits(12.345), digits(1234.5), digits(9.999)
    ('0.213', '12.3', '1230', '10.0')
    """
    near = float(f"{value:.{significant - 1}e}")
    return f"{near:.{_places(near, significant)}f}"


def rounded(value: float, *, up: bool) -> str:
    """Return a bound with two significant digits, rounded so that it never claims too much.

    >>> rounded(0.0411, up=True), rounded(0.0411, up=False), rounded(-0.5, up=False)
    ('0.042', '0.041', '-0.50')
    """
    places = _places(value, 2)
    scaled = round(value * 10**places, 6)
    whole = math.ceil(scaled) if up else math.floor(scaled)
    return f"{whole / 10**places:.{places}f}"


def bounded(value: int) -> int | None:
    """Return a bound as int, None for "no bound at all"."""
    return None if abs(int(value)) >= UNBOUNDED else int(value)


def _half_open(ns: int, lo_ns: int | None, hi_ns: int | None) -> str:
    if lo_ns is not None:
        return f"at least {duration(lo_ns)}"
    return f"{duration(ns)} (no bounds)" if hi_ns is None else f"at most {duration(hi_ns)}"


def _unit(ns: int) -> str:
    """Return the unit that fits a figure; 0 is told in ms."""
    return next((unit for least, unit in UNITS if abs(ns) >= least), "ms")


def _places(value: float, significant: int) -> int:
    """Return how many decimals show ``significant`` digits of a value."""
    return min(9, max(0, significant - 1 - math.floor(math.log10(abs(value))))) if value else 0
