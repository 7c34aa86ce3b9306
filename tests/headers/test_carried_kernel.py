"""Whether an IP header inside a carrier is one (RFC 791, RFC 8200), and what its packet carries."""

import numpy as np
import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment
from scapy.packet import Raw

from correlate.headers.carried_kernel import (
    carried_version,
    checked_version,
    declared_end,
    payload_of_ip,
    skip_extensions,
    version_of,
)
from correlate.headers.link_kernel import ANY_IP, IPV4, IPV6

V4 = bytes(IP(src="10.0.0.1", dst="10.0.0.2") / UDP() / Raw(b"12345678"))
V6 = bytes(IPv6(src="fd00::1", dst="fd00::2") / UDP() / Raw(b"12345678"))


def data_of(octets):
    return np.frombuffer(octets, np.uint8)


@pytest.mark.parametrize(("protocol", "version"), [(IPV4, 4), (IPV6, 6), (ANY_IP, 0)])
def test_a_protocol_promises_a_version(protocol, version):
    """Or leaves it to the first nibble."""
    assert version_of(protocol) == version


def test_a_sound_packet_that_fits_is_believed():
    """Exactly filling its carrier, or with padding behind; IPv6 on a guess must fill it."""
    for packet, version in ((V4, 4), (V6, 6)):
        data, size = data_of(packet + b"padding"), len(packet)
        assert checked_version(data, 0, size, 0) == version
        assert carried_version(data, 0, size, size, version, True) == version
        assert carried_version(data, 0, size + 7, size + 7, 0, False) == version
    assert carried_version(data_of(V4 + b"padding"), 0, len(V4) + 7, len(V4) + 7, 4, True) == 4
    assert carried_version(data_of(V6 + b"padding"), 0, len(V6) + 7, len(V6) + 7, 6, True) == 0


def test_a_packet_longer_than_its_carrier_or_cut_in_its_header_is_not():
    """Lengths within the carrier; the whole fixed header captured."""
    for packet, header in ((V4, 20), (V6, 40)):
        data = data_of(packet)
        assert carried_version(data, 0, len(packet), len(packet) - 1, 0, False) == 0
        assert carried_version(data, 0, header - 1, len(packet), 0, False) == 0
        assert carried_version(data, 0, header, len(packet), 0, False) != 0
        assert checked_version(data, len(packet), len(packet), 0) == 0


def test_a_wrong_header_checksum_counts_against_a_guess_only():
    """A protocol number that says IPv4 makes it damage instead."""
    data = data_of(V4[:10] + b"\x12\x34" + V4[12:])
    assert carried_version(data, 0, len(V4), len(V4), 4, True) == 0
    assert carried_version(data, 0, len(V4), len(V4), 4, False) == 4


def test_no_length_no_carried_packet():
    """Length 0 means a super-packet of the link, or a jumbogram: neither fits into a carrier."""
    assert carried_version(data_of(V4[:2] + b"\0\0" + V4[4:]), 0, len(V4), 1 << 17, 4, False) == 0
    assert carried_version(data_of(V6[:4] + b"\0\0" + V6[6:]), 0, len(V6), 1 << 17, 6, False) == 0
    bubble = bytes(IPv6(nh=59))
    assert carried_version(data_of(bubble), 0, 40, 40, 6, True) == 6


def test_the_end_is_the_packets_own_but_never_beyond_its_carrier():
    """A length of 0 leaves it to the carrier."""
    assert declared_end(data_of(V4 + b"more"), 0, 4, len(V4) + 4) == len(V4)
    assert declared_end(data_of(V4), 0, 4, 30) == 30
    assert declared_end(data_of(V6 + b"more"), 0, 6, len(V6) + 4) == len(V6)
    assert declared_end(data_of(V4[:2] + b"\0\0" + V4[4:]), 0, 4, 77) == 77


def test_extension_headers_are_walked_to_the_payload():
    """RFC 8200 section 4.1; a later fragment has no payload header, a first one has more to come."""
    options = bytes(IPv6() / IPv6ExtHdrDestOpt() / UDP())
    assert tuple(map(int, skip_extensions(data_of(options), 0, len(options)))) == (17, 48, 0, 0)
    first = bytes(IPv6() / IPv6ExtHdrFragment(m=1) / UDP())
    assert tuple(map(int, payload_of_ip(data_of(first), 0, 6, len(first)))) == (17, 48, 1)
    later = bytes(IPv6() / IPv6ExtHdrFragment(offset=5) / UDP())
    assert payload_of_ip(data_of(later), 0, 6, len(later))[0] == -1
    assert skip_extensions(data_of(options), 0, 44)[0] == -1


def test_fragments_of_version_4_alike():
    """Flag MF and offset (RFC 791 section 3.1)."""
    first, later = bytes(IP(flags="MF") / UDP()), bytes(IP(frag=3) / UDP())
    assert tuple(map(int, payload_of_ip(data_of(first), 0, 4, len(first)))) == (17, 20, 1)
    assert payload_of_ip(data_of(later), 0, 4, len(later))[0] == -1
