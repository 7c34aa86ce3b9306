"""Where captures are cut into parts of time, each small enough for memory.

In: the surveys, their coarse offsets, how many packets a part may hold. Out: ``Part`` after ``Part``.
Method: the chunks of all captures in the order of the first one's clock; a cut whenever enough packets have passed. A
part reads beyond its own time on both sides: 5 s, or less where that were too many packets.
Not here: what becomes of the parts (``run.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.model.arrays import I64
from correlate.model.frames import NO_TIME, Start, Stretch
from correlate.model.part import Part
from correlate.scale.alignment import Offset
from correlate.scale.survey import Survey

MARGINS_NS = tuple(int(seconds * 1e9) for seconds in (5, 2, 1, 0.5, 0.2, 0.1))
"""How far a part reads beyond its own time, the first that is cheap enough; at worst the last."""

CONTEXT_SHARE = 0.25
"""Packets read beyond its own time, of those that a part owns, that are cheap enough."""

BEFORE, AFTER = NO_TIME, 2**63 - 1


def cut(surveys: Sequence[Survey], offsets: Sequence[Offset], most_packets: int) -> list[tuple[int, int]]:
    """Return the own time of each part on the first vantage's clock, [low, high), that together cover all time.

    Parameters
    ----------
    surveys, offsets
        Per vantage.
    most_packets
        Of all vantages together, that a part may read.
    """
    wanted = max(1, int(most_packets / (1 + CONTEXT_SHARE)))
    times, counts = [], []
    for survey, offset in zip(surveys, offsets, strict=True):
        places = survey.places
        has_time = np.flatnonzero(places.low_ns != NO_TIME)
        middle = places.low_ns[has_time] + (places.high_ns[has_time] - places.low_ns[has_time]) // 2
        times.append(offset.reference_times(middle))
        counts.append(places.packets[has_time])
    at, count = np.concatenate(times), np.concatenate(counts)
    order = np.argsort(at, kind="stable")
    passed = np.cumsum(count[order])
    number = max(1, -(-int(passed[-1]) // wanted)) if len(passed) else 1
    goals = [int(passed[-1]) * part // number for part in range(1, number)] if number > 1 else []
    edges = np.unique(at[order][np.searchsorted(passed, goals)]).tolist() if goals else []
    return list(zip([BEFORE, *edges], [*edges, AFTER], strict=True))


def part_of(names: Sequence[str], surveys: Sequence[Survey], offsets: Sequence[Offset], own: tuple[int, int]) -> Part:
    """Return the part that owns a time of the first vantage's clock."""
    ends = [tuple(end if end in (BEFORE, AFTER) else offset.own_time(end) for end in own) for offset in offsets]
    owned = sum(_packets(survey, low, high) for survey, (low, high) in zip(surveys, ends, strict=True))
    margin = MARGINS_NS[-1]
    for wider in MARGINS_NS:
        read = sum(_packets(survey, *_wider(end, wider)) for survey, end in zip(surveys, ends, strict=True))
        if read <= owned * (1 + CONTEXT_SHARE):
            margin = wider
            break
    stretches = {
        name: _stretches(survey, *_wider(end, margin)) for name, survey, end in zip(names, surveys, ends, strict=True)
    }
    return Part(stretches=stretches, owned={name: (low, high) for name, (low, high) in zip(names, ends, strict=True)})


def _wider(end: tuple[int, ...], margin: int) -> tuple[int, int]:
    low, high = end
    return (low if low == BEFORE else low - margin), (high if high == AFTER else high + margin)


def _touched(survey: Survey, low: int, high: int) -> I64:
    """Return the chunks that may hold frames of a time; those without stamps belong to every time of their place."""
    places = survey.places
    return np.flatnonzero((places.high_ns >= low) & (places.low_ns < high) & (places.low_ns != NO_TIME))


def _packets(survey: Survey, low: int, high: int) -> int:
    return int(survey.places.packets[_touched(survey, low, high)].sum())


def _stretches(survey: Survey, low: int, high: int) -> dict[int, Stretch]:
    """Return per file the frames from the first to the last chunk that a time touches."""
    places, found = survey.places, {}
    rows = _touched(survey, low, high)
    for file in np.unique(places.file[rows]).tolist():
        mine = rows[places.file[rows] == file]
        first, last = int(mine[0]), int(mine[-1])
        # Chunks before the first stamp and behind the last one are read with the ends.
        if low == BEFORE:
            first = int(np.flatnonzero(places.file == file)[0])
        if high == AFTER:
            last = int(np.flatnonzero(places.file == file)[-1])
        start = Start(int(places.position[first]), int(places.frame[first]), int(places.interfaces[first]))
        found[file] = Stretch(start, int(places.frames[first : last + 1].sum()))
    return found
