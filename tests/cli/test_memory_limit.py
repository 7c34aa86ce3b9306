"""``--memory``: sizes as people write them."""

from __future__ import annotations

import pytest
from correlate_cli.memory_limit import read_memory

from correlate.errors import UsageError


@pytest.mark.parametrize(("text", "size"), [("2G", 2**31), ("512M", 2**29), ("1.5gib", 3 * 2**29), ("1 T", 2**40)])
def test_sizes_have_a_number_and_a_unit(text: str, size: int) -> None:
    assert read_memory(text) == size


@pytest.mark.parametrize("text", ["2", "G", "-1G", "2X", "100K", ""])
def test_what_is_no_size_or_too_little_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--memory"):
        read_memory(text)
