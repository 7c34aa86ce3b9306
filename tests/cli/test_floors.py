"""``--floor``: a claim about the network is taken word for word or not at all."""

from __future__ import annotations

import json

import pytest
from correlate_cli.floors import read_floors
from correlate_cli.main import main
from correlate_cli.request import BAD_INPUT, OK

from correlate.errors import UsageError
from tests.cli.traffic import two_vantages


def test_units_and_both_ways():
    assert read_floors(["a>b=150us", "b>a=0.2ms", "a>c=7ns", "c>a=1s"]) == {
        ("a", "b"): 150_000,
        ("b", "a"): 200_000,
        ("a", "c"): 7,
        ("c", "a"): 10**9,
    }
    assert read_floors(["eth0:1>fw-ext.2=3\u00b5s"]) == {("eth0:1", "fw-ext.2"): 3_000}


@pytest.mark.parametrize(
    "text", ["a>b", "a>b=150", "a>a=1us", "a<b=1us", ">b=1us", "a>b=-1us", "a>b=1e3us", "a>b=1min", "a>b=11s", ""]
)
def test_anything_else_is_one_line(text):
    with pytest.raises(UsageError):
        read_floors([text])


def test_one_way_has_one_floor():
    with pytest.raises(UsageError, match="already"):
        read_floors(["a>b=1us", "a>b=2us"])


def test_a_floor_narrows_the_bounds_and_both_tiers_are_labelled(tmp_path, capsys):
    """Contract: tier; the page and the report say what each figure rests on."""
    captures = two_vantages(tmp_path)
    assert main([*captures, "--json"]) == OK
    plain = json.loads(capsys.readouterr().out)["clocks"][1]
    assert (plain["tier"], plain["tiers"]["floors"]) == ("causal", None)
    room = plain["offset_hi_ns"] - plain["offset_lo_ns"]
    assert main([*captures, "--json", "--floor", f"client>server={room // 4}ns"]) == OK
    document = json.loads(capsys.readouterr().out)
    told = document["clocks"][1]
    assert document["command"]["options"]["floors"] == {"client>server": room // 4}
    assert told["tier"] == "floors"
    assert told["tiers"]["causal"] == {"lo_ns": plain["offset_lo_ns"], "hi_ns": plain["offset_hi_ns"]}
    assert told["offset_hi_ns"] < plain["offset_hi_ns"]
    assert told["tiers"]["symmetric"] == {"offset_ns": told["offset_ns"], "assumes": "equal floors"}
    assert main([*captures, "--floor", f"client>server={room // 4}ns"]) == OK
    page = capsys.readouterr().out
    assert "bounds are with the floors given" in page
    assert "(causal " in page


def test_a_refuted_floor_is_told_on_the_page_and_not_used(tmp_path, capsys):
    captures = two_vantages(tmp_path)
    assert main([*captures, "--floor", "server>client=5s"]) == OK
    page = capsys.readouterr().out
    assert "refuted" in page
    assert "bounds are causal" in page


def test_a_floor_of_an_unknown_vantage_is_refused(tmp_path, capsys):
    assert main([*two_vantages(tmp_path), "--floor", "client>moon=5us"]) == BAD_INPUT
    assert "moon" in capsys.readouterr().err
