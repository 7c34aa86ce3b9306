"""The one door to numba.

In: a plain Python function over numpy arrays and scalars.
Out: the compiled function; the function itself when ``CORRELATE_JIT=0``; one that compiles late when ``expect_little``.
Method: ``numba.njit(cache=True, nogil=True)``; no fastmath, no parallel (measured: at most 1.17 times faster for
seconds of compilation). numba is imported by the first kernel that is called, and only kernels that are called are
made: most are inlined into others. A few hundred packets are done before numba is imported: then kernels run as they
are written, and one that turns out to be long work after all is compiled meanwhile.
Not here: any kernel; those live beside the stage that uses them.
"""

from __future__ import annotations

import functools
import gc
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
"""CPU seconds in one kernel, as written, after which it is compiled; waiting for a busy machine is no work."""

_is_late = False


def kernel(function: F) -> F:
    """Return ``function`` compiled on first call, the machine code kept on disk.

    Kernels take read-only arrays in, write into arrays given by the caller, and return a status or a count. Keep one
    signature per kernel: a new dtype, layout or read-only flag compiles again.
    """
    if not IS_COMPILED:
        return function
    made: Any = LateKernel(function) if _is_late else Kernel(function)
    return made  # type: ignore[no-any-return]


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


class Kernel:
    """A kernel that numba makes when it is called first, or when another that calls it is compiled."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function

    def __call__(self, *args: Any) -> Any:
        """Do what the function does."""
        return self._machine(*args)

    @functools.cached_property
    def _machine(self) -> Any:
        return _compiled(self.py_func)

    @property
    def _numba_type_(self) -> Any:
        """What numba takes it for where another kernel calls it: the compiled one."""
        from numba import types  # noqa: PLC0415  -- only numba itself asks

        return types.Dispatcher(self._machine)


class LateKernel(Kernel):
    """A kernel that runs as plain Python until that has taken long, and compiled from then on.

    Within a plain kernel all is plain: compiled ones return Python's numbers there, which do not wrap.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._spent_s = 0.0

    def __call__(self, *args: Any) -> Any:
        """Do what the function does."""
        if getattr(_within, "is_plain", False):
            return self.py_func(*args)
        if self._spent_s > PATIENCE_S:
            return self._machine(*args)
        began = time.thread_time()
        _within.is_plain = True
        try:
            return self.py_func(*args)
        finally:
            _within.is_plain = False
            self._spent_s += time.thread_time() - began


_within = threading.local()


def _compiled(function: Callable[..., Any]) -> Any:
    numba = _imported()
    try:
        compiled = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        # Neither the package nor any folder of this user can be written: compile for this run only.
        return numba.njit(nogil=True)(function)
    cache: Any = getattr(compiled, "_cache", None)
    if hasattr(cache, "_load_overload") and hasattr(cache, "_guard_against_spurious_io_errors"):
        cache.load_overload = functools.partial(_load, cache, cache.load_overload)
    return compiled


def _imported() -> Any:
    """Return numba: 0.25 s, only paid by who runs a kernel; what the collector looks for is not there yet."""
    is_collecting = "numba" not in sys.modules and gc.isenabled()
    if is_collecting:
        gc.disable()
    try:
        is_new = "numba" not in sys.modules
        import numba  # noqa: PLC0415

        if is_new:
            _spare_sources()
    finally:
        if is_collecting:
            gc.enable()
    return numba


def _spare_sources() -> None:
    """Let machine code be loaded without importing the parts of numba in which it was written.

    Whatever a kernel calls of numba's own, as ``np.empty`` or ``in``, leaves an environment in its code, and loading it
    imports that module: 0.03 s for all kernels of a run. Such an environment only knows its module's globals, which
    Python objects would be looked up in; kernels have none.
    """
    try:
        from numba.core import environment  # noqa: PLC0415

        usual, made = environment._rebuild_env, environment.Environment  # noqa: SLF001 -- there is no other place
        known = made._memo  # noqa: SLF001
    except (AttributeError, ImportError):
        return

    @functools.wraps(usual)  # pickles name it
    def rebuilt(*of: Any) -> Any:
        try:
            module, consts, name = of
            if module in sys.modules or not module.startswith("numba.") or name in known:
                return usual(*of)
            found = made({"__name__": module})
            found.consts[:] = consts
            found.env_name = name
            known[name] = found
        except (AttributeError, TypeError, ValueError):
            # Another numba has other insides.
            return usual(*of)
        return found

    environment._rebuild_env = rebuilt  # noqa: SLF001


def _load(cache: Any, usual: Callable[[Any, Any], Any], signature: Any, context: Any) -> Any:
    """Load the machine code of a kernel as numba does, None = it must be made.

    numba first fills its registers of all types and functions that it knows how to compile (0.1 s), which code that
    lies ready has no use for; compiling fills them, too.
    """
    try:
        from numba.core.runtime import rtsys  # noqa: PLC0415

        rtsys.initialize(context)
        with cache._guard_against_spurious_io_errors():  # noqa: SLF001 -- as its load_overload does
            return cache._load_overload(signature, context)  # noqa: SLF001
    except (AttributeError, ImportError, TypeError):
        # Another numba has other insides: what it offers to all does the same, later.
        return usual(signature, context)


def _has_no_code() -> bool:
    if "NUMBA_CACHE_DIR" in os.environ or not os.access(PACKAGE, os.W_OK):
        return False
    return next(PACKAGE.glob("*/__pycache__/*.nbi"), None) is None
