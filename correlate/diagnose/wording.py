"""Numbers as people read them.

In: counts, durations, percentages. Out: text, right for one and for many.
Not here: sentences about anything in particular.
"""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> counted(1, "packet"), counted(7, "packet"), counted(2, "reply")
    ('1 packet', '7 packets', '2 replies')
    """
    if count == 1:
        return f"1 {noun}"
    is_y = noun.endswith("y") and noun[-2] not in "aeiou"
    return f"{count} {noun[:-1]}ies" if is_y else f"{count} {noun}s"


def share_of(part: int, whole: int, noun: str) -> str:
    """Return a part of a whole; the noun follows the whole.

    >>> share_of(1, 1, "packet"), share_of(1, 9, "packet")
    ('1 of 1 packet', '1 of 9 packets')
    """
    return f"{part} of {counted(whole, noun)}"


def verb(count: int, one: str, many: str) -> str:
    """Return the verb that agrees with the count.

    >>> verb(1, "is", "are"), verb(0, "is", "are")
    ('is', 'are')
    """
    return one if count == 1 else many


def percent(part: float, whole: float) -> str:
    """Return a share in per cent with three significant digits.

    >>> percent(1, 8), percent(1, 3), percent(5, 5), percent(0, 0)
    ('12.5 %', '33.3 %', '100 %', '0 %')
    """
    return f"{100.0 * part / whole if whole else 0.0:.3g} %"


def duration(ns: int) -> str:
    """Return a duration with three significant digits and a unit.

    >>> duration(406_250_000), duration(1_500), duration(4_031_250_000)
    ('406 ms', '1.5 us', '4.03 s')
    """
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        # 999.6 us is told as 1 ms, not as 1e+03 us.
        if abs(ns) >= size or (size > 1000 and abs(ns) >= size * 0.9995):
            value = ns / size
            return f"{value:.0f} {unit}" if abs(value) >= 1000 else f"{value:.3g} {unit}"
    return f"{ns} ns"


def bit_rate(bps: int) -> str:
    """Return a rate with three significant digits and a unit.

    >>> bit_rate(4_012_345), bit_rate(64_000), bit_rate(1_000_000_000)
    ('4.01 Mbit/s', '64 kbit/s', '1 Gbit/s')
    """
    for unit, size in (("Gbit/s", 10**9), ("Mbit/s", 10**6), ("kbit/s", 10**3)):
        if bps >= size * 0.9995:
            value = bps / size
            return f"{value:.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"
    return f"{bps} bit/s"
