"""``--floor``: a claim about the network is taken word for word or not at all."""

from __future__ import annotations

import pytest
from correlate_cli.floors import read_floors

from correlate.errors import UsageError


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
