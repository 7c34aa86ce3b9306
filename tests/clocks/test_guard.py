"""Bounds that trust no clock further than the evidence shows it standing still."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.clocks.evidence import Evidence
from correlate.clocks.guard import guarded
from correlate.clocks.guard_kernel import guard_side
from correlate.clocks.line import Line
from correlate.clocks.segments import Segment

X = np.linspace(0, 100, 300)


def hidden(forward, reverse, seed=3) -> Segment:
    """Return a level segment, floors 1 ms apart with queues of 10 us, moved by the given curves (ns)."""
    rng = np.random.default_rng(seed)
    upper = 5e5 + rng.exponential(1e4, 300) + forward(X)
    lower = -5e5 - rng.exponential(1e4, 300) + reverse(X + 0.1)
    return Segment(Evidence(X, upper, X + 0.1, lower), Line(0.0, 0.0, 1e5), 1e3, 0.0, 0.0, -1.0, 101.0, "line")


def jump(size, at=60.0):
    return lambda x: np.where(x > at, size, 0.0)


@pytest.mark.parametrize("size", [7e5, -7e5, 9e5])
@pytest.mark.parametrize("seed", range(5))
def test_a_step_inside_the_corridor_is_followed(size, seed):
    """Algorithms 1: every line fits, but both floors moved; the truth must stay inside."""
    at, lo, hi = guarded(hidden(jump(size), jump(size), seed))
    truth = jump(size)(at)
    judged = np.abs(at - 60) > 1
    assert (lo[judged] <= truth[judged]).all()
    assert (hi[judged] >= truth[judged]).all()
    assert np.median(hi - lo) <= 1.1 * 1e6


def test_a_step_masked_by_a_later_route_is_followed():
    """The step lifts both floors, a route then lowers one of them again: the wall between them stands."""
    forward = lambda x: jump(7e5, 40)(x) + jump(-4e5, 70)(x)  # noqa: E731
    at, lo, hi = guarded(hidden(forward, jump(7e5, 40)))
    truth = jump(7e5, 40)(at)
    judged = np.abs(at - 40) > 1
    assert ((lo <= truth) & (truth <= hi))[judged].all()


def test_a_route_change_costs_nothing():
    """(+d, 0) is one path: the bound made before it is carried on."""
    at, lo, hi = guarded(hidden(jump(8e5), jump(0.0)))
    late = at > 62
    assert np.median((hi - lo)[late]) <= 1.1 * 1e6


def plain_guard(ux, u, lx, v, at, walls, rate, short, long, noise, flights):
    """The definition of the kernel, bound by bound."""
    heard_last = len(u) > 0 and (len(v) == 0 or ux[-1] >= lx[-1])
    out = []
    for g, begin in enumerate(at):
        ahead = [k for k in range(len(u)) if ux[k] > begin + flights[0]] or ([len(u) - 1] if heard_last else [])
        below = [k for k in range(len(v)) if lx[k] > begin + flights[1]]
        if not below and len(v) and not heard_last:
            below = [len(v) - 1]
        after = min((u[k] + rate * max(0, ux[k] - begin) for k in ahead[:short]), default=np.inf)
        least = max((v[k] for k in below[:long]), default=-np.inf)
        if below:
            least += rate * max(0, lx[below[0]] - begin)
        best = np.inf
        for i in [k for k in range(len(u)) if ux[k] <= begin]:
            wall = max([0.0] + [walls[j] for j in range(g + 1) if at[j] >= ux[i]])
            rise = after - min(u[max(0, i - long + 1) : i + 1]) + noise[0] / min(long, i + 1)
            before = [k for k in range(len(v)) if lx[k] <= ux[i] - flights[0]][-short:]
            if before and below:
                top = max(v[k] - rate * (ux[i] - lx[k]) for k in before)
                rise = min(rise, least - top + noise[1] / max(1, min(long, len(v) - below[0])))
            drifted = u[i] + rate * (begin - ux[i]) + wall
            best = min(best, drifted if rise == np.inf else max(drifted, u[i] + rise))
        out.append(best)
    return np.array(out)


bounds = st.lists(st.tuples(st.floats(0, 20), st.floats(-50, 50)), max_size=12)


@given(bounds, bounds, st.floats(0, 5), st.integers(1, 4), st.integers(1, 6), st.floats(0, 2))
@settings(max_examples=80, deadline=None)
def test_the_kernel_equals_its_definition(upper, lower, rate, short, long, flight):
    (ux, u), (lx, v) = (np.array(sorted(side)).reshape(-1, 2).T.copy() for side in (upper, lower))
    at = np.unique(np.concatenate((ux, lx, [-1.0, 21.0])))
    walls = np.linspace(-3, 3, len(at))
    for flights in ((0.0, flight), (flight, 0.0)):
        out = np.empty(len(at))
        guard_side(ux, u, lx, v, at, walls, rate, short, long, 1.5, 0.5, *flights, out)
        assert out == pytest.approx(plain_guard(ux, u, lx, v, at, walls, rate, short, long, (1.5, 0.5), flights))
