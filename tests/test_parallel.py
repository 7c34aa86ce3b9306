"""``parallel``: results in order, whatever finishes first; nothing is swallowed."""

from __future__ import annotations

import threading

import pytest

from correlate.parallel import WORTH_IT, two_at_a_time


def test_results_come_in_the_order_of_the_calls() -> None:
    """The first call ends last: it waits for the second."""
    gate = threading.Event()

    def first() -> int:
        assert gate.wait(10)
        return 1

    def second() -> int:
        gate.set()
        return 2

    assert two_at_a_time([first, second], packets=WORTH_IT) == [1, 2]


def test_short_work_stays_in_its_thread() -> None:
    """Threads cost more than they give there."""
    here = threading.get_ident()
    assert set(two_at_a_time([threading.get_ident] * 3, packets=WORTH_IT - 1)) == {here}


def test_an_exception_reaches_the_caller() -> None:
    """A defect of one piece is a defect of the whole."""

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        two_at_a_time([fail, lambda: 1], packets=WORTH_IT)
