"""``trajectories.curve_kernel``: numpy's own interpolation, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from correlate.trajectories.curve_kernel import segment_of, value_at

_VALUES = st.one_of(st.floats(-1e18, 1e18), st.sampled_from([np.inf, -np.inf, 0.0, 1e6]))


@pytest.mark.jit_off
@given(
    st.lists(st.tuples(st.integers(0, 9), _VALUES), min_size=1, max_size=6),
    st.lists(st.floats(-2, 11), min_size=1, max_size=8),
    st.integers(-3, 9),
)
@settings(max_examples=200, deadline=None)
@example([(0, 0.0), (3, 1.0), (3, 7.0), (5, np.inf)], [3.0, 2.9, 4.0, 5.0, 6.0], 1)
@example([(0, -np.inf)], [0.0, 1.0], -1)
@example([(1, np.inf), (2, np.inf)], [1.5, 1.0, 2.0], 0)
def test_curves_are_read_as_numpy_reads_them(samples: list[tuple[int, float]], asked: list[float], guess: int) -> None:
    """Equal bits: samples of one time, open bounds, before, behind and at samples, whatever was guessed."""
    samples = sorted(samples, key=lambda sample: sample[0])
    at, values = (np.array(column, np.float64) for column in zip(*samples, strict=True))
    with np.errstate(invalid="ignore"):
        # As many points as samples: numpy then knows the slopes ahead, as it does for packets.
        expected = np.interp(np.array(asked * len(at)), at, values)[: len(asked)]
        for x, value in zip(asked, expected, strict=True):
            guess = segment_of(at, np.float64(x), guess)
            found = value_at(at, values, np.float64(x), guess)
            assert np.float64(found).tobytes() == value.tobytes() or (np.isnan(found) and np.isnan(value))
