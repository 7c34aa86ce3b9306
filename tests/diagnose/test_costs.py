"""``diagnose.costs``: a lost option is told with the number that it costs."""

from __future__ import annotations

from correlate.diagnose.costs import cost_sentence, handshake_ns, lost_options
from tests.diagnose.boxes import Options
from tests.diagnose.worlds import MS, SMALL, outcome
from tests.netsim import chain
from tests.netsim.boxes import MssClamp, OptionStrip
from tests.netsim.packet import SACK_PERMITTED, WSCALE


def test_lost_window_scaling_caps_the_throughput_at_64_kb_per_round_trip() -> None:
    """RFC 7323: 65,535 bytes per round trip of 100 ms are 5.2 Mbit/s."""
    slow = chain(3, loads=SMALL).with_hop(1, both={"delay_ns": 50 * MS}, boxes=[OptionStrip(option=WSCALE)])
    [one, *_] = outcome(slow).of("option-stripped")
    assert "at most 65,535 bytes are under way" in one.explanation
    assert "round trip of 100 ms that caps it at 5.2" in one.explanation


def test_each_change_has_its_own_price() -> None:
    """SACK, a misread scale, a lowered MSS."""
    base = chain(3, loads=SMALL)
    texts = [
        (OptionStrip(option=SACK_PERMITTED), "option-stripped", "at most one loss is repaired per round trip"),
        (Options(wscale=2), "window-scale-altered", "32 times too small"),
        (MssClamp(mss=730), "mss-clamped", "100 % more segments"),
    ]
    for box, code, text in texts:
        assert any(text in one.explanation for one in outcome(base.with_hop(1, boxes=[box])).of(code)), code


def test_options_without_a_column_are_named() -> None:
    """MPTCP and Fast Open by their IANA kinds."""
    assert lost_options("2202", "01") == ["TCP Fast Open"]
    assert lost_options("1e0c00810102030405060708", None) == ["MPTCP"]
    assert lost_options(None, "2202") == []
    assert lost_options("22", "") == ["TCP Fast Open"]
    view = outcome(chain(3, loads=SMALL)).view()
    said = cost_sentence(view, "option-stripped", 0, 0, {"tcp.options": ("1e0c00810102030405060708", "0101")})
    assert "falls back to plain TCP" in said
    assert handshake_ns(view, 0) >= 0
