"""Independent pieces of work, two at a time.

In: calls that do not depend on one another, and how many packets they are about. Out: their results, in order.
Method: two threads. numpy and the kernels leave the interpreter to the other thread while they work on long columns;
for short ones a thread costs more than it gives, and the calls run one after the other.
Not here: which work is independent (the callers know).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

WORTH_IT = 50_000
"""Packets from which two threads are quicker than one."""


def two_at_a_time(calls: Sequence[Callable[[], T]], *, packets: int) -> list[T]:
    """Return the results of all calls, in order; the first exception is raised.

    >>> two_at_a_time([lambda: 1, lambda: 2], packets=10)
    [1, 2]
    """
    if packets < WORTH_IT or len(calls) < 2:
        return [call() for call in calls]
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(_made, calls))


def _made(call: Callable[[], T]) -> T:
    return call()
