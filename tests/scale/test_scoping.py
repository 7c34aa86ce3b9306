"""Rule (module head): options mean the same to every part; what only the whole can answer is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.errors import UsageError
from correlate.focus import Focus
from correlate.scale.scoping import absolute, wanted_parts

BEGIN_NS = 1_700_000_000 * 10**9


def test_times_count_from_the_first_packet_of_all() -> None:
    focus, asked = absolute(Focus(since="+5", until="+7.5"), BEGIN_NS)
    assert asked == (BEGIN_NS + 5 * 10**9, BEGIN_NS + 7_500_000_000)
    assert (focus.since, focus.until) == ("1700000005.000000000", "1700000007.500000000")
    assert absolute(focus, 0)[1] == asked


def test_nothing_asked_leaves_nothing_out() -> None:
    assert absolute(Focus(), BEGIN_NS) == (Focus(), (None, None))


@pytest.mark.parametrize("flow", ["tcp,10.0.0.1:40000,10.0.0.2:443", "SCTP,[2001:db8::1]:53,[2001:db8::2]:40000"])
def test_a_flow_by_its_ends_need_not_be_in_every_part(flow) -> None:
    assert absolute(Focus(flow=flow), BEGIN_NS) == (Focus(flow=flow, is_part=True), (None, None))


def test_a_flow_that_is_written_wrongly_is_refused_before_the_work() -> None:
    with pytest.raises(UsageError, match="neither a number nor a 5-tuple"):
        absolute(Focus(flow="tcp,10.0.0.1"), BEGIN_NS)


@pytest.mark.parametrize("focus", [Focus(flow="3"), Focus(between_pings=(100, 200))])
def test_what_a_part_cannot_know_is_refused_with_a_way_out(focus) -> None:
    with pytest.raises(UsageError, match=r"Write tcp|Give the time"):
        absolute(focus, BEGIN_NS)


@given(
    st.lists(st.integers(0, 1000), unique=True, max_size=8),
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.integers(0, 9),
)
def test_parts_that_may_hold_the_time_asked_for_are_wanted(edges, one, other, slack) -> None:
    ends = [-(2**63), *sorted(edges), 2**63 - 1]
    own = list(pairwise(ends))
    since, until = sorted((one, other))
    found = wanted_parts(own, (since, until), slack)
    for number, (low, high) in enumerate(own):
        if low < until + slack and high > since - slack:
            assert number in found
    assert wanted_parts(own, (None, None), slack) == list(range(len(own)))
