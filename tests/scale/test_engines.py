"""Who does the parts: what comes back is the same; what is missing is said in one line."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from pathlib import Path

import pytest

from correlate.errors import UnreadableCapture, UsageError
from correlate.scale import engines
from correlate.scale.engines import Hands, run_tasks


def test_local_does_one_after_the_other() -> None:
    done: list[int] = []
    found = run_tasks(lambda task: done.append(task) or 2 * task, [3, 1, 2], Hands())
    assert next(found) == 6
    assert done == [3]
    assert list(found) == [2, 4]


def process_of(_task: str) -> int:
    return os.getpid()


def killed_once(task: str) -> str:
    """Kill the process that does the first task, unless that has happened."""
    path = Path(task)
    if path.name == "0" and not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def unreadable(task: str) -> str:
    raise UnreadableCapture(where=task, what="cut off", advice="Copy it again.")


def test_several_at_once_are_done_by_other_processes() -> None:
    assert os.getpid() not in set(run_tasks(process_of, ["a", "b", "c"], Hands(at_once=2)))


def test_a_process_that_is_killed_loses_nothing(tmp_path) -> None:
    """As where memory runs out: every task comes back, each once."""
    tasks = [str(tmp_path / str(number)) for number in range(6)]
    assert sorted(run_tasks(killed_once, tasks, Hands(at_once=2))) == [str(number) for number in range(6)]


def test_what_a_process_cannot_read_is_said_as_here() -> None:
    with pytest.raises(UnreadableCapture, match=r"x\.pcap: cut off") as caught:
        list(run_tasks(unreadable, ["x.pcap", "y.pcap"], Hands(at_once=2)))
    assert caught.value.advice == "Copy it again."


def test_without_dask_the_way_to_it_is_told(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"\[dask\]"):
        next(run_tasks(str, [1], Hands(engine="dask")))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs Dask")
def test_a_scheduler_that_does_not_answer_is_said(monkeypatch) -> None:
    monkeypatch.setattr(engines, "PATIENCE_S", 0.5)
    with pytest.raises(UsageError, match=r"--scheduler tcp://127\.0\.0\.1:9"):
        next(run_tasks(str, [1], Hands(engine="dask", scheduler="tcp://127.0.0.1:9")))
