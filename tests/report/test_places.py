"""Places and names."""

from correlate.report.places import frame_of, has_nothing_in_common, hop_names, in_path_order
from tests.report.builder import alone, flagship, strangers
from tests.report.runs import run


def test_nothing_in_common_needs_two_captures_and_no_shared_packet():
    """Contract: exit status 3; one vantage alone is no such case."""
    assert has_nothing_in_common(strangers())
    assert not has_nothing_in_common(flagship())
    assert not has_nothing_in_common(alone())


def test_a_connection_that_a_proxy_carries_over_is_something_in_common():
    """No packet of it is shared: both sides are connections of their own."""
    assert not has_nothing_in_common(run("corrupting-proxy"))


def test_unplaced_vantages_stand_behind_the_path():
    assert in_path_order(strangers()) == [0, 1]


def test_hops_are_named_in_path_order():
    assert hop_names(flagship(), 1) == ("fw-int", "fw-ext")


def test_a_row_is_found_as_a_person_finds_it():
    run = flagship()
    assert frame_of(run, 0, 0) == ("client.pcap", 453)
