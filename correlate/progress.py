"""How a run tells which stage is at work.

In: nothing. Out: the type of the function that is told, one that nobody listens to, and one that adds up.
Not here: the stages' names (``pipeline.py``), the bar on the terminal (``cli/talk.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total); total 0 = unknown."""


FULL = "full"
"""Told once reading has stopped because memory holds no more; who can do the job another way may stop it here."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def adding(tell: Progress, stage: str, total: int) -> Callable[[int], None]:
    """Return a function that threads call with what each has done, and that tells their sum.

    >>> add = adding(print, "read", 10)
    >>> add(3), add(4)
    read 3 10
    read 7 10
    (None, None)
    """
    done = 0
    lock = Lock()

    def add(count: int) -> None:
        nonlocal done
        with lock:
            done += count
            tell(stage, done, total)

    return add
