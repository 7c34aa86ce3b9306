"""Law: coarse offsets recover those that were drawn, whatever clocks lie apart, drift or were set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from correlate.scale.alignment import LEAST_COMMON, align
from correlate.scale.survey import Places, Sample

START_NS = 1_700_000_000 * 10**9
SECOND = 10**9
PER_CHUNK = 10
"""Sampled packets."""
DELAY_NS = 20 * 10**6
"""Longest way between the captures."""


def sample(seed: int, count: int = 400, span_s: int = 600) -> Sample:
    rng = np.random.default_rng(seed)
    stamps = np.sort(rng.integers(0, span_s * SECOND, count)) + START_NS
    return Sample(rng.permutation(10**6)[:count].astype(np.int64), stamps, np.arange(count) // PER_CHUNK)


def later(one: Sample, shift_ns: np.ndarray | int, seed: int = 0) -> Sample:
    """The same packets elsewhere, in another order, a few of them lost."""
    rng = np.random.default_rng(seed)
    arrival = one.ts_ns + rng.integers(0, DELAY_NS, len(one.ts_ns))
    order, stamps = np.argsort(arrival, kind="stable"), arrival + shift_ns
    order = order[rng.random(len(order)) > 0.1]
    return Sample(one.key[order], stamps[order], np.arange(len(order)) // PER_CHUNK)


@given(st.integers(-(10**6), 10**6), st.integers(0, 50), st.integers(-100, 100))
@settings(max_examples=15, deadline=None)
def test_a_drawn_offset_and_drift_are_recovered(offset_s, seed, skew_ppm) -> None:
    one = sample(seed)
    elapsed = one.ts_ns - START_NS
    found = align([one, later(one, offset_s * SECOND + elapsed * skew_ppm // 10**6, seed)])
    assert found[1].is_known
    for at_s in (0, 100, 300, 599):
        truth = START_NS + at_s * SECOND + offset_s * SECOND + at_s * skew_ppm * 1000
        assert abs(found[1].own_time(START_NS + at_s * SECOND) - truth) < 2 * DELAY_NS
        back = found[1].reference_times(np.array([truth]))[0]
        assert abs(back - (START_NS + at_s * SECOND)) < 2 * DELAY_NS


@given(st.integers(1, 10**5), st.integers(100, 500))
@settings(max_examples=10, deadline=None)
def test_a_clock_set_forward_is_followed_away_from_the_step(step_s, at_s) -> None:
    """A run of packets is ``LEAST_COMMON`` long; a step between two of them blurs no more than one."""
    one = sample(3)
    is_behind = one.ts_ns >= START_NS + at_s * SECOND
    found = align([one, later(one, np.where(is_behind, step_s, 0) * SECOND)])[1]
    for where, shift in ((at_s - 50, 0), (at_s + 50, step_s)):
        truth = START_NS + (where + shift) * SECOND
        assert abs(found.own_time(START_NS + where * SECOND) - truth) < 2 * DELAY_NS


def chunks(one: Sample) -> Places:
    """Chunks that hold the sampled packets."""
    rows = np.unique(one.place)
    low, high = (np.array([pick(one.ts_ns[one.place == row]) for row in rows]) for pick in (np.min, np.max))
    ones = np.ones(len(rows), np.int64)
    return Places(0 * rows, 100 * rows, rows, ones, PER_CHUNK * ones, PER_CHUNK * ones, low, high)


@given(st.integers(-300, 10**5), st.integers(20, 580), st.integers(0, 20))
@example(-20, 300, 3)
@settings(max_examples=30, deadline=None)
def test_a_chunk_holds_its_packets_times_however_the_clock_was_set(step_s, at_s, seed) -> None:
    """The reference time of every packet lies in that of its chunk; far from the step, chunks stay short."""
    one = sample(seed)
    is_behind = one.ts_ns >= START_NS + at_s * SECOND
    other = later(one, np.where(is_behind, step_s, 0) * SECOND, seed)
    truth = dict(zip(one.key.tolist(), one.ts_ns.tolist(), strict=True))
    begin, end = align([one, other])[1].chunk_times(chunks(other))
    for key, place in zip(other.key.tolist(), other.place.tolist(), strict=True):
        assert begin[place] - 2 * DELAY_NS <= truth[key] <= end[place] + 2 * DELAY_NS
    assert np.median(end - begin) < 60 * SECOND


@given(st.integers(-300, 300), st.integers(20, 580), st.integers(0, 600))
@example(-20, 300, 310)
@settings(max_examples=30, deadline=None)
def test_what_a_clock_showed_twice_lies_on_no_side_of_a_cut(step_s, at_s, cut_s) -> None:
    """Else a part told of packets that it has not read whole: stamps below the one end were recorded before the cut."""
    one = sample(5)
    is_behind = one.ts_ns >= START_NS + at_s * SECOND
    other = later(one, np.where(is_behind, step_s, 0) * SECOND, 5)
    truth = dict(zip(one.key.tolist(), one.ts_ns.tolist(), strict=True))
    reference = np.array([truth[key] for key in other.key.tolist()])
    until, since = align([one, other])[1].own_ends(START_NS + cut_s * SECOND)
    assert (reference[other.ts_ns < until] < START_NS + cut_s * SECOND + 2 * DELAY_NS).all()
    assert (reference[other.ts_ns >= since] > START_NS + cut_s * SECOND - 2 * DELAY_NS).all()


def test_the_first_capture_is_its_own_reference() -> None:
    first = align([sample(1)])[0]
    assert first.is_known
    assert first.own_time(START_NS) == START_NS


def test_captures_that_share_little_are_said_to_be_unknown() -> None:
    """Fewer than ``LEAST_COMMON`` equal hashes may be chance; zero is then as good as any offset."""
    one = sample(1)
    few = Sample(*(column[: LEAST_COMMON - 1] for column in one))
    found = align([one, few])
    assert not found[1].is_known
    assert found[1].own_time(START_NS) == START_NS


def test_a_capture_is_tied_to_the_first_by_one_between() -> None:
    """Two that share nothing: the third saw packets of both."""
    one, other = sample(1), sample(2)
    far = other._replace(key=other.key + 10**7)
    middle = Sample(*map(np.concatenate, zip(one, far, strict=True)))
    found = align([one, later(far, -3600 * SECOND), later(middle, 7200 * SECOND)])
    assert all(offset.is_known for offset in found)
    assert abs(found[1].own_time(START_NS + 300 * SECOND) - (START_NS - 3300 * SECOND)) < 4 * DELAY_NS


@pytest.mark.parametrize("copies", [2, 3])
def test_packets_seen_twice_tie_nothing(copies) -> None:
    """A retransmission has its key again; which of both is meant nobody knows."""
    one = sample(1)
    again = Sample(*(np.tile(column, copies) for column in one))
    assert not align([one, again])[1].is_known
