"""Rule (module head): every part is judged by what all of them count, however wrong that was foretold."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.model.frames import Start, Stretch
from correlate.model.metrics import DirectionMetrics, HopMetrics
from correlate.model.part import Part
from correlate.options import Options
from correlate.scale import rounds
from correlate.scale.engines import Hands
from correlate.scale.rounds import added, do_rounds, foretell, must_be_judged_again, slow_enough
from correlate.scale.task import Task
from correlate.scale.work import Work
from tests.scale.counted import tallies

NOTHING = np.zeros(2, np.int64)
NONE = dict.fromkeys(("delivered", "lost", "not_captured", "absorbed", "ambiguous", "originated"), 0)


def column(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def counts(resent: int, passed: int, missed: int = 0, births: int = 0):
    """Return counts of a hop that lost ``resent`` of ``passed``; about 2,000 losses and no miss make the hop guilty."""
    return tallies(
        passed,
        resent=column(resent, 0),
        ended=NOTHING,
        missed=column(0, missed),
        passed=column(passed, passed),
        unopposed=NOTHING,
        absent=NOTHING,
        births=column(0, births),
    )


@attrs.frozen(kw_only=True)
class Done:
    """What is kept of a part, as far as rounds ask."""

    tallies: object
    judged_by: object
    hops: tuple[HopMetrics, ...]
    transactions: dict


def done(own, used, lost: int = 3, took_ns=()) -> Done:
    side = DirectionMetrics(
        **{**NONE, "delivered": 90, "lost": lost}, duplicated=0, reordered=0, mutated=0, owd_ns=None, excess_ns=None
    )
    return Done(
        tallies=own,
        judged_by=used,
        hops=(HopMetrics(hop=0, forward=side, reverse=side, rtt_ns=None),),
        transactions={"items": [{"total_ns": value} for value in took_ns]},
    )


def test_counts_are_foretold_for_the_whole() -> None:
    """By the frames that parts read; a part without any hop says nothing."""
    frames = {0: 100, 1: 300, 2: 600, 3: 1000}
    found = foretell({0: tallies(10), 1: tallies(30), 3: None}, frames)
    assert found is not None
    assert found.forward.sent.tolist() == [200, 400]
    assert foretell({3: None}, frames) is None


def test_counts_of_another_path_are_not_added() -> None:
    found = added([tallies(1), tallies(10, order=("a", "x")), None, tallies(100)], ("a", "b"))
    assert found is not None
    assert found.forward.sent.tolist() == [101, 202]
    assert added([tallies(1)], ("b", "a")) is None


def test_a_part_is_judged_again_if_the_whole_weighs_otherwise() -> None:
    own, few, many = counts(300, 30_000), counts(900, 90_000), counts(5000, 500_000)
    assert must_be_judged_again(done(own, few), many)
    assert not must_be_judged_again(done(own, counts(4900, 490_000)), many)
    assert must_be_judged_again(done(own, many), counts(5000, 500_000, missed=1)), "one miss, and it is not faultless"
    assert not must_be_judged_again(done(own, few, lost=0), many), "all its packets were seen on"
    assert not must_be_judged_again(done(own, few), None)
    elsewhere = attrs.evolve(own, order=("a", "x"))
    assert not must_be_judged_again(done(elsewhere, elsewhere), many), "the whole says nothing of another path"


def test_where_packets_may_be_born_the_very_rates_count() -> None:
    own, used, whole = counts(300, 30_000, births=1), counts(4900, 490_000), counts(5000, 500_000)
    assert must_be_judged_again(done(own, used), whole)
    assert not must_be_judged_again(done(own, whole), whole)


def test_a_transaction_must_be_slower_than_as_many_as_are_told(monkeypatch) -> None:
    monkeypatch.setattr(rounds, "LIMIT", 3)
    own = counts(1, 2)
    assert slow_enough([done(own, own, took_ns=(9, 5)), done(own, own, took_ns=(7, 6))]) == 6
    assert slow_enough([done(own, own, took_ns=(9, 5))]) == 0, "any may be among them"


@pytest.mark.parametrize(("foretold", "again"), [(None, 7), (counts(7 * 700, 490_000), 0), (counts(9, 490_000), 5)])
def test_in_the_end_every_part_is_judged_by_the_whole(tmp_path, monkeypatch, foretold, again) -> None:
    """Seven parts of 700 losses each: five go ahead by what is foretold, two by these, some are done again."""
    kept, calls = {}, []

    def do(task: Task) -> int:
        own = counts(700, 70_000)
        kept[task.number] = done(own, task.part.known or counts(9, 490_000))
        calls.append(task.number)
        return task.number

    monkeypatch.setattr(rounds, "do_task", do)
    monkeypatch.setattr(rounds, "do_task_again", do)
    tasks = [
        Task(
            number=number,
            captures={"a": ["a.pcap"], "b": ["b.pcap"]},
            options=Options(),
            part=Part(stretches={"a": {0: Stretch(Start(0, 1, 0), 100)}}, owned={}),
            work=Work(folder=tmp_path, known=tmp_path),
            order=("a", "b"),
        )
        for number in range(7)
    ]
    told = []
    found, total = do_rounds(Hands(), tasks, foretold, kept.get, lambda *one: told.append(one))
    assert total is not None
    assert total.forward.resent.tolist() == [4900, 0]
    assert not any(must_be_judged_again(one, total) for one in kept.values())
    assert [task.part.known is total for task in found] == [True] * 7
    assert len(calls) == 7 + (5 if foretold is None else again)
    assert told[-1][1] == told[-1][2] == len(calls)
