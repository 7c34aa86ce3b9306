"""The whole path."""

from __future__ import annotations

from itertools import permutations

import attrs
import pytest

from correlate.errors import UsageError
from correlate.paths import infer_path
from tests.trajectories.build import Seen, World, build

OFFSETS = [0, 7_200_000_000_000, -643_000_000_000]


def _infer(world: World, *, keep: bool = False):
    return infer_path(world.packets, world.flows, world.joined, world.match, keep_given_order=keep)


def _through(order: tuple[int, ...]) -> World:
    """Two round trips through vantages that stand in ``order``; clocks are hours apart."""
    ahead = {vantage: place for place, vantage in enumerate(order)}
    seen = []
    for start in (0, 50):
        seen.append(Seen(at=[start + 1.000001 * ahead[v] + start / 1e6 for v in range(3)]))
        seen.append(Seen(at=[start + 10 - ahead[v] for v in range(3)], out=False))
    return build(seen, 3, offsets_ns=OFFSETS)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_comes_from_evidence_not_from_the_arguments(order: tuple[int, ...]) -> None:
    """Argument order changes nothing but the vantages' names (style: laws)."""
    path = _infer(_through(order))
    assert path.order == order
    assert path.flow_direction.tolist() == [1]
    assert path.is_inferred
    assert path.contradicts_given is (order != (0, 1, 2))
    assert path.evidence


def test_a_given_order_stands_and_the_contradiction_is_told() -> None:
    """``--order given`` turns inference off; evidence still sets directions (contract)."""
    path = _infer(_through((2, 1, 0)), keep=True)
    assert path.order == (0, 1, 2)
    assert path.flow_direction.tolist() == [-1]
    assert path.contradicts_given
    assert not path.is_inferred


def test_vantages_that_share_nothing_are_unplaced() -> None:
    """A vantage without a common packet has no place (model)."""
    seen = [Seen(at=(0, None, 1)), Seen(at=(9, None, 8), out=False), Seen(at=(None, 5, None), flow=1)]
    world = build(seen, 3, hosts={1: (8, 9)})
    path = _infer(world)
    assert path.order == (0, 2)
    assert path.unplaced == (1,)
    assert path.flow_direction.tolist() == [1, 0]


def test_one_vantage_or_none_in_common_leaves_the_first_alone() -> None:
    """No hops, exit 0 or 3; the first vantage stays the reference (contract)."""
    assert _infer(build([Seen(at=(0,))], 1)).order == (0,)
    apart = _infer(build([Seen(at=(0, None)), Seen(at=(None, 0), flow=1)], 2))
    assert (apart.order, apart.unplaced, apart.contradicts_given) == ((0,), (1,), False)


def test_silence_keeps_the_given_order() -> None:
    """Equal TTL one way: nothing orders the pair, so the end given first is the initiators' (contract)."""
    path = _infer(build([Seen(at=(0, 1))], 2))
    assert path.order == (0, 1)
    assert not path.is_inferred
    assert path.flow_direction.tolist() == [1]
    assert path.is_guessed
    assert path.shown_direction.tolist() == [0]


def test_the_users_order_and_round_trips_are_no_guess() -> None:
    """Bounds of clocks may rest on them."""
    one_way = build([Seen(at=(0, 1))], 2)
    said = infer_path(one_way.packets, one_way.flows, one_way.joined, one_way.match, keep_given_order=True)
    assert not said.is_guessed
    assert said.shown_direction.tolist() == [1]
    both = _infer(build([Seen(at=(0, 0)), Seen(at=(5, 5), out=False)], 2))
    assert not both.is_inferred
    assert not both.is_guessed


def test_more_than_eight_vantages_are_refused_in_one_line() -> None:
    """Brute force is for 8 at most."""
    with pytest.raises(UsageError, match="9 vantages"):
        _infer(build([Seen(at=[0] * 9)], 9))


def test_a_swapped_flow_keeps_its_joined_direction() -> None:
    """A vantage that guessed the initiator wrong does not turn the flow around (model: ``is_swapped``)."""
    world = _through((0, 1, 2))
    swapped = attrs.evolve(world.joined, is_swapped=tuple(~mask for mask in world.joined.is_swapped))
    path = infer_path(world.packets, world.flows, swapped, world.match, keep_given_order=False)
    assert path.order == (0, 1, 2)
    assert path.flow_direction.tolist() == [1]
