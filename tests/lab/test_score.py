"""Scoring counts what it says it counts: a made-up truth and claims that are right and wrong in known ways."""

from __future__ import annotations

import attrs
import numpy as np

from tests.lab.impairments import Impairment
from tests.lab.scenario import Scenario
from tests.lab.score import judge_clocks, judge_findings, score
from tests.lab.topology import Line, Link
from tests.lab.truth import Truth
from tests.scoreboard.claims import Claims

A, B, C = (1, 0), (2, 0), (3, 0)
TRUTH = Truth(
    # A passed, B was lost between, C was lost the other way.
    atoms=({1: frozenset({A}), 2: frozenset({B})}, {1: frozenset({A}), 2: frozenset({C})}),
    forward={A: True, B: True, C: False},
    lost=frozenset({(B, 0), (C, 0)}),
    bytes_of={A: "a", B: "b", C: "c"},
    unexplained=0,
)
RIGHT = Claims(
    order=(0, 1),
    frames=np.array([[1, 1], [2, 0], [0, 2]]),
    is_ambiguous=np.zeros(3, np.bool_),
    connections=(),
    lost=[(1, 0), (2, 0)],
    originated=[],
    changes=[],
    reference=0,
    bounds={},
    findings={},
)
SCENARIO = Scenario(
    name="made up",
    line=Line(nodes=("a", "b"), links={0: Link(forward=Impairment(loss=0.5))}),
    vantages=("a.right", "b.left"),
    jobs=(),
    expect={"loss": ("a.right>b.left",)},
    unsure=frozenset({"reordered"}),
)


def test_claims_that_are_the_truth_score_in_full() -> None:
    result = score(TRUTH, RIGHT)
    assert (result.precision, result.recall, result.lost_precision, result.lost_recall) == (1, 1, 1, 1)
    assert (result.pairs_true, result.lost_true) == (1, 2)


def test_a_wrong_pair_costs_precision_and_a_missing_one_recall() -> None:
    wrong = attrs.evolve(RIGHT, frames=np.array([[1, 2], [2, 0], [0, 1]]), lost=[])
    result = score(TRUTH, wrong)
    assert (result.precision, result.recall, result.lost_precision, result.lost_recall) == (0, 0, 1, 0)


def test_a_packet_that_passed_and_is_called_lost_costs_precision() -> None:
    assert score(TRUTH, attrs.evolve(RIGHT, lost=[(0, 0), (1, 0)])).lost_precision == 0.5


def test_several_losses_from_one_frame_are_right_as_far_as_it_lost_so_many() -> None:
    pieces = {1: frozenset({(9, 0), (9, 1), (9, 2)})}
    truth = attrs.evolve(
        TRUTH, atoms=(pieces, {}), forward={(9, k): True for k in range(3)}, lost=frozenset({((9, 1), 0)}),
        bytes_of={(9, k): "all" for k in range(3)},
    )  # fmt: skip
    claims = attrs.evolve(RIGHT, frames=np.array([[1, 0]] * 3), lost=[(0, 0), (1, 0)])
    assert score(truth, claims).lost_precision == 0.5


def test_clocks_are_held_against_the_reference_that_the_tool_chose() -> None:
    def exact(local):
        return local * 0 - 70, local * 0 - 80, local * 0 - 60

    # The second place is 70 ahead: with the second one as reference, the first is 70 behind.
    stamps = (np.array([[0, 10], [70, 80]]), np.array([[5, 15], [75, 85]]))
    chosen = judge_clocks(attrs.evolve(RIGHT, reference=1, bounds={0: exact}), stamps)
    assert (chosen.clock_points, chosen.clock_inside, chosen.clock_worst_ns) == (2, 2, 0)
    other = judge_clocks(attrs.evolve(RIGHT, reference=0, bounds={1: exact}), stamps)
    assert (other.clock_inside, other.clock_worst_ns) == (0, 130)


def test_a_finding_on_another_hop_accuses_an_innocent_one() -> None:
    good = judge_findings(SCENARIO, {("loss", "a.right>b.left"): "proven", ("reordered", ""): "likely"})
    assert (good.missing, good.wrong, good.wrong_proven) == ((), (), ())
    bad = judge_findings(SCENARIO, {("loss", "b.left>c.left"): "proven", ("duplicated", "a.right>b.left"): "likely"})
    assert (bad.missing, bad.wrong_proven) == (("loss",), ("loss b.left>c.left",))
    assert bad.wrong == ("duplicated a.right>b.left",)
    unproven = judge_findings(SCENARIO, {("loss", "a.right>b.left"): "inconclusive"})
    assert unproven.missing == ("loss",)
