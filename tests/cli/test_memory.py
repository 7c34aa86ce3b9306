"""``memory``: one heap for all threads, where the C library has several; the collector rests during imports."""

from __future__ import annotations

import gc
import platform
import sys

from correlate_cli.memory import share_heap, uncollected


def test_the_heap_is_shared_where_there_are_several() -> None:
    """glibc takes the option; asking twice changes nothing."""
    is_glibc = sys.platform.startswith("linux") and platform.libc_ver()[0] == "glibc"
    assert [share_heap(), share_heap()] == [is_glibc, is_glibc]


def test_what_is_imported_is_collected_no_more_and_what_follows_is() -> None:
    """Modules stay for good; garbage does not."""
    before = gc.get_freeze_count()
    with uncollected():
        assert not gc.isenabled()
        kept = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)
    gc.unfreeze()
