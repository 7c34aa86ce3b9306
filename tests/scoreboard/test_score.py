"""The scorer itself: the truth scores full marks, each kind of mistake costs exactly its own."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from tests.netsim import NOT_LOST, DnsLoad, Run, Seen, TcpLoad, chain, simulate
from tests.netsim.boxes import IsnRewrite, MssClamp, Nat, RstInject
from tests.scoreboard.claims import NO_HOP, Claims, claims_of_truth
from tests.scoreboard.rows import SCENARIOS
from tests.scoreboard.scenario import ACCUSING
from tests.scoreboard.score import judge_findings, score

WORLD = (
    chain(4, loads=(TcpLoad(flows=15),))
    .with_hop(1, both={"loss": 0.03, "duplicate": 0.02}, boxes=[MssClamp(), IsnRewrite(), Nat(), RstInject(share=0.2)])
    .with_tap(0, miss=0.02, span_copies=0.1)
    .with_tap(2, miss=0.02, clock={"offset_ns": 10**12, "skew_ppm": 20.0})
)


@pytest.fixture(scope="module", name="run")
def _run() -> Run:
    return simulate(WORLD, 4)


@pytest.fixture(scope="module", name="claims")
def _claims(run: Run) -> Claims:
    return claims_of_truth(run.truth)


def test_the_truth_itself_scores_full_marks(run: Run, claims: Claims) -> None:
    """Calibration of the scorer: a tool that knows everything makes no mistake."""
    s = score(run.truth, claims)
    assert s.all_true > 500
    assert s.lost_true > 5
    assert s.changes_true > 50
    ratios = (s.precision, s.recall, s.near_precision, s.near_recall, s.lost_precision, s.lost_recall)
    assert ratios == (1.0,) * 6
    assert (s.change_precision, s.change_recall, s.inside) == (1.0, 1.0, 1.0)
    assert s.width_ratio == 0
    assert (s.passed_called_lost, s.born_wrong, s.order_wrong, s.clock_worst_ns) == (0, 0, 0, 0)


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s.fast], ids=lambda s: s.name)
def test_the_truth_of_every_fast_scenario_scores_full_marks(scenario: Any) -> None:
    """The same for the worlds of the table."""
    truth = simulate(scenario.world, 1).truth
    s = score(truth, claims_of_truth(truth))
    assert (s.precision, s.recall, s.lost_precision, s.lost_recall, s.inside) == (1.0,) * 5
    assert s.changes_right == s.changes_claimed
    assert not judge_findings(claims_of_truth(truth), truth.findings(), scenario.forbidden(truth)).findings_wrong


def test_two_packets_taken_for_each_other_cost_precision_and_recall(run: Run, claims: Claims) -> None:
    """Swapped frames are wrong pairs and true pairs not found."""
    frames = claims.frames.copy()
    whole = np.flatnonzero((frames > 0).all(axis=1))[:2]
    frames[whole, 3] = frames[whole[::-1], 3]
    s, best = score(run.truth, attrs.evolve(claims, frames=frames)), score(run.truth, claims)
    assert best.all_right - s.all_right == 6
    assert best.near_right - s.near_right == 2
    assert best.all_found - s.all_found == 6


def test_a_capture_miss_called_lost_is_counted_as_such(run: Run, claims: Claims) -> None:
    """The worst defect: a false accusation."""
    truth = run.truth
    missed = np.flatnonzero((truth.seen[:, 2] == Seen.MISSED) & truth.forward & (truth.frame[:, 1] > 0))[0]
    s = score(truth, attrs.evolve(claims, lost=[*claims.lost, (int(missed), 1)]))
    assert s.passed_called_lost == 1
    assert s.lost_precision < 1


def test_a_loss_on_the_wrong_hop_is_wrong_and_not_found(run: Run, claims: Claims) -> None:
    """The hop is part of the claim."""
    moved = [(packet, 0) for packet, _ in claims.lost]
    s = score(run.truth, attrs.evolve(claims, lost=moved))
    assert (s.lost_right, s.lost_found) == (0, 0)


def test_bounds_that_exclude_the_truth_are_measured(run: Run, claims: Claims) -> None:
    """Five nanoseconds off are five nanoseconds."""
    true = claims.bounds[2]

    def shifted(local: Any) -> Any:
        estimate, lo, hi = true(local)
        return estimate + 6, lo + 5, hi + 7

    s = score(run.truth, attrs.evolve(claims, bounds={**claims.bounds, 2: shifted}))
    assert s.half_width_ns == (0, 1, 0)
    assert s.clock_worst_ns == 5
    assert s.clock_points - s.clock_inside == len(run.truth.stamp_ns[2])


def test_invented_changes_births_and_orders_are_counted(run: Run, claims: Claims) -> None:
    """Each on its own."""
    whole = int(np.flatnonzero((claims.frames > 0).all(axis=1) & (run.truth.lost_hop == NOT_LOST))[0])
    worse = attrs.evolve(
        claims,
        changes=[
            *claims.changes,
            (whole, 0, "ip.id", False),
            (whole, 2, "ip.ttl", True),
            (whole, NO_HOP, "ip.id", False),
        ],
        originated=[*claims.originated, (whole, 2)],
        order=(1, 0, 2, 3),
    )
    s = score(run.truth, worse)
    assert (s.changes_claimed - s.changes_right, s.born_wrong, s.order_wrong) == (2, 1, 1)


def test_inconclusive_findings_neither_satisfy_nor_accuse(claims: Claims) -> None:
    """Only likely and proven ones speak."""
    vague = attrs.evolve(claims, findings={"loss": "inconclusive", "nat": "proven", "reordered": "likely"})
    s = judge_findings(vague, frozenset({"loss", "nat"}), ACCUSING - {"loss"})
    assert (s.findings_missing, s.findings_wrong) == (("loss",), ("reordered",))


def test_scores_of_several_worlds_add_up(run: Run, claims: Claims) -> None:
    """Counts are added, the worst stays the worst."""
    s = score(run.truth, claims)
    both = s + attrs.evolve(s, clock_worst_ns=9)
    assert both.all_true == 2 * s.all_true
    assert both.clock_worst_ns == 9


LOOKALIKES = chain(2, loads=(DnsLoad(flows=40, same_payload=True),), ip_id="zero").with_hop(0, both={"loss": 0.2})


def test_twins_left_ambiguous_count_neither_way() -> None:
    """Queries repeated bit by bit: swapped they are wrong, said to be unsure they are left out."""
    truth = simulate(LOOKALIKES, 2).truth
    best = claims_of_truth(truth)
    groups = [np.flatnonzero((truth.twin == twin) & (best.frames > 0).all(axis=1)) for twin in range(truth.twin.max())]
    one, two = next(group for group in groups if len(group) == 2)
    frames = best.frames.copy()
    frames[[one, two], 1] = frames[[two, one], 1]
    unsure = best.is_ambiguous.copy()
    unsure[[one, two]] = True
    whole, swapped = score(truth, best), score(truth, attrs.evolve(best, frames=frames))
    left = score(truth, attrs.evolve(best, frames=frames, is_ambiguous=unsure))
    assert (swapped.precision < 1, swapped.recall < 1) == (True, True)
    assert (left.precision, left.recall) == (1.0, 1.0)
    assert (left.all_claimed, left.all_true) == (whole.all_claimed - 2, whole.all_true - 2)


def test_being_unsure_of_what_is_unlike_all_others_excuses_nothing(run: Run, claims: Claims) -> None:
    """Only twins may be left open."""
    unsure = attrs.evolve(claims, is_ambiguous=run.truth.twin < 0)
    swapped = claims.frames.copy()
    whole = np.flatnonzero((claims.frames > 0).all(axis=1) & (run.truth.twin < 0))[:2]
    swapped[whole, 3] = swapped[whole[::-1], 3]
    assert score(run.truth, attrs.evolve(unsure, frames=swapped)).all_right == score(run.truth, claims).all_right - 6


def test_connections_taken_for_one_or_kept_apart_are_counted(run: Run, claims: Claims) -> None:
    """Where no packet survives, connections are what can be joined."""
    best = score(run.truth, claims)
    assert (best.joined_precision, best.joined_recall) == (1.0, 1.0)
    assert best.joined_true >= 6 * 14
    swapped = claims.connections[1].copy()
    swapped[claims.connections[1] == 0], swapped[claims.connections[1] == 1] = 1, 0
    s = score(run.truth, attrs.evolve(claims, connections=(claims.connections[0], swapped, *claims.connections[2:])))
    assert best.joined_right - s.joined_right == best.joined_found - s.joined_found == 6
    alone = np.where(claims.connections[1] == 0, 999, claims.connections[1])
    s = score(run.truth, attrs.evolve(claims, connections=(claims.connections[0], alone, *claims.connections[2:])))
    assert s.joined_precision == 1
    assert best.joined_found - s.joined_found == 3
