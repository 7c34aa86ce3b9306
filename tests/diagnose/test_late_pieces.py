"""``diagnose.late_pieces``: one vantage asks about late pieces, and blames nobody."""

from __future__ import annotations

from tests.diagnose.sets import outcome_of_set
from tests.diagnose.worlds import BULK, outcome
from tests.netsim import SECOND, StreamLoad, TcpLoad, chain


def test_equally_late_pieces_are_a_question_with_an_answer_elsewhere() -> None:
    """Case 6 with one capture: inconclusive, capture near the file server."""
    done = outcome_of_set("held-last-segment-alone")
    one = done.only("cannot-tell")
    assert "12 pieces from the server side come 406 ms late" in one.title
    assert "near the server" in one.settle
    assert done.accusations == []


def test_with_more_vantages_nobody_has_to_ask() -> None:
    """The hop is found instead."""
    assert not outcome_of_set("held-last-segment").of("cannot-tell")


def test_pauses_of_different_length_are_no_mechanism() -> None:
    """Lone vantage, ordinary traffic and resends: nothing is asked but the general question."""
    world = chain(2, loads=(*BULK, TcpLoad(flows=8), StreamLoad(flows=2, interval_ns=SECOND // 5))).with_hop(
        1, both={"loss": 0.02}
    )
    done = outcome(world, drop=("server",))
    assert [one.title.startswith("One vantage") for one in done.of("cannot-tell")] == [True]
