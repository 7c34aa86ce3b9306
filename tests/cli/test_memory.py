"""``memory``: one heap for all threads, where the C library has several."""

from __future__ import annotations

import platform
import sys

from correlate_cli.memory import share_heap


def test_the_heap_is_shared_where_there_are_several() -> None:
    """glibc takes the option; asking twice changes nothing."""
    is_glibc = sys.platform.startswith("linux") and platform.libc_ver()[0] == "glibc"
    assert [share_heap(), share_heap()] == [is_glibc, is_glibc]
