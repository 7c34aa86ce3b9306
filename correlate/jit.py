"""The one door to numba.

In: a plain Python function over numpy arrays and scalars.
Out: the compiled function, or the function itself when ``CORRELATE_JIT=0``.
Method: ``numba.njit(cache=True, nogil=True)``; no fastmath, no parallel (measured: at most 1.17 times faster for
seconds of compilation).
Not here: any kernel; those live beside the stage that uses them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

PACKAGE = Path(__file__).parent

F = TypeVar("F", bound=Callable[..., Any])

IS_COMPILED = os.environ.get("CORRELATE_JIT", "1") != "0"
"""False when kernels run as plain Python (tests compare both, and numba may be unusable on exotic machines)."""


def kernel(function: F) -> F:
    """Compile ``function`` on first call and keep the machine code on disk.

    Kernels take read-only arrays in, write into arrays given by the caller, and return a status or a count. Keep one
    signature per kernel: a new dtype, layout or read-only flag compiles again.
    """
    if not IS_COMPILED:
        return function
    import numba  # noqa: PLC0415  -- 0.25 s to import; only paid by who runs a kernel

    try:
        compiled: F = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        # Neither the package nor any folder of this user can be written: compile for this run only.
        compiled = numba.njit(nogil=True)(function)
    return compiled


def must_compile() -> bool:
    """Tell whether this run will compile its kernels: no machine code lies beside the source yet.

    Where the package folder cannot be written numba keeps its cache elsewhere; then nothing is known and False is
    returned, so that nobody is told to wait for nothing.
    """
    if not IS_COMPILED or "NUMBA_CACHE_DIR" in os.environ or not os.access(PACKAGE, os.W_OK):
        return False
    return next(PACKAGE.glob("*/__pycache__/*.nbi"), None) is None
