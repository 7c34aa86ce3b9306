"""One-way delays with bounds."""

from __future__ import annotations

import attrs
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.clocks import UNBOUNDED, OffsetCurve
from correlate.model.trajectories import NO_DELAY
from tests.trajectories.build import MS, START_NS, Seen, build, make_clocks
from tests.trajectories.judging import judge


def _delays(world) -> list[tuple[int, int, int]]:
    _, fates = judge(world)
    return list(zip(fates.owd_ns.tolist(), fates.owd_lo_ns.tolist(), fates.owd_hi_ns.tolist(), strict=True))


@given(st.integers(0, 400), st.integers(1, 300), st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_truth_lies_in_the_bounds_and_no_delay_is_negative(delay_us: int, error_us: int, out: bool) -> None:
    """``hi >= 0`` always, ``lo`` clipped at 0 (style: laws)."""
    first, second = (0, delay_us / 1000) if out else (delay_us / 1000, 0)
    world = build([Seen(at=(first, second), out=out)], 2, half_width_ns=error_us * 1000)
    ((owd, lo, hi),) = _delays(world)
    assert 0 <= lo <= owd <= hi
    assert lo <= delay_us * 1000 <= hi
    assert hi - lo <= 2000 * error_us


def test_one_sided_clock_evidence_leaves_the_other_bound_open() -> None:
    """Forward packets alone bound the offset from above, so a delay has no upper bound (algorithms section 1)."""
    world = build([Seen(at=(0, 2))], 2)
    at = np.array([START_NS], np.int64)
    half = OffsetCurve(at_ns=at, lo=np.array([-np.inf]), hi=np.array([1e6]), estimate=np.array([1e6]))
    clocks = attrs.evolve(world.clocks, hops=(attrs.evolve(world.clocks.hops[0], curve=half),))
    assert _delays(attrs.evolve(world, clocks=clocks)) == [(MS, MS, UNBOUNDED)]


def test_no_delay_without_clock_stamp_or_certainty() -> None:
    """Ambiguous pairs never feed a delay (model); unknown is NO_DELAY."""
    nothing = [(NO_DELAY,) * 3]
    world = build([Seen(at=(0, 2))], 2)
    assert _delays(attrs.evolve(world, clocks=make_clocks([0, 0], (0, 1), None))) == nothing
    assert _delays(build([Seen(at=(0, 2), ambiguous=True)], 2)) == nothing
    assert _delays(build([Seen(at=(0, 2), no_time=True)], 2)) == nothing
