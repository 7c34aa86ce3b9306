"""Bounds on public captures whose truth is known (README beside them)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from correlate.pipeline import correlate

CAPTURES = Path(__file__).parents[3] / "shared" / "captures" / "vantages"
pytestmark = [pytest.mark.real, pytest.mark.skipif(not CAPTURES.exists(), reason="public captures are absent")]


def bounds(result, place):
    """Return estimate, lo, hi of the vantage at a place, at each of its packets."""
    clock = result.clocks.vantages[place]
    return clock.offset_at(result.packets[clock.vantage].columns.ts_ns)


def test_two_real_clocks_of_a_home_router():
    """Truth: +0.4209 s; no wider than 1.05 x 1.115 ms at the narrowest."""
    folder = CAPTURES / "kurose-nat"
    result = correlate({"home": folder / "NAT_home_side.pcap", "isp": folder / "NAT_ISP_side.pcap"}, options=None)
    _, lo, hi = bounds(result, 1)
    first = int(np.argmin(result.packets[1].columns.ts_ns))
    assert lo[first] <= 420_900_000 <= hi[first]
    assert (hi - lo).min() <= 1.05 * 1_115_000
    assert result.clocks.hops[0].violation_ns == 0
    assert result.clocks.hops[0].grade == "proven"


@pytest.mark.parametrize(
    ("names", "folder"),
    [
        (("ipv4-nat-0-0.pcap", "ipv4-nat-1-0.pcap", "ipv4-nat-1-1.pcap", "ipv4-nat-2-0.pcap"), "ns3-pat"),
        (("tcp-bulk-send-0-0.pcap", "tcp-bulk-send-1-0.pcap"), "ns3-pat"),
        (("client_1_tcp_only.pcap.gz", "server_1_tcp_only.pcap.gz"), "mptcp-two-hosts"),
    ],
)
def test_captures_of_one_clock_hold_an_offset_of_0(names, folder):
    """Truth: one clock; tcp-bulk is asymmetric by 8.576 ms, so the symmetric estimate errs and the bounds must not."""
    result = correlate({name.split(".")[0]: CAPTURES / folder / name for name in names}, options=None)
    assert len(result.clocks.vantages) == len(names)
    for place in range(len(names)):
        _, lo, hi = bounds(result, place)
        assert (lo <= 0).all()
        assert (hi >= 0).all()
        assert result.clocks.vantages[place].steps == ()
        assert result.clocks.vantages[place].grade == "proven"


def test_a_growing_delay_in_one_direction_is_not_taken_for_a_clock():
    """Truth: softether client -> relay is constant, relay -> client grows by 20 to 180 ms."""
    folder = CAPTURES / "proxydetection" / "softether-sstp-sstp_http1"
    result = correlate({name: folder / f"{name}.pcap" for name in ("client", "relay")}, options=None)
    hop = result.clocks.hops[0]
    assert hop.violation_ns == hop.constant_violation_ns == 0
    assert hop.steps == ()
    assert hop.skew_lo_ppb <= 0 <= hop.skew_hi_ppb


def test_a_client_clock_500_ppm_off_is_a_skew():
    """Truth: xl2tpd client runs about 500 ppm off."""
    folder = CAPTURES / "proxydetection" / "xl2tpd-xl2tpd_ipsec-l2tp_http1"
    result = correlate({name: folder / f"{name}.pcap" for name in ("client", "relay")}, options=None)
    hop = result.clocks.hops[0]
    assert hop.constant_violation_ns > 30_000_000
    assert hop.violation_ns == 0
    assert hop.skew_ppb == pytest.approx(-490_000, abs=40_000)
    assert hop.steps == ()
