"""The header of each tunnel alone: what it says follows, and what it must not say."""

import numpy as np
import pytest

from correlate.headers.link_kernel import ANY_IP, ETHERNET, IPV4, IPV6, NOTHING, PPP
from correlate.headers.tunnel_kernel import KEY, KIND, may_carry, open_gre, open_other, open_udp
from correlate.model.tunnels import TunnelKind


def padded(text):
    """Hex digits of a header and room behind it."""
    return np.frombuffer(bytes.fromhex(text) + bytes(64), np.uint8)


def layer():
    return np.full(8, -1, np.int64)


def test_most_protocols_carry_no_packet():
    """TCP, ICMP, ESP: a quick no."""
    assert [number for number in range(256) if may_carry(number)] == [4, 17, 41, 47, 51, 97, 115, 137]


@pytest.mark.parametrize(
    ("header", "protocol", "size", "key"),
    [
        ("00000800", IPV4, 4, -1),
        ("000086dd", IPV6, 4, -1),
        ("2000655800000107", ETHERNET, 8, 0x107),
        ("b00008000000000000000009 00000001".replace(" ", ""), IPV4, 16, 9),
        ("00008847", 0x8847, 4, -1),
        ("0000880b", PPP, 4, -1),
        ("0000cafe", NOTHING, 4, -1),
        ("40000800", NOTHING, 0, -1),  # source routes
        ("00010800", NOTHING, 0, -1),  # version 1 without PPP
        ("3081880b00200007 0000000100000002".replace(" ", ""), PPP, 16, 7),
        ("1000880b0000", PPP, 8, -1),
    ],
)
def test_gre(header, protocol, size, key):
    """RFC 2784, RFC 2890; RFC 2637 for version 1."""
    found = layer()
    got = open_gre(padded(header), 0, 64, found)
    assert (int(got[0]), int(got[1]), int(found[KEY])) == (protocol, size, key)


@pytest.mark.parametrize(
    ("header", "protocol", "size", "session", "is_cut"),
    [
        ("000088be", ETHERNET, 4, -1, False),
        ("100088be00000001 1001000500000000", ETHERNET, 16, 5, False),
        ("100088be00000001 1001040500000000", ETHERNET, 16, 5, True),
        ("100088be00000001 2001000500000000", NOTHING, 8, -1, False),
        ("100022eb00000001 200100050000000000000000", ETHERNET, 20, 5, False),
        ("100022eb00000001 200100050000000000000001 0000000000000000", ETHERNET, 28, 5, False),
        ("100022eb00000001 200100050000000000000800", ANY_IP, 20, 5, False),
        ("100022eb00000001 200100050000000000000c00", NOTHING, 20, 5, False),
    ],
)
def test_erspan(header, protocol, size, session, is_cut):
    """draft-foschiano-erspan: types I, II and III."""
    found = layer()
    got = open_gre(padded(header.replace(" ", "")), 0, 64, found)
    assert (int(got[0]), int(got[1]), bool(got[2])) == (protocol, size, is_cut)
    assert int(found[KEY]) == session
    assert found[KIND] == TunnelKind.ERSPAN


@pytest.mark.parametrize(
    ("sport", "dport", "header", "protocol", "size", "key"),
    [
        (9, 4789, "0800000000010700", ETHERNET, 8, 0x107),
        (9, 8472, "0800000000010700", ETHERNET, 8, 0x107),
        (9, 4789, "8800000200010700", ETHERNET, 8, 0x107),  # group policy
        (9, 4789, "0000000000010700", NOTHING, 8, 0x107),
        (9, 4789, "1800000000010700", NOTHING, 8, 0x107),
        (9, 4790, "0c00000100010700", IPV4, 8, 0x107),
        (9, 4790, "0c00000400010700", NOTHING, 8, 0x107),
        (9, 6081, "0000655800010700", ETHERNET, 8, 0x107),
        (9, 6081, "0200080000010700", IPV4, 16, 0x107),
        (9, 6081, "4000655800010700", NOTHING, 0, -1),
        (2152, 9, "30ff000800000107", ANY_IP, 8, 0x107),
        (9, 2152, "34ff001000000107 00000085 01000000", ANY_IP, 16, 0x107),
        (9, 2152, "34ff001000000107 00000085 00000000", NOTHING, 0, 0x107),
        (9, 2152, "3001000800000107", NOTHING, 0, -1),
        (9, 2152, "30fff00000000107", NOTHING, 0, 0x107),
        (1701, 1701, "0002000100070021", PPP, 6, 0x10007),
        (1701, 1701, "4802002000010007 00000000 0021", PPP, 12, 0x10007),
        (1701, 1701, "c802002000010007", NOTHING, 0, -1),
        (9, 6635, "00010140", 0x8847, 0, -1),
        (9, 3544, "60000000", IPV6, 0, -1),
        (9, 3544, "0000000000000000", IPV6, 8, -1),
        (9, 53, "0800000000010700", NOTHING, 0, -1),
    ],
)
def test_what_the_ports_of_udp_announce(sport, dport, header, protocol, size, key):
    """RFC 7348, 8926, 2661, 7510, 4380; TS 29.281; draft-ietf-nvo3-vxlan-gpe."""
    found = layer()
    start = f"{sport:04x}{dport:04x}00400000"
    got = open_udp(padded(start + header.replace(" ", "")), 0, 64, 64, found)
    assert int(got[0]) == protocol
    assert int(found[KEY]) == key
    if protocol != NOTHING:
        assert int(got[1]) == 8 + size


def test_a_datagram_longer_than_its_packet_opens_nothing():
    """The UDP length has the last word on where the tunnel ends."""
    data = padded("000912b500400000" + "0800000000010700")
    assert open_udp(data, 0, 72, 63, layer())[0] == NOTHING
    assert open_udp(data, 0, 72, 64, layer())[2] == 64


@pytest.mark.parametrize(
    ("number", "version", "protocol", "kind"),
    [
        (4, 4, IPV4, TunnelKind.IPIP),
        (4, 6, IPV4, TunnelKind.FOUR_IN_SIX),
        (41, 4, IPV6, TunnelKind.SIX_IN_FOUR),
        (41, 6, IPV6, TunnelKind.SIX_IN_SIX),
    ],
)
def test_ip_in_ip(number, version, protocol, kind):
    """RFC 2003, RFC 4213, RFC 2473."""
    found = layer()
    assert open_other(padded(""), number, version, 0, 64, 64, found)[0] == protocol
    assert found[KIND] == kind


def test_etherip_and_l2tpv3_over_ip():
    """RFC 3378: version 3 and nothing else; RFC 3931: session 0 is control."""
    assert open_other(padded("3000"), 97, 4, 0, 64, 64, layer())[0] == ETHERNET
    assert open_other(padded("2000"), 97, 4, 0, 64, 64, layer())[0] == NOTHING
    assert open_other(padded("00000000"), 115, 4, 0, 64, 64, layer())[0] == NOTHING
    assert open_other(padded("00000001"), 115, 4, 0, 64, 64, layer())[0] == NOTHING
    assert open_other(padded("00010140"), 137, 4, 0, 64, 64, layer())[0] == 0x8847
