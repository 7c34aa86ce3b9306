"""Memory given back between parts.

In: nothing. Out: nothing; the C library is told.
Method: glibc learns from what is freed to take ever larger arrays from its heap, which then never shrinks: part after
part the process grew by half. A fixed threshold keeps arrays in mappings of their own, and what is left of the heap is
trimmed. Other C libraries need no telling.
Not here: what the parts hold.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
"""``M_TRIM_THRESHOLD``, ``M_MMAP_THRESHOLD`` and ``M_MMAP_MAX`` of glibc's ``malloc.h``."""

ARRAY_BYTES = 1 << 20
"""Arrays from this size on get a mapping of their own."""

MAPPINGS = 1 << 16
"""At most, as glibc has it by itself: the command line may have said that none are to be used."""

KEPT_BYTES = 1 << 17
"""Free bytes at the heap's end that stay, as glibc has it by itself."""


def keep_arrays_apart() -> bool:
    """Give large arrays mappings of their own from now on; return False where the C library knows no such thing."""
    mallopt = _from_glibc("mallopt")
    wanted = ((_MMAP_MAX, MAPPINGS), (_TRIM_THRESHOLD, KEPT_BYTES), (_MMAP_THRESHOLD, ARRAY_BYTES))
    taken = [mallopt(name, value) for name, value in wanted] if mallopt is not None else []
    return taken == [1, 1, 1]


def give_back() -> None:
    """Free what nobody refers to any more and return it to the system.

    What was there at the first call, modules above all, is not looked through again: that takes longer than the rest.
    """
    gc.collect()
    if not gc.get_freeze_count():
        gc.freeze()
    trim = _from_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _from_glibc(name: str) -> Any:
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), name, None)
