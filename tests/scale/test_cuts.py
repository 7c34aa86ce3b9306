"""Laws: parts cover all time exactly once, and each reads every chunk that may hold what it tells of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.budget import LEAST_PART
from correlate.errors import UsageError
from correlate.model.frames import NO_TIME
from correlate.model.packets import FrameFate
from correlate.scale.alignment import Offset, align
from correlate.scale.cuts import AFTER, BEFORE, MUCH, check_sizes, cut, part_of
from correlate.scale.survey import Places, Sample, Survey

SECOND = 10**9
START_NS = 1_700_000_000 * SECOND
FRAMES = 100
"""Of a chunk."""

CHUNK = st.tuples(st.integers(0, 20), st.integers(0, 3), st.booleans())
"""Seconds since the last chunk, seconds that it lasts, whether it has stamps."""
CHUNKS = st.lists(CHUNK, min_size=1, max_size=40)


def surveyed(chunks, *, files: int = 2) -> Survey:
    begin = START_NS + np.cumsum([gap for gap, _long, _timed in chunks]) * SECOND
    end = begin + np.array([long for _gap, long, _timed in chunks]) * SECOND
    timed = np.array([timed for _gap, _long, timed in chunks])
    count = len(chunks)
    file = np.arange(count, dtype=np.int32) * files // count
    frame = np.concatenate([np.arange((file == one).sum()) for one in range(files)]) * FRAMES + 1
    every = np.full(count, FRAMES, np.int64)
    places = Places(
        file, frame * 1000, frame, every, every, every, np.where(timed, begin, NO_TIME), np.where(timed, end, NO_TIME)
    )
    fates = [0] * len(FrameFate)
    fates[FrameFate.PACKET] = count * FRAMES
    nothing = np.zeros(0, np.int64)
    return Survey(places=places, sample=Sample(nothing, nothing, nothing), fates=tuple(fates))


def shifted(offset_s: int) -> Offset:
    """A clock that is off by so much, as two packets tell."""
    at = np.array([START_NS, START_NS + 100 * SECOND], np.int64) + offset_s * SECOND
    offset = np.full(2, offset_s * SECOND, np.int64)
    return Offset(place=np.array([0, 10**6]), at_ns=at, offset_ns=offset, is_known=True)


def known(survey: Survey) -> Offset:
    return align([survey.sample])[0]


@given(CHUNKS, CHUNKS, st.integers(-3600, 3600), st.integers(100, 3000))
@settings(max_examples=60, deadline=None)
def test_parts_cover_all_time_once_and_every_chunk(one, other, offset_s, most) -> None:
    surveys = [surveyed(one), surveyed(other)]
    offsets = [known(surveys[0]), shifted(offset_s)]
    own = cut(surveys, offsets, most)
    assert own[0][0] == BEFORE
    assert own[-1][1] == AFTER
    assert [high for _low, high in own[:-1]] == [low for low, _high in own[1:]]
    assert all(low < high for low, high in own)
    parts = [part_of(["a", "b"], surveys, offsets, one) for one in own]
    for name, survey in zip("ab", surveys, strict=True):
        ends = [part.owned[name] for part in parts]
        assert (ends[0][0], ends[-1][1]) == (BEFORE, AFTER)
        assert [high for _low, high in ends[:-1]] == [low for low, _high in ends[1:]]
        for part, (low, high) in zip(parts, ends, strict=True):
            assert_reads(part.stretches[name], survey, low, high)


def assert_reads(stretches, survey: Survey, low: int, high: int) -> None:
    """Assert that all chunks with stamps of a time are read, and nothing that the file does not have."""
    places = survey.places
    for row in range(len(places.file)):
        is_needed = places.low_ns[row] != NO_TIME and places.high_ns[row] >= low and places.low_ns[row] < high
        stretch = stretches.get(int(places.file[row]))
        first = int(places.frame[row])
        is_read = stretch is not None and stretch.start.frame <= first < stretch.start.frame + stretch.frames
        assert is_read or not is_needed
    for file, stretch in stretches.items():
        mine = places.file == file
        assert stretch.start.frame in places.frame[mine]
        assert stretch.start.frame + stretch.frames - 1 <= int(places.frames[mine].sum())


@given(CHUNKS)
@settings(max_examples=40, deadline=None)
def test_frames_without_stamps_are_read_with_the_ends_of_their_file(chunks) -> None:
    """One part reads everything, as far as anything has a stamp."""
    survey = surveyed(chunks)
    (own,) = cut([survey], [known(survey)], 10**9)
    part = part_of(["a"], [survey], [known(survey)], own)
    timed = {int(file) for file, low in zip(survey.places.file, survey.places.low_ns, strict=True) if low != NO_TIME}
    assert {file: stretch.frames for file, stretch in part.stretches["a"].items()} == {
        file: survey.frames_of(file) for file in timed
    }


@pytest.mark.parametrize("most", [500, 1000, 2500])
def test_a_part_reads_about_as_many_packets_as_it_may(most) -> None:
    """Evenly spread chunks of 1 s: context is kept within its share, a chunk more at either end."""
    surveys = [surveyed([(1, 0, True)] * 200)]
    own = cut(surveys, [known(surveys[0])], most)
    assert len(own) == -(-200 * FRAMES // int(most / 1.25))
    for ends in own:
        part = part_of(["a"], surveys, [known(surveys[0])], ends)
        assert sum(stretch.frames for stretch in part.stretches["a"].values()) <= most + 2 * FRAMES


def test_what_time_does_not_cut_is_refused_before_it_fills_memory() -> None:
    """A capture of equal stamps, as a packed bomb has them, is one part however many packets it holds."""
    chunks = MUCH * LEAST_PART // FRAMES

    def parts_of(gap_s: int, count: int):
        survey = surveyed([(gap_s, 0, True)] * count, files=1)
        offset = known(survey)
        return [part_of(["a"], [survey], [offset], own) for own in cut([survey], [offset], 1000)]

    check_sizes(parts_of(1, 2 * chunks)[:5], 1000)
    check_sizes(parts_of(0, chunks), 1000)
    with pytest.raises(UsageError, match=f"a: {(chunks + 1) * FRAMES} frames lie so close in time"):
        check_sizes(parts_of(0, chunks + 1), 1000)


def test_a_capture_without_stamps_is_one_part() -> None:
    survey = surveyed([(1, 1, False)] * 5)
    assert cut([survey], [known(survey)], 100) == [(BEFORE, AFTER)]
