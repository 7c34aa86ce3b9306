"""``diagnose.silence``: attempts that arrived and were not answered are the host's; one capture asks three questions."""

from __future__ import annotations

from tests.diagnose.sets import outcome_of_set
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import SECOND, TcpLoad, chain
from tests.netsim.boxes import PortBlock


def test_a_host_that_ignores_attempts_is_named_and_the_path_is_cleared() -> None:
    """Case 10, SYN protection: every SYN is in the server's own capture."""
    done = outcome_of_set("syn-protection")
    one = done.only("no-answer")
    assert (one.vantage, one.grade, one.quantity) == ("server", "proven", 20)
    assert "clean" in done.codes


def test_one_capture_asks_three_questions() -> None:
    """Case 8: arrived, answered, lost on the way back; nobody is blamed, each has its own capture to settle it."""
    done = outcome_of_set("three-syns")
    asked = done.of("cannot-tell")
    assert len({one.settle for one in asked}) == len(asked) == 3
    assert {one.title.split(" ")[-5] for one in asked}
    assert done.accusations == []


def test_attempts_that_a_hop_dropped_are_not_the_hosts() -> None:
    """Only what the last vantage holds was not answered."""
    world = chain(3, loads=(*SMALL, TcpLoad(flows=6, port=8443))).with_hop(1, boxes=[PortBlock()])
    assert "no-answer" not in outcome(world).codes


def test_a_capture_that_ends_waits_for_no_answer() -> None:
    """The answer may have come a moment later."""
    world = (
        chain(2, loads=(TcpLoad(flows=40),), duration_ns=2 * SECOND)
        .with_tap(1, end_ns=SECOND)
        .with_tap(0, end_ns=SECOND)
    )
    assert "no-answer" not in outcome(world).codes


def test_a_target_that_the_vantage_never_hears_may_answer_another_way() -> None:
    """Asymmetric return: without any packet of the target its silence means nothing."""
    blocked = chain(2, loads=(TcpLoad(flows=6, port=8443),)).with_hop(1, boxes=[PortBlock()])
    done = outcome(blocked)
    assert "no-answer" not in done.codes
    assert sum("nor anything else of it" in one.title for one in done.of("cannot-tell")) >= 1
