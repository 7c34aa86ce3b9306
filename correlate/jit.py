"""The one door to numba.

In: a plain Python function over numpy arrays and scalars.
Out: the compiled function; the function itself when ``CORRELATE_JIT=0``; one that compiles late when ``expect_little``.
Method: ``numba.njit(cache=True, nogil=True)``; no fastmath, no parallel (measured: at most 1.17 times faster for
seconds of compilation). A few hundred packets are done before numba is imported: then kernels run as they are written,
and one that turns out to be long work after all is compiled meanwhile.
Not here: any kernel; those live beside the stage that uses them.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

PACKAGE = Path(__file__).parent

F = TypeVar("F", bound=Callable[..., Any])

IS_COMPILED = os.environ.get("CORRELATE_JIT", "1") != "0"
"""False when kernels run as plain Python (tests compare both, and numba may be unusable on exotic machines)."""

LITTLE_BYTES, LITTLE_BYTES_AT_FIRST = 384 * 1024, 1024 * 1024
"""Captures up to here are quicker without numba: where machine code lies on disk (0.4 s to load), and where it would
have to be made (20 s). Measured with frames of 64 bytes, the most packets that fit in."""

PATIENCE_S = 0.5
"""Seconds in one kernel, as written, after which it is compiled."""

_is_late = False


def kernel(function: F) -> F:
    """Compile ``function`` on first call and keep the machine code on disk.

    Kernels take read-only arrays in, write into arrays given by the caller, and return a status or a count. Keep one
    signature per kernel: a new dtype, layout or read-only flag compiles again.
    """
    if not IS_COMPILED:
        return function
    if _is_late:
        late: Any = LateKernel(function)
        return late  # type: ignore[no-any-return]
    return _compiled(function)


def expect_little(input_bytes: int) -> None:
    """Say how much will be read, before any kernel is imported: little of it needs no numba.

    Has no effect once numba is in memory.
    """
    global _is_late  # noqa: PLW0603  -- as IS_COMPILED: decided once, before any kernel is made
    enough = LITTLE_BYTES_AT_FIRST if _has_no_code() else LITTLE_BYTES
    _is_late = IS_COMPILED and input_bytes <= enough and "numba" not in sys.modules


def must_compile() -> bool:
    """Tell whether this run will compile its kernels: no machine code lies beside the source yet.

    Where the package folder cannot be written numba keeps its cache elsewhere; then nothing is known and False is
    returned, so that nobody is told to wait for nothing.
    """
    return IS_COMPILED and not _is_late and _has_no_code()


class LateKernel:
    """A kernel that runs as plain Python until that has taken long, and compiled from then on.

    numba takes it for the compiled kernel where another kernel calls it. Within a plain kernel all is plain: compiled
    ones return Python's numbers there, which do not wrap.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = function
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        self._machine: Any = None
        self._spent_s = 0.0

    def __call__(self, *args: Any) -> Any:
        """Do what the function does."""
        if getattr(_within, "is_plain", False):
            return self.py_func(*args)
        if self._machine is not None:
            return self._machine(*args)
        began = time.perf_counter()
        _within.is_plain = True
        try:
            return self.py_func(*args)
        finally:
            _within.is_plain = False
            self._spent_s += time.perf_counter() - began
            if self._spent_s > PATIENCE_S:
                self._machine = _compiled(self.py_func)

    @property
    def _numba_type_(self) -> Any:
        from numba import types  # noqa: PLC0415  -- only numba itself asks

        if self._machine is None:
            self._machine = _compiled(self.py_func)
        return types.Dispatcher(self._machine)


_within = threading.local()


def _compiled(function: F) -> F:
    import numba  # noqa: PLC0415  -- 0.25 s to import; only paid by who runs a kernel

    try:
        compiled: F = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        # Neither the package nor any folder of this user can be written: compile for this run only.
        compiled = numba.njit(nogil=True)(function)
    return compiled


def _has_no_code() -> bool:
    if "NUMBA_CACHE_DIR" in os.environ or not os.access(PACKAGE, os.W_OK):
        return False
    return next(PACKAGE.glob("*/__pycache__/*.nbi"), None) is None
