"""Vantages and clocks of report.json."""

from correlate.report.sources import clocks_json, vantages_json
from tests.report.builder import MS, flagship, strangers


def test_the_reference_clock_is_zero_against_itself():
    clock = clocks_json(flagship())[0]
    assert (clock["offset_ns"], clock["offset_lo_ns"], clock["offset_hi_ns"], clock["skew_ppm"]) == (0, 0, 0, 0)


def test_offset_is_vantage_minus_reference():
    clock = clocks_json(flagship())[3]
    assert (clock["vantage"], clock["offset_ns"]) == ("server", 12 * MS)
    assert clock["offset_lo_ns"] <= clock["offset_ns"] <= clock["offset_hi_ns"]


def test_a_clock_without_bounds_is_unknown():
    clock = clocks_json(flagship(half_width=None))[1]
    assert (clock["offset_ns"], clock["offset_lo_ns"], clock["offset_hi_ns"]) == (None, None, None)


def test_notes_of_a_hop_stand_at_its_second_vantage():
    assert [bool(clock["notes"]) for clock in clocks_json(flagship())] == [False, True, False, False]


def test_unplaced_vantages_come_last_and_have_no_clock():
    run = strangers()
    assert [vantage["name"] for vantage in vantages_json(run)] == ["a", "b"]
    assert [clock["vantage"] for clock in clocks_json(run)] == ["a"]


def test_an_unlimited_snaplen_is_unknown():
    assert vantages_json(flagship())[0]["snaplen"] is None
