"""Who does the parts.

In: tasks. Out: their numbers as they are done.
Method: ``local`` does one after the other in this process, whose stages use two cores already; ``dask`` hands them to
the workers of a cluster, which does again what a worker that died had taken.
Not here: what a task is (``task.py``).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

from correlate.errors import UsageError
from correlate.scale.task import Task

T = TypeVar("T")

Engine = Literal["local", "dask"]

WORKERS = 2
"""Processes of a cluster that was not there before."""

PATIENCE_S = 10
"""A scheduler must answer by then."""

RETRIES = 3
"""A task whose worker died is done again so often."""


def run_tasks(
    call: Callable[[Task], T], tasks: Sequence[Task], *, engine: Engine = "local", scheduler: str | None = None
) -> Iterator[T]:
    """Call with every task and yield what comes back, in any order.

    Parameters
    ----------
    call
        A function that a worker can import.
    tasks
        What it is called with.
    engine, scheduler
        Who does them; the address of a Dask scheduler, None = a cluster of two processes on this machine.

    Raises
    ------
    UsageError
        If Dask is not installed, or no scheduler answers.
    """
    if engine == "local":
        yield from map(call, tasks)
        return
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        advice = "Install it with pip install 'correlate-captures[dask]', or leave out --engine."
        raise UsageError(where="--engine dask", what="Dask is not installed", advice=advice) from None
    with _client(distributed, scheduler) as client:
        futures = client.map(call, tasks, pure=False, retries=RETRIES)
        for future in distributed.as_completed(futures):
            yield future.result()


def _client(distributed: Any, scheduler: str | None) -> Any:
    """Return a client of a running cluster, or of one that ends with it."""
    if scheduler is None:
        return distributed.Client(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None)
    try:
        return distributed.Client(scheduler, timeout=PATIENCE_S)
    except (OSError, ValueError) as error:
        advice = "Start it with dask scheduler, and give its address as tcp://HOST:8786."
        raise UsageError(where=f"--scheduler {scheduler}", what=f"no answer ({error})", advice=advice) from None
