"""Turns of the threads at the interpreter.

**In:** nothing. **Out:** nothing; Python is told.
**Method:** a thread that comes back from a kernel waits until another one lets go of the interpreter: at once where
that one enters a kernel, else when its turn ends. Turns of 5 ms, as Python has them, are longer than most kernels
work: while modules are imported, both reading threads would wait most of the time.
**Not here:** who works at once (``correlate/loading.py``, ``correlate/parallel.py``).
"""

from __future__ import annotations

import sys

TURN_S = 0.0002
"""A fifteenth of what a chunk of frames takes."""


def take_short_turns() -> None:
    """Let threads hold the interpreter no longer than ``TURN_S`` while others wait for it."""
    sys.setswitchinterval(TURN_S)
