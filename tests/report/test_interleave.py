"""The merge by heads (rule: order of time between captures, order of the file within one)."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.report.interleave import Batch, interleave


def batches(times, pieces, stream):
    """Cut one stream into batches; ``row`` tells the frames apart."""
    edges = sorted({0, len(times), *[cut % (len(times) + 1) for cut in pieces]})
    for start, stop in itertools.pairwise(edges):
        rows = np.arange(start, stop) + 1000 * stream
        count = stop - start
        yield Batch(np.zeros(1, np.uint8), rows, np.zeros(count, np.int32), np.zeros(count, np.int32), np.array(times[start:stop], np.int64), rows, rows)  # fmt: skip


def merged(streams, cuts):
    found = []
    for parts, sequence in interleave([batches(times, cuts, number) for number, times in enumerate(streams)]):
        rows = np.concatenate([part.row for _index, part in parts])
        found += rows[sequence].tolist()
    return found


def naive(streams):
    """A running maximum per capture, then one stable sort."""
    keyed = []
    for number, times in enumerate(streams):
        latest = -(2**63)
        for index, time in enumerate(times):
            latest = max(latest, time)
            keyed.append((latest, number, index + 1000 * number))
    return [row for _time, _number, row in sorted(keyed, key=lambda one: one[:2])]


TIMES = st.lists(st.integers(0, 30), max_size=25)


@settings(deadline=None)
@given(st.lists(TIMES, max_size=4), st.lists(st.integers(0, 25), max_size=6))
def test_it_is_the_stable_sort_however_the_captures_are_cut(streams, cuts):
    assert merged(streams, cuts) == naive(streams)


def test_a_frame_that_runs_backwards_follows_the_one_before_it():
    assert merged([[5, 9, 6, 10], [7, 9]], []) == [0, 1000, 1, 2, 1001, 3]
