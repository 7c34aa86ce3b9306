"""Who does the parts.

In: tasks. Out: their numbers as they are done.
Method: ``local`` does one after the other in this process, whose stages use two cores already; ``dask`` hands them to
the workers of a cluster, which does again what a worker that died had taken.
Not here: what a task is (``task.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from correlate.errors import UsageError
from correlate.pipeline import Progress
from correlate.scale.task import Task, do_task

Engine = Literal["local", "dask"]

WORKERS = 2
"""Processes of a cluster that was not there before."""

RETRIES = 3
"""A task whose worker died is done again so often."""


def run_tasks(
    tasks: Sequence[Task], progress: Progress, *, engine: Engine = "local", scheduler: str | None = None
) -> Iterator[int]:
    """Do all tasks and yield their numbers, in any order.

    Parameters
    ----------
    tasks
        Parts; those that are done cost nothing.
    progress
        Told which stage is at work, where this process does them.
    engine, scheduler
        Who does them; the address of a Dask scheduler, None = a cluster of two processes on this machine.

    Raises
    ------
    UsageError
        If Dask is not installed, or no scheduler answers.
    """
    if engine == "local":
        for task in tasks:
            yield do_task(task, progress)
        return
    try:
        import distributed  # noqa: PLC0415  -- an optional extra
    except ImportError:
        advice = "Install it with pip install 'correlate-captures[dask]', or leave out --engine."
        raise UsageError(where="--engine dask", what="Dask is not installed", advice=advice) from None
    try:
        client = (
            distributed.Client(scheduler)
            if scheduler
            else distributed.Client(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None)
        )
    except OSError as error:
        advice = "Start it with dask scheduler, and give its address as tcp://HOST:8786."
        raise UsageError(where=f"--scheduler {scheduler}", what=f"no answer ({error})", advice=advice) from None
    with client:
        futures = client.map(do_task, tasks, pure=False, retries=RETRIES)
        for future in distributed.as_completed(futures):
            yield future.result()
