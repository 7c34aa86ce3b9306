"""Rule: what the captures cannot bear out is refused in one line that says what to do, before the files are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from correlate.errors import UsageError
from correlate.focus import Focus
from correlate.options import Options, check_given, check_names, files_of, floors_of, given_names, told_options

GIVEN = {"client": ("c.pcap",), "firewall": ("f.pcapng",), "server": ("1.pcap", "2.pcap")}


def test_paths_may_be_text_or_paths_or_lists_of_them():
    mixed = {"client": "c.pcap", "firewall": Path("f.pcapng"), "server": ["1.pcap", Path("2.pcap")]}
    assert files_of(mixed) == GIVEN


def test_captures_without_names_are_a_usage_error():
    """A list cannot say what its vantages are called."""
    with pytest.raises(UsageError, match="not as a mapping"):
        files_of(["c.pcap", "f.pcap"])


def test_no_capture_is_a_usage_error():
    with pytest.raises(UsageError, match="no capture given"):
        check_given({}, Options())


def test_a_vantage_without_a_file_is_a_usage_error():
    with pytest.raises(UsageError, match="a: this vantage has no file"):
        check_given({"a": ()}, Options())


NOBODY = [
    Options(reference="nobody"),
    Options(kinds={"nobody": "mirror"}),
    Options(floors={("client", "nobody"): 5}),
]


@pytest.mark.parametrize("options", NOBODY)
def test_an_option_that_names_nobody_says_who_is_there(options):
    for check in (check_given, lambda given, chosen: check_names(list(given), given, chosen)):
        with pytest.raises(UsageError, match=r"nobody: no vantage has this name.*: client, firewall, server"):
            check(GIVEN, options)


def test_an_interface_may_be_named_before_its_file_is_read_and_must_be_there_after_it():
    options = Options(reference="firewall:eth1")
    check_given(GIVEN, options)
    check_names(["client", "firewall:eth0", "firewall:eth1", "server"], GIVEN, options)
    with pytest.raises(UsageError, match="firewall:eth1: no vantage has this name"):
        check_names(["client", "firewall", "server"], GIVEN, options)


def test_a_kind_may_be_given_for_a_capture_that_became_several_vantages():
    check_names(["client", "firewall:eth0", "firewall:eth1", "server"], GIVEN, Options(kinds={"firewall": "in-path"}))


def test_two_vantages_of_one_name_are_refused():
    with pytest.raises(UsageError, match="two vantages have this name"):
        check_names(["a:1", "a:1"], {"a": ("x",), "a:1": ("y",)}, Options())


def test_vantages_that_are_interfaces_come_from_the_capture_before_the_colon():
    assert given_names(["client", "firewall:eth0", "a:b"], {**GIVEN, "a:b": ("x",)}) == ["client", "firewall", "a:b"]


def test_floors_are_found_by_name():
    assert floors_of(["a", "b", "c"], Options(floors={("c", "a"): 7, ("a", "b"): 9})) == {(2, 0): 7, (0, 1): 9}


def test_told_options_are_what_json_holds():
    told = told_options(Options(floors={("a", "b"): 9}, focus=Focus()))
    assert told["floors"] == {"a>b": 9}
    assert told["focus"] == {}
    assert told["order"] == "inferred"
