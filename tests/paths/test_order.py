"""The best order on a line."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.paths.order import best_order, count_holes, find_patterns, flow_signs, order_signs, weigh
from correlate.paths.votes import PairVotes

NO_MASKS = (np.zeros(0, np.int64), np.zeros(0, np.int64))


def _votes(order: list[int], signs: list[int]) -> list[PairVotes]:
    """Flows whose initiator is at the front of ``order`` (1) or at its back (-1), silent at 0."""
    place = {vantage: i for i, vantage in enumerate(order)}
    flows = np.array(signs, np.int64)
    return [
        PairVotes(first=u, second=v, nesting=flows * (1 if place[u] < place[v] else -1), hop_limit=0 * flows)
        for u in range(len(order))
        for v in range(u + 1, len(order))
    ]


@given(st.permutations(range(5)), st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_complete_votes_recover_the_order_and_every_flow(order: list[int], signs: list[int]) -> None:
    """Brute force finds the order that all flows agree on; its first end is nearest most initiators (contract)."""
    patterns = find_patterns(_votes(order, signs), range(5), len(signs))
    best = best_order(tuple(range(5)), patterns, NO_MASKS)
    if not any(signs):
        assert best.order == (0, 1, 2, 3, 4)
        assert best.score == 0
        return
    assert best.order in (tuple(order), tuple(reversed(order)))
    found = flow_signs(best.order, patterns) * (1 if best.order == tuple(order) else -1)
    assert found.tolist() == signs
    assert sum(flow_signs(best.order, patterns).tolist()) >= 0


def test_an_even_split_keeps_the_end_given_first() -> None:
    """Where evidence is silent the end given first on the command line comes first (contract)."""
    patterns = find_patterns(_votes([1, 0], [1, -1]), (0, 1), 2)
    assert best_order((0, 1), patterns, NO_MASKS).order == (0, 1)


def test_clear_set_inclusion_decides_a_tie_and_a_few_misses_do_not() -> None:
    """Packets at both ends and not between are capture misses: weak evidence (algorithms section 6)."""
    silent = find_patterns([], (0, 1, 2), 1)
    both_ends = np.array([0b011, 0b101, 0b111], np.int64)
    assert best_order((0, 1, 2), silent, (both_ends, np.array([50, 2, 9]))).order == (0, 1, 2)
    assert best_order((0, 1, 2), silent, (both_ends, np.array([1, 50, 9]))).order in ((1, 0, 2), (0, 2, 1))


def test_holes_are_counted_between_the_first_and_the_last_sighting() -> None:
    """A packet absent at one end has no hole."""
    masks = (np.array([0b101, 0b011, 0b1001], np.int64), np.array([2, 3, 5], np.int64))
    assert count_holes((0, 1, 2, 3), masks) == 2 + 0 + 10


def test_signs_follow_positions() -> None:
    """+1 where the pair's first vantage comes first."""
    assert order_signs((2, 0, 1), ((0, 1), (0, 2), (1, 2))).tolist() == [1, -1, -1]


def test_weigh_counts_flows_once_per_pair() -> None:
    """Score adds agreeing pairs of every flow; lean is flows at the front minus flows at the back."""
    patterns = find_patterns(_votes([0, 1, 2], [1, 1, -1]), (0, 1, 2), 3)
    found = weigh((0, 1, 2), patterns)
    assert (found.score, found.lean) == (9.0, 1.0)
