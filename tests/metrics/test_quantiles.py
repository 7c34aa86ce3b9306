"""``metrics.quantiles``: figures that some packet had, and bounds that hold for every figure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.metrics.quantiles import bounded_quantiles, quantiles
from correlate.model.clocks import UNBOUNDED

delays = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=60)


@given(delays)
def test_quantiles_are_nearest_rank(values: list[int]) -> None:
    """The value at position ceil(p n) of the sorted list."""
    found = quantiles(np.array(values))
    ordered = sorted(values)
    assert found is not None
    assert found.p95 == ordered[-(-95 * len(values) // 100) - 1]
    assert (found.min, found.max, found.count) == (ordered[0], ordered[-1], len(values))
    assert found.p50 == ordered[(len(values) + 1) // 2 - 1]


def test_no_values_no_figures() -> None:
    """Unknown is None, never 0."""
    nothing = np.zeros(0, np.int64)
    assert quantiles(nothing) is None
    assert bounded_quantiles(nothing, nothing, nothing) is None


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1), st.data())
def test_the_true_figures_lie_within_the_bounds(rows, data) -> None:
    """Contract: the truth lies in [figure + lo, figure + hi], and lo <= 0 <= hi."""
    values = np.array([row[0] for row in rows])
    lo, hi = values - [row[1] for row in rows], values + [row[2] for row in rows]
    truth = np.array([data.draw(st.integers(int(a), int(b))) for a, b in zip(lo, hi, strict=True)])
    found, true = bounded_quantiles(values, lo, hi), quantiles(truth)
    assert found is not None
    assert true is not None
    assert found.lo_ns <= 0 <= found.hi_ns
    for name in ("min", "p50", "p95", "p99", "max"):
        figure = getattr(found.quantiles, name)
        assert figure + found.lo_ns <= getattr(true, name) <= figure + found.hi_ns


@pytest.mark.parametrize("beyond", [UNBOUNDED, UNBOUNDED - 10**15])
def test_one_unbounded_delay_leaves_the_figure_unbounded(beyond: int) -> None:
    """Contract: null when unbounded."""
    found = bounded_quantiles(np.array([5, 6]), np.array([-beyond, 6]), np.array([7, beyond]))
    assert found is not None
    assert (found.lo_ns, found.hi_ns) == (None, None)
