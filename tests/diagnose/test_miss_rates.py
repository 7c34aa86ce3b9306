"""``diagnose.miss_rates``: what captures miss, and what that may hide."""

from __future__ import annotations

import pytest

from correlate.diagnose.miss_rates import known_passes, most_hidden_copies
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import Seen, chain

COPIED = chain(3, loads=SMALL).with_hop(-1, both={"duplicate": 0.2})


@pytest.mark.parametrize("place", [0, 1, 2])
def test_sure_misses_and_passes_are_never_more_than_true_ones(place: int) -> None:
    """Every place misses 3 %; what is told of it is a fair sample of that."""
    world = chain(3, loads=SMALL)
    for at in range(3):
        world = world.with_tap(at, miss=0.03)
    done = outcome(world)
    seen = done.sim.truth.seen[:, place]
    missed, passed = known_passes(done.view(), place)
    assert 0 < missed <= int((seen == Seen.MISSED).sum())
    assert passed <= int(((seen == Seen.MISSED) | (seen == Seen.CAPTURED)).sum())
    assert 0.01 < missed / passed < 0.06


def test_a_capture_that_misses_more_may_hide_more_copies() -> None:
    hidden = [most_hidden_copies(outcome(COPIED.with_tap(0, miss=miss)).view(), 0, 1) for miss in (0.0, 0.05, 0.2)]
    assert hidden == sorted(hidden)
    assert hidden[0] < hidden[-1]


def test_where_nothing_comes_twice_hardly_anything_is_hidden() -> None:
    view = outcome(chain(3, loads=SMALL).with_tap(0, miss=0.02)).view()
    assert most_hidden_copies(view, 0, 1) <= 2
