"""What of a packet enters its fingerprint, and what does not."""

import numpy as np
import pytest

from correlate.fingerprint import fingerprint
from tests.match.crafting import CLIENT, NAT, SERVER, icmp, ip4, table, tcp, udp, unreachable

DATA = b"some payload of more than thirty-two bytes, so that its head is whole"


def exact(*frames, **options):
    return fingerprint(table([(k, frame) for k, frame in enumerate(frames)], **options)).exact.tolist()


@pytest.mark.parametrize(
    "make",
    [
        lambda src, port, ttl: tcp(src, SERVER, port, 443, seq=5, ack=6, data=DATA, ident=7, ttl=ttl, stamp=(1, 2)),
        lambda src, port, ttl: udp(src, SERVER, port, 53, DATA, ident=7, ttl=ttl),
        lambda src, port, ttl: icmp(src, SERVER, 8, 0, bytes([port >> 8, port & 255, 0, 9]) + DATA, ident=7, ttl=ttl),
        lambda src, port, ttl: ip4(src, SERVER, 47, DATA, ident=7, ttl=ttl),
        lambda src, port, ttl: unreachable(SERVER, src, udp(src, SERVER, port, 53, b"x", ident=4), ident=7, ttl=ttl),
    ],
    ids=["tcp", "udp", "ping", "other", "icmp error"],
)
def test_nat_and_routers_change_nothing(make):
    """RFC 3022: addresses, ports or ICMP identifier, checksums; RFC 1812: TTL."""
    before, after = exact(make(CLIENT, 50000, 64), make(NAT, 61000, 63))
    assert before == after


@pytest.mark.parametrize(
    "change",
    [{"seq": 6}, {"ack": 7}, {"flags": 17}, {"data": DATA[:-1]}, {"ident": 8}, {"window": 501}, {"stamp": (1, 3)}],
    ids=str,
)
def test_what_tells_packets_apart_changes_the_key(change):
    """Algorithms section 2, tier T0."""
    plain = {"seq": 5, "ack": 6, "flags": 16, "data": DATA, "ident": 7, "window": 500, "stamp": (1, 2)}
    one, two = exact(*(tcp(CLIENT, SERVER, 1, 2, **parts) for parts in (plain, {**plain, **change})))
    assert one != two


def test_ecn_marks_change_nothing():
    """RFC 3168: routers set CE, receivers ECE, senders CWR; NS is bit 8 (RFC 3540)."""
    one, two = exact(*(tcp(CLIENT, SERVER, 1, 2, seq=5, ack=6, flags=flags) for flags in (16, 16 | 64 | 128)))
    assert one == two


def test_an_acknowledgement_number_without_ack_is_ignored():
    """RFC 9293 section 3.1: significant only with ACK; firewalls clear it."""
    one, two = exact(*(tcp(CLIENT, SERVER, 1, 2, seq=5, ack=ack, flags=2) for ack in (0, 99)))
    assert one == two


@pytest.mark.parametrize("snaplen", [54, 60, 80])
def test_tcp_keys_do_not_depend_on_what_was_captured(snaplen):
    """A key must be equal at vantages with different snap lengths."""
    frame = tcp(CLIENT, SERVER, 1, 2, seq=5, ack=6, data=DATA)
    assert exact(frame) == exact(frame, snaplen=snaplen)


def test_payload_of_datagrams_is_in_the_key_as_far_as_32_bytes():
    """Datagrams have no numbers; the digest of the whole payload would depend on the snap length."""
    one, two, three = exact(*(udp(CLIENT, SERVER, 1, 2, data) for data in (DATA, b"S" + DATA[1:], DATA[:-1] + b"S")))
    assert one != two
    assert one == three
    assert exact(udp(CLIENT, SERVER, 1, 2, DATA)) == exact(udp(CLIENT, SERVER, 1, 2, DATA), snaplen=74)


def test_payload_sum_survives_port_translation_and_snap_length():
    """RFC 1624: checksum minus pseudo-header minus header is the payload's sum."""
    inside = fingerprint(table([(0, udp(CLIENT, SERVER, 50000, 53, DATA))]))
    outside = fingerprint(table([(0, udp(NAT, SERVER, 61000, 53, DATA))], snaplen=42))
    assert inside.at("total", [0]).tolist() == outside.at("total", [0]).tolist() != [0]


def test_a_wrong_checksum_is_told_and_changes_no_key():
    """RFC 1624: what updates a checksum keeps it as wrong as it was, so it is evidence; corruption must not hide a packet."""
    good = udp(CLIENT, SERVER, 1, 2, DATA)
    prints = fingerprint(table([(0, good), (1, good[:41] + bytes([good[41] ^ 1]) + good[42:])]))
    assert prints.at("is_wrong", [0, 1]).tolist() == [False, True]
    assert prints.exact[0] == prints.exact[1]


def test_constant_and_zero_ip_ids_tell_nothing():
    """RFC 6864: atomic datagrams may carry any ID; Linux sends 0 in SYN-ACK."""
    constant = [(k, udp(CLIENT, SERVER, 1, 2, bytes([k]), ident=4)) for k in range(6)]
    counting = [(10 + k, udp(CLIENT, SERVER, 3, 4, bytes([k]), ident=k)) for k in range(6)]
    telling = fingerprint(table(constant + counting)).is_telling
    assert telling.tolist() == [False] * 6 + [False] + [True] * 5


def test_bits_rise_with_what_chance_would_have_to_hit():
    """Small numbers are what simulators use; repeated payloads say nothing."""
    frames = [tcp(CLIENT, SERVER, 1, 2, seq=1, flags=2), tcp(CLIENT, SERVER, 1, 2, seq=3_000_000_000, flags=2)]
    beacons = [udp(CLIENT, SERVER, 5, 6, b"the same beacon") for _ in range(4)]
    unique = [udp(CLIENT, SERVER, 5, 6, b"once only, long enough")]
    bits = fingerprint(table([(k, f) for k, f in enumerate(frames + beacons + unique)])).bits.astype(int)
    assert bits[0] < 4 < 30 < bits[1]
    assert bits[2] == 0
    assert bits[6] >= 40


def test_an_empty_capture_has_empty_columns():
    """Nothing in, nothing out."""
    prints = fingerprint(table([]))
    assert len(prints) == len(prints.bits) == len(prints.is_telling) == 0
    assert all(len(prints.at(name, slice(None))) == 0 for name in prints.components)


def test_columns_are_read_only():
    """Model rule: one signature per kernel."""
    prints = fingerprint(table([(0, udp(CLIENT, SERVER, 1, 2))]))
    assert not any(column.flags.writeable for column in (prints.exact, prints.bits, prints.is_telling))
    assert isinstance(prints.exact, np.ndarray)
