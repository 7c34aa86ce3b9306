"""Tags, labels and sessions between link and IP, each header alone."""

import numpy as np
import pytest
from scapy.layers.inet import IP
from scapy.layers.l2 import Dot1Q, Ether

from correlate.headers.ethertype_kernel import (
    behind_labels,
    behind_length,
    behind_ppp,
    behind_session,
    holds_ethernet,
    is_tag,
    with_tag,
)
from correlate.headers.link_kernel import ANY_IP, BROKEN, ETHERNET, IPV4, IPV6, NOTHING, PPP

V4 = bytes(IP(src="10.0.0.1", dst="10.0.0.2", proto=99) / b"12345678")
FRAME = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(V4))


def data_of(octets):
    return np.frombuffer(octets, np.uint8)


def read(function, octets):
    """Numbers that a header function returns for exactly these bytes."""
    return tuple(map(int, function(data_of(octets), 0, len(octets))))


def labels(octets):
    return tuple(map(int, behind_labels(data_of(octets), 0, len(octets), len(octets))))


def test_tags_fill_the_column_from_outside_in():
    """Two show, a third does not (``PacketColumns.vlan``)."""
    assert [is_tag(kind) for kind in (0x8100, 0x88A8, 0x9100, 0x9200, 0x0800)] == [True] * 4 + [False]
    assert with_tag(-1, 5) == 5
    assert with_tag(5, 6) == 5 << 12 | 6 | 1 << 24
    assert with_tag(5 << 12 | 6 | 1 << 24, 7) == 5 << 12 | 6 | 1 << 24


@pytest.mark.parametrize(
    ("octets", "protocol", "at"),
    [
        (bytes.fromhex("aaaa030000000800"), IPV4, 8),
        (bytes.fromhex("060603") + V4, IPV4, 3),
        (bytes.fromhex("424203"), NOTHING, 0),
        (bytes.fromhex("aaaa03"), NOTHING, 0),
        (b"\xaa", BROKEN, 0),
    ],
)
def test_behind_a_length_field(octets, protocol, at):
    """IEEE 802.2: SNAP, IP on LLC, something else."""
    assert read(behind_length, octets) == (protocol, at)


@pytest.mark.parametrize(
    ("octets", "protocol", "at"),
    [
        (b"\xff\x03\x00\x21" + V4, IPV4, 4),
        (b"\x00\x21" + V4, IPV4, 2),
        (b"\x21" + V4, IPV4, 1),
        (b"\x00\x57", IPV6, 2),
        (b"\x02\x81", 0x8847, 2),
        (b"\xc0\x21", NOTHING, 2),
        (b"\xff\x03\x00", BROKEN, 2),
        (b"\x00", BROKEN, 0),
    ],
)
def test_ppp_with_and_without_its_optional_parts(octets, protocol, at):
    """RFC 1661 section 6, RFC 1662 section 3.1."""
    assert read(behind_ppp, octets) == (protocol, at)


def test_a_pppoe_session_holds_ppp():
    """RFC 2516 section 4."""
    assert read(behind_session, bytes.fromhex("1100002a000a0021")) == (PPP, 6, 42)
    assert read(behind_session, bytes.fromhex("1100002a000a00"))[0] == BROKEN


def test_labels_end_at_the_bottom_and_the_bottom_is_the_key():
    """RFC 3032 section 2.1."""
    assert labels(bytes.fromhex("0001004000020140") + V4) == (ANY_IP, 8, 32)
    assert labels(bytes.fromhex("00010140") + b"\x90" + bytes(40)) == (NOTHING, 4, 16)
    assert labels(bytes.fromhex("00010140"))[0] == BROKEN
    assert labels(bytes(4) * 40)[0] == NOTHING


def test_a_pseudowire_is_told_by_the_packet_in_it():
    """RFC 4448: with and without control word; an address that starts like IP is still one."""
    label = bytes.fromhex("00010140")
    assert labels(label + FRAME) == (ETHERNET, 4, 16)
    assert labels(label + bytes(4) + FRAME) == (ETHERNET, 8, 16)
    assert labels(label + b"\x45" + FRAME[1:]) == (ETHERNET, 4, 16)
    assert labels(label + bytes(4) + b"\x02" + bytes(40))[0] == NOTHING


def test_an_ethernet_header_must_lead_to_a_sound_packet():
    """Two tags at most between."""
    tagged = bytes(Ether(dst="02:00:00:00:00:02") / Dot1Q(vlan=1) / Dot1Q(vlan=2) / IP(V4))
    for octets, expected in (
        (FRAME, True),
        (tagged, True),
        (FRAME[:13], False),
        (FRAME[:14] + b"\x55" + FRAME[15:], False),
        (FRAME[:12] + b"\x08\x06" + FRAME[14:], False),
    ):
        assert bool(holds_ethernet(data_of(octets), 0, len(octets), len(octets))) == expected
