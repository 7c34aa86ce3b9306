"""``turns``: no thread waits long for another one that does not work in a kernel."""

from __future__ import annotations

import sys
import threading
import time

import pytest
from correlate_cli.turns import TURN_S, take_short_turns


@pytest.fixture(autouse=True)
def _as_before():
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


def test_turns_are_short():
    take_short_turns()
    assert sys.getswitchinterval() == pytest.approx(TURN_S)


def test_who_comes_back_soon_has_his_turn_while_another_thread_only_computes():
    """Twenty times: away for an instant, then at the interpreter again; turns of 5 ms would make that 100 ms."""
    take_short_turns()
    is_over = threading.Event()

    def compute():
        while not is_over.is_set():
            sum(range(100))

    other = threading.Thread(target=compute)
    other.start()
    waits = []
    for _ in range(20):
        began = time.perf_counter()
        time.sleep(0)
        waits.append(time.perf_counter() - began)
    is_over.set()
    other.join()
    # Others may have the processor for longer than that; the least wait is that of the interpreter.
    assert min(waits) < 0.004
