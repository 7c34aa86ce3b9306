"""Community ID (specification version 1, baseline vectors with seed 0)."""

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.wire.community import community_id

VECTORS = [
    ("128.232.110.120", "66.35.250.204", 6, 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    ("192.168.1.52", "8.8.8.8", 17, 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    ("192.168.0.89", "192.168.0.1", 1, 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    ("192.168.0.1", "192.168.0.89", 1, 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    ("fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 58, 135, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
    ("192.168.170.8", "192.168.170.56", 132, 7, 80, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="),
]


@pytest.mark.parametrize(("src", "dst", "proto", "sport", "dport", "label"), VECTORS)
def test_published_vectors_are_met(src, dst, proto, sport, dport, label):
    assert community_id(ip_address(src).packed, ip_address(dst).packed, proto, sport, dport) == label


@settings(max_examples=50)
@given(
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=4, max_size=4),
    st.sampled_from([6, 17, 132, 47, 50]),
    st.integers(0, 65535),
    st.integers(0, 65535),
)
def test_both_directions_of_a_flow_have_one_label(src, dst, proto, sport, dport):
    assert community_id(src, dst, proto, sport, dport) == community_id(dst, src, proto, dport, sport)


def test_an_icmp_error_is_named_by_its_own_direction():
    """Types without a counterpart are one-way: the specification does not order their addresses."""
    src, dst = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
    assert community_id(src, dst, 1, 3, 1) != community_id(dst, src, 1, 3, 1)
