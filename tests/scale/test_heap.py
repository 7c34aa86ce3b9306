"""Telling the C library of memory is harmless everywhere."""

from __future__ import annotations

import sys

from correlate.scale.heap import give_back, keep_arrays_apart


def test_glibc_takes_the_threshold_and_others_are_left_alone() -> None:
    assert keep_arrays_apart() in ((True, False) if sys.platform.startswith("linux") else (False,))


def test_memory_that_nobody_holds_goes_back() -> None:
    """An array in a mapping of its own is gone with its last reference; trimming afterwards must not fail."""
    keep_arrays_apart()
    held = bytearray(1 << 24)
    del held
    give_back()
