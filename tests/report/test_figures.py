"""Hops and hosts of report.json."""

from correlate.report.figures import hops_json, hosts_json
from tests.report.builder import flagship


def test_sent_is_the_sum_of_its_fates():
    """Contract: sent = delivered + lost + not_captured + absorbed + ambiguous."""
    for hop in hops_json(flagship()):
        for way in ("forward", "reverse"):
            figures = hop[way]
            parts = ("delivered", "lost", "not_captured", "absorbed", "ambiguous")
            assert figures["sent"] == sum(figures[part] for part in parts)


def test_hops_stand_in_path_order():
    assert [(hop["from"], hop["to"]) for hop in hops_json(flagship())] == [
        ("client", "fw-int"),
        ("fw-int", "fw-ext"),
        ("fw-ext", "server"),
    ]


def test_unbounded_delays_are_null():
    delay = hops_json(flagship(half_width=None))[0]["forward"]["owd_ns"]
    assert (delay["lo"], delay["hi"]) == (None, None)


def test_bounds_enclose_the_figure():
    """Contract: owd_ns.lo <= 0 <= owd_ns.hi."""
    delay = hops_json(flagship())[0]["forward"]["owd_ns"]
    assert delay["lo"] <= 0 <= delay["hi"]


def test_hosts_say_the_side():
    (host,) = hosts_json(flagship())
    assert (host["vantage"], host["side"], host["think_ns"]["p50"]) == ("server", "server", 15_000_000)
