"""Rule: both addresses, those in routing headers, and what routers recorded are found; padding becomes zeros."""

from __future__ import annotations

import numpy as np
import pytest
from scapy.layers.inet import IP, UDP, IPOption_RR
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, IPv6ExtHdrRouting

from correlate.model.arrays import frozen
from correlate.privacy.internet_kernel import internet
from correlate.privacy.sites import AT, COLUMNS, END, IP_SUM, KIND, V4, V6, ZERO

pytestmark = pytest.mark.jit_off


def found(data: bytes, version: int):
    table = np.zeros((20, COLUMNS), np.int64)
    view = frozen(np.frombuffer(data, np.uint8))
    *said, count = internet(view, version, 0, len(data), len(data), table, 0)
    return [int(value) for value in said], [(int(r[KIND]), int(r[AT]), int(r[END])) for r in table[:count]]


def test_an_ipv4_header_gives_addresses_checksum_and_recorded_route() -> None:
    packet = IP(src="192.0.2.1", dst="192.0.2.2", options=[IPOption_RR(routers=["192.0.2.3"])]) / UDP() / b"abc"
    said, rows = found(bytes(packet) + b"padding", 4)
    assert rows == [(V4, 12, 16), (V4, 16, 20), (IP_SUM, 10, 28), (ZERO, 23, 27), (ZERO, 39, 46)]
    assert said == [17, 28, 39, 39, 0, 0]


def test_an_ipv6_header_gives_addresses_of_its_routing_header() -> None:
    routing = IPv6ExtHdrRouting(addresses=["2001:db8::3"])
    said, rows = found(bytes(IPv6() / routing / UDP()), 6)
    assert rows == [(V6, 8, 24), (V6, 24, 40), (V6, 48, 64)]
    assert said == [17, 64, 72, 72, 0, 0]


def test_fragments_are_told_and_cut_headers_too() -> None:
    later = IPv6() / IPv6ExtHdrFragment(offset=3, m=1, nh=17) / b"x"
    assert found(bytes(later), 6)[0] == [17, 48, 49, 49, 1, 1]
    assert found(bytes(IPv6(nh=0, plen=8)), 6)[0][0] == -1
    assert found(bytes(IP(frag=5, proto=17) / b"x"), 4)[0] == [17, 20, 21, 21, 1, 1]
