"""What a vantage says of its interfaces."""

from __future__ import annotations

import pytest

from correlate.model.frames import Interface
from correlate.model.vantage import Vantage


def vantage(*interfaces):
    return Vantage(
        name="here", files=(), interfaces=interfaces, frames=0, first_captured_ns=None, last_captured_ns=None, tick_ns=1
    )


def test_link_types_are_sorted_and_each_told_once():
    linked = [Interface(link_type=link, snaplen=0) for link in (113, 1, 1)]
    assert vantage(*linked).link_types == (1, 113)


@pytest.mark.parametrize(("limits", "snaplen"), [((), 0), ((0, 0), 0), ((0, 96), 96), ((262_144, 68), 68)])
def test_the_snaplen_is_the_smallest_limit_that_there_is(limits, snaplen):
    assert vantage(*(Interface(link_type=1, snaplen=limit) for limit in limits)).snaplen == snaplen
