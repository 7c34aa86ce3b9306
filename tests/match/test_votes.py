"""Votes and the best of them."""

import numpy as np

from correlate.match.votes import Edges, Tally, count_votes, mutual_best
from tests.match.crafting import side_of, table, talk, udp


def tally(*rows):
    a, b, votes = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Tally(Edges(a, b, np.zeros(len(a), bool)), votes, votes * 30.0)


def test_votes_are_counted_per_pair_of_flows_and_orientation():
    """The best vote counts fully, further ones two bits."""
    side = side_of(table([*talk(), (10**9, udp("10.9.9.9", "10.8.8.8", 1, 2, b"x"))]))
    rows = np.arange(10)
    found = count_votes(side, side, (rows, rows), (np.full(10, 30.0), np.full(10, 20.0)))
    assert found.votes.tolist() == [9, 1]
    assert found.score.tolist() == [36.0, 20.0]
    assert found.edges.a.tolist() == found.edges.b.tolist() == [0, 1]


def test_only_pairs_that_are_best_for_both_are_chosen():
    """Mutual best."""
    found = tally((0, 0, 9), (0, 1, 3), (1, 1, 2))
    assert mutual_best(found, np.ones(3, bool), 1.0).tolist() == [True, False, False]


def test_a_tie_is_nobodys():
    """Which of two equal flows it is cannot be told."""
    assert not mutual_best(tally((0, 0, 4), (0, 1, 4)), np.ones(2, bool), 1.0).any()


def test_a_margin_keeps_close_calls_out():
    """Loose keys need twice the votes of the runner-up."""
    assert not mutual_best(tally((0, 0, 5), (0, 1, 3)), np.ones(2, bool), 2.0).any()
    assert mutual_best(tally((0, 0, 6), (0, 1, 3)), np.ones(2, bool), 2.0).tolist() == [True, False]
