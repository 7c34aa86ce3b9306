"""How a run tells which stage is at work.

In: nothing. Out: the type of the function that is told, and one that nobody listens to.
Not here: the stages' names (``pipeline.py``), the bar on the terminal (``cli/talk.py``).
"""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total); total 0 = unknown."""


FULL = "full"
"""Told once reading has stopped because memory holds no more; who can do the job another way may stop it here."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""
