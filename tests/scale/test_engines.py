"""Who does the parts: what comes back is the same; what is missing is said in one line."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from correlate.errors import UsageError
from correlate.scale import engines
from correlate.scale.engines import run_tasks


def test_local_does_one_after_the_other() -> None:
    done: list[int] = []
    found = run_tasks(lambda task: done.append(task) or 2 * task, [3, 1, 2])
    assert next(found) == 6
    assert done == [3]
    assert list(found) == [2, 4]


def test_without_dask_the_way_to_it_is_told(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"\[dask\]"):
        next(run_tasks(str, [1], engine="dask"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs Dask")
def test_a_scheduler_that_does_not_answer_is_said(monkeypatch) -> None:
    monkeypatch.setattr(engines, "PATIENCE_S", 0.5)
    with pytest.raises(UsageError, match=r"--scheduler tcp://127\.0\.0\.1:9"):
        next(run_tasks(str, [1], engine="dask", scheduler="tcp://127.0.0.1:9"))
