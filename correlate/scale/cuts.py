"""Where captures are cut into parts of time, each small enough for memory.

In: the surveys, their coarse offsets, how many packets a part may hold. Out: ``Part`` after ``Part``.
Method: the chunks of all captures in the order of the first one's clock; a cut whenever enough packets have passed. A
part reads beyond its own time on both sides: 5 s, or less where that were too many packets.
Not here: what becomes of the parts (``run.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.budget import LEAST_PART
from correlate.errors import UsageError
from correlate.model.arrays import I64
from correlate.model.frames import NO_TIME, Start, Stretch
from correlate.model.part import Part
from correlate.scale.alignment import Offset
from correlate.scale.survey import Survey

MARGINS_NS = tuple(int(seconds * 1e9) for seconds in (5, 2, 1, 0.5, 0.2, 0.1))
"""How far a part reads beyond its own time, the first that is cheap enough; at worst the last."""

MUCH = 8
"""How many times its packets a part may hold: around a jump of a clock parts are larger than they should be."""

CONTEXT_SHARE = 0.25
"""Packets read beyond its own time, of those that a part owns, that are cheap enough."""

BEFORE, AFTER = NO_TIME, 2**63 - 1

Times = tuple[I64, I64]
"""First and last time of each chunk on the first vantage's clock."""


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
    middles, counts = [], []
    for survey, offset in zip(surveys, offsets, strict=True):
        has_time = np.flatnonzero(survey.places.low_ns != NO_TIME)
        begin, end = (times[has_time] for times in offset.chunk_times(survey.places))
        middles.append(begin + (end - begin) // 2)
        counts.append(survey.places.packets[has_time])
    at, count = np.concatenate(middles), np.concatenate(counts)
    order = np.argsort(at, kind="stable")
    passed = np.cumsum(count[order])
    number = max(1, -(-int(passed[-1]) // wanted)) if len(passed) else 1
    goals = [int(passed[-1]) * part // number for part in range(1, number)] if number > 1 else []
    edges = np.unique(at[order][np.searchsorted(passed, goals)]).tolist() if goals else []
    return list(zip([BEFORE, *edges], [*edges, AFTER], strict=True))


def part_of(names: Sequence[str], surveys: Sequence[Survey], offsets: Sequence[Offset], own: tuple[int, int]) -> Part:
    """Return the part that owns a time of the first vantage's clock."""
    lie = [offset.chunk_times(survey.places) for survey, offset in zip(surveys, offsets, strict=True)]
    both = list(zip(surveys, lie, strict=True))
    owned = sum(_packets(survey, times, *own) for survey, times in both)
    margin = MARGINS_NS[-1]
    for wider in MARGINS_NS:
        if sum(_packets(survey, times, *_wider(own, wider)) for survey, times in both) <= owned * (1 + CONTEXT_SHARE):
            margin = wider
            break
    read = _wider(own, margin)
    return Part(
        stretches={name: _stretches(survey, times, *read) for name, (survey, times) in zip(names, both, strict=True)},
        owned={name: _own_time(offset, own) for name, offset in zip(names, offsets, strict=True)},
    )


def check_sizes(parts: Sequence[Part], most_packets: int) -> None:
    """Refuse captures that time does not cut: whoever stamps millions of frames alike fills any memory.

    Raises
    ------
    UsageError
        If a part holds many times as many frames as it may.
    """
    allowed = MUCH * max(most_packets, LEAST_PART)
    for part in parts:
        frames = {name: sum(one.frames for one in files.values()) for name, files in part.stretches.items()}
        if sum(frames.values()) > allowed:
            where = max(frames, key=lambda name: frames[name])
            what = f"{frames[where]} frames lie so close in time that parts which fit into memory cannot be cut"
            raise UsageError(where=where, what=what, advice="Allow more with --memory, or leave those frames out.")


def _own_time(offset: Offset, own: tuple[int, int]) -> tuple[int, int]:
    """Return a time of the first vantage's clock on another's, without what was recorded at two of its times."""
    low, high = own
    return (low if low == BEFORE else offset.own_ends(low)[1]), (high if high == AFTER else offset.own_ends(high)[0])


def _wider(end: tuple[int, int], margin: int) -> tuple[int, int]:
    low, high = end
    return (low if low == BEFORE else low - margin), (high if high == AFTER else high + margin)


def _touched(survey: Survey, times: Times, low: int, high: int) -> I64:
    """Return the chunks that may hold frames of a time; those without stamps belong to every time of their place."""
    begin, end = times
    return np.flatnonzero((end >= low) & (begin < high) & (survey.places.low_ns != NO_TIME))


def _packets(survey: Survey, times: Times, low: int, high: int) -> int:
    return int(survey.places.packets[_touched(survey, times, low, high)].sum())


def _stretches(survey: Survey, times: Times, low: int, high: int) -> dict[int, Stretch]:
    """Return per file the frames from the first to the last chunk that a time touches."""
    places, found = survey.places, {}
    rows = _touched(survey, times, low, high)
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
