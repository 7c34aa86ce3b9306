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

_MMAP_THRESHOLD = -3
"""``M_MMAP_THRESHOLD`` of glibc's ``malloc.h``."""

ARRAY_BYTES = 1 << 20
"""Arrays from this size on get a mapping of their own."""


def keep_arrays_apart() -> bool:
    """Give large arrays mappings of their own from now on; return False where the C library knows no such thing."""
    mallopt = _from_glibc("mallopt")
    return mallopt is not None and mallopt(_MMAP_THRESHOLD, ARRAY_BYTES) == 1


def give_back() -> None:
    """Free what nobody refers to any more and return it to the system."""
    gc.collect()
    trim = _from_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _from_glibc(name: str) -> Any:
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), name, None)
