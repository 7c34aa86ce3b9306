"""Memory of the process, which is ours alone when the program runs from a command line.

**In:** nothing. **Out:** nothing; the C library is told.
**Method:** glibc gives every thread a heap of its own, which keeps what that thread once needed: 15 % of the peak.
**Not here:** what the stages hold.
"""

from __future__ import annotations

import ctypes
import sys

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of glibc's ``malloc.h``."""


def share_heap() -> bool:
    """Let all threads take memory from one heap; return False where the C library knows no such thing."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_ARENA_MAX, 1) == 1
