"""``diagnose.once``: answers that several rules ask for are made once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest

from correlate.diagnose.once import Answers, once, shared


@attrs.define(kw_only=True)
class Asked:
    """Counts how often it answers."""

    answers: Answers = attrs.field(factory=Answers)
    made: list[str] = attrs.field(factory=list)

    @once
    def slow(self) -> int:
        """Take a while."""
        self.made.append("slow")
        time.sleep(0.05)
        return 7


@shared
def doubled(asked: Asked, number: int) -> int:
    asked.made.append(f"doubled {number}")
    return 2 * number


def test_two_threads_that_ask_at_once_get_one_answer() -> None:
    """The second one waits for the first."""
    asked, both = Asked(), threading.Barrier(2)

    def ask() -> int:
        both.wait()
        return asked.slow

    with ThreadPoolExecutor(2) as pool:
        found = [future.result() for future in [pool.submit(ask), pool.submit(ask)]]
    assert (found, asked.made) == ([7, 7], ["slow"])
    assert Asked.slow.__doc__ == "Take a while."


def test_each_question_is_answered_for_itself() -> None:
    """By its arguments, and by who is asked."""
    asked = Asked()
    assert [doubled(asked, 2), doubled(asked, 3), doubled(asked, 2)] == [4, 6, 4]
    assert asked.made == ["doubled 2", "doubled 3"]
    assert doubled(Asked(), 2) == 4


def test_a_failure_is_told_to_all_who_ask() -> None:
    """It does not leave the others waiting."""
    answers = Answers()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            answers.get("never", lambda: 1 // 0)
