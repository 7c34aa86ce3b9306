"""Who does the parts.

In: tasks. Out: their numbers as they are done.
Method: ``local`` does one after the other in this process, whose stages use two cores in part, or, where memory allows,
several at once in processes; ``dask`` hands them to the workers of a cluster, which does again what a worker that died
had taken.
Not here: what a task is (``task.py``).
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Literal, TypeVar

import attrs

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


@attrs.frozen(kw_only=True)
class Hands:
    """Who does the parts."""

    engine: Engine = "local"
    scheduler: str | None = None
    """Address of a Dask scheduler; None = a cluster of two processes on this machine."""
    at_once: int = 1
    """Parts that ``local`` does at once."""


def run_tasks(call: Callable[[Task], T], tasks: Sequence[Task], hands: Hands) -> Iterator[T]:
    """Call with every task and yield what comes back, in any order.

    Parameters
    ----------
    call
        A function that a worker can import; done again, it comes to the same.
    tasks
        What it is called with.
    hands
        Who does them.

    Raises
    ------
    UsageError
        If Dask is not installed, or no scheduler answers.
    """
    if hands.engine == "dask":
        yield from _by_cluster(call, tasks, hands.scheduler)
    elif hands.at_once > 1 and len(tasks) > 1:
        yield from _by_processes(call, tasks, hands.at_once)
    else:
        yield from map(call, tasks)


def _by_processes(call: Callable[[Task], T], tasks: Sequence[Task], at_once: int) -> Iterator[T]:
    """Do tasks in processes of this machine; what is left when one of them was killed is done here."""
    left = dict(enumerate(tasks))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_once, mp_context=context, initializer=_end_with, initargs=(os.getpid(),)) as pool:
        try:
            numbers = {pool.submit(call, task): number for number, task in left.items()}
            for future in as_completed(numbers):
                found = future.result()
                del left[numbers[future]]
                yield found
        except BrokenProcessPool:
            pass
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    yield from map(call, left.values())


def _end_with(parent: int) -> None:
    """End this process once the one that started it is gone, even if that was killed, and at Ctrl-C without a word."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=watch, daemon=True).start()


def _by_cluster(call: Callable[[Task], T], tasks: Sequence[Task], scheduler: str | None) -> Iterator[T]:
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
