"""Rule: addresses, payload and names go, in every layer; what is checked by sums stays right, wrong or unfinished."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6ND_NS,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrFragment,
    IPv6ExtHdrRouting,
)
from scapy.layers.l2 import ARP, GRE, CookedLinux, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN

from correlate.model.arrays import frozen
from correlate.model.packets import ChecksumState
from correlate.privacy import Rewriter
from correlate.privacy.sites import COLUMNS
from correlate.privacy.sites_kernel import find_sites
from tests.dissect.chunks import chunk_of, dissect

KEY = bytes(range(32))
SRC, DST, SRC6, DST6 = "198.51.100.17", "203.0.113.9", "2001:db8:1::17", "2001:db8:2::9"
ETHER = Ether(src="02:11:22:33:44:55", dst="02:66:77:88:99:aa")
WORDS = b"a secret that nobody may read, not even in part, whatever carries it"
SECRETS = [
    bytes.fromhex("021122334455"),
    bytes.fromhex("0266778899aa"),
    bytes([198, 51, 100, 17]),
    bytes([203, 0, 113, 9]),
    b"secret",
    b"nobody",
    b"even in part",
]
V6 = [bytes.fromhex("20010db80001"), bytes.fromhex("20010db80002")]
INNER = IP(src=SRC, dst=DST, id=7) / UDP(sport=5000, dport=53) / WORDS
OPTIONS = [("MSS", 1460), ("Timestamp", (5, 6))]
PACKETS = {
    "tcp": ETHER / IP(src=SRC, dst=DST) / TCP(sport=1, dport=80, options=OPTIONS) / WORDS,
    "udp": ETHER / Dot1Q(vlan=9) / INNER,
    "udp odd": ETHER / IP(src=SRC, dst=DST) / UDP() / WORDS[:33],
    "small": ETHER / IP(src=SRC, dst=DST) / UDP(dport=9) / b"xy",
    "echo": ETHER / IP(src=SRC, dst=DST) / ICMP(id=3, seq=4) / WORDS,
    "error": ETHER / IP(src="192.0.2.254", dst=SRC) / ICMP(type=3, code=1) / INNER,
    "redirect": ETHER / IP(src="192.0.2.254", dst=SRC) / ICMP(type=5, gw=DST) / bytes(INNER)[:28],
    "ipv6": ETHER / IPv6(src=SRC6, dst=DST6) / TCP(dport=443) / WORDS,
    "echo6": ETHER / IPv6(src=SRC6, dst=DST6) / ICMPv6EchoRequest(data=WORDS),
    "error6": ETHER / IPv6(src=DST6, dst=SRC6) / ICMPv6TimeExceeded() / IPv6(src=SRC6, dst=DST6) / UDP() / WORDS,
    "neighbour": ETHER / IPv6(src=SRC6, dst=DST6) / ICMPv6ND_NS(tgt=DST6),
    "fragment6": ETHER / IPv6(src=SRC6, dst=DST6) / IPv6ExtHdrFragment(m=1, nh=17) / UDP() / WORDS,
    "routing": ETHER / IPv6(src=SRC6, dst=DST6) / IPv6ExtHdrRouting(addresses=[SRC6, DST6]) / UDP() / WORDS,
    "ipip": ETHER / IP(src=DST, dst=SRC) / INNER,
    "gre": ETHER / IP(src=DST, dst=SRC) / GRE() / INNER,
    "vxlan": ETHER / IP(src=DST, dst=SRC) / UDP(dport=4789) / VXLAN(vni=7) / ETHER / INNER,
    "mpls": ETHER / MPLS(label=16, s=1) / INNER,
    "esp": ETHER / IP(src=SRC, dst=DST, proto=50) / (b"\0\0\1\0\0\0\0\1" + WORDS),
    "other": ETHER / IP(src=SRC, dst=DST, proto=200) / WORDS,
    "arp": ETHER / ARP(psrc=SRC, pdst=DST, hwsrc="02:11:22:33:44:55"),
    "not ip": Ether(src="02:11:22:33:44:55", dst="02:66:77:88:99:aa", type=0x88CC) / WORDS,
}  # fmt: skip


def rewritten(frames: list[bytes], **options) -> list[bytes]:
    chunk = Rewriter.from_key(KEY).rewrite(chunk_of(frames, **options))
    columns = chunk.columns
    return [
        chunk.data[at : at + size].tobytes()
        for at, size in zip(columns.offset.tolist(), columns.cap_len.tolist(), strict=True)
    ]


@pytest.mark.parametrize("name", PACKETS)
def test_nothing_that_tells_is_left_in_any_layer(name) -> None:
    old = bytes(PACKETS[name])
    (new,) = rewritten([old])
    assert len(new) == len(old)
    for secret in [*SECRETS, *V6]:
        assert secret not in new


@pytest.mark.parametrize("name", [name for name in PACKETS if name not in ("arp", "not ip")])
def test_what_is_no_secret_stays_and_sums_stay_right(name) -> None:
    old = bytes(PACKETS[name])
    before, counts = dissect([old])
    after, counts_after = dissect(rewritten([old]))
    assert counts == counts_after
    for column in (
        "flags",
        "stop",
        "ip_len",
        "ip_id",
        "ttl",
        "l4_csum_state",
        "payload_len",
        "seq",
        "options",
        "vlan",
        "proto",
    ):
        assert np.array_equal(getattr(after.columns, column), getattr(before.columns, column)), column
    assert len(after.quotes.row) == len(before.quotes.row)


@pytest.mark.parametrize("change", [1, 0x1234, 0xFFFE])
def test_a_wrong_checksum_stays_wrong_by_as_much(change) -> None:
    good = bytes(PACKETS["tcp"])
    bad = bytearray(good)
    field = (int.from_bytes(bad[50:52], "big") + change) % 65535
    bad[50:52] = field.to_bytes(2, "big")
    new_good, new_bad = rewritten([good, bytes(bad)])
    moved = (int.from_bytes(new_bad[50:52], "big") - int.from_bytes(new_good[50:52], "big")) % 65535
    assert moved == change % 65535
    assert dissect([new_bad])[0].columns.l4_csum_state.tolist() == [ChecksumState.BAD]


def test_unfinished_and_absent_checksums_stay_so() -> None:
    packet = ETHER / IP(src=SRC, dst=DST, chksum=0) / TCP(chksum=0) / WORDS
    raw = bytearray(bytes(packet))
    pseudo = sum(int.from_bytes(raw[at : at + 2], "big") for at in range(26, 34, 2)) + 6 + len(raw) - 34
    while pseudo > 0xFFFF:
        pseudo = (pseudo & 0xFFFF) + (pseudo >> 16)
    raw[50:52] = pseudo.to_bytes(2, "big")
    absent = bytes(ETHER / IP(src=SRC, dst=DST) / UDP(chksum=0) / WORDS)
    states = [ChecksumState.PARTIAL, ChecksumState.ABSENT]
    assert dissect([bytes(raw), absent])[0].columns.l4_csum_state.tolist() == states
    new = rewritten([bytes(raw), absent])
    assert dissect(new)[0].columns.l4_csum_state.tolist() == states
    assert new[0][24:26] == b"\0\0"


def test_a_checksum_that_nobody_computed_stays_zero_behind_every_nat() -> None:
    """Simulators leave 0 in TCP: moved with the addresses it would look altered by a NAT that left it alone."""
    frames = []
    for source in ("10.1.1.1", SRC):
        raw = bytearray(bytes(ETHER / IP(src=source, dst=DST) / TCP(sport=1, dport=80) / WORDS))
        raw[50:52] = b"\0\0"
        frames.append(bytes(raw))
    assert [frame[50:52] for frame in rewritten(frames)] == [b"\0\0"] * 2


def test_a_cut_capture_tells_the_same_sum_of_the_payload_as_the_whole() -> None:
    """RFC 1624: what headers tell of a payload joins cut captures with whole ones."""
    whole = bytes(PACKETS["tcp"])
    cut = whole[:80]
    new_whole, new_cut = rewritten([whole, cut], wire_lens=[len(whole), len(whole)])
    table, _counts = dissect([new_whole, new_cut], wire_lens=[len(whole), len(whole)])
    assert table.columns.payload_sum[0] == table.columns.payload_sum[1]
    old, _counts = dissect([whole, cut], wire_lens=[len(whole), len(whole)])
    assert old.columns.payload_sum[0] == table.columns.payload_sum[0]


def test_equal_packets_with_other_addresses_are_renamed_apart_and_keep_their_payload() -> None:
    """A NAT changes the source: afterwards it is another source, and the payload the same."""
    inside = IP(src="10.1.1.1", dst=DST, id=9) / UDP(sport=1000, dport=53) / WORDS
    outside = IP(src=SRC, dst=DST, id=9) / UDP(sport=2000, dport=53) / WORDS
    one, other = rewritten([bytes(ETHER / inside), bytes(ETHER / outside)])
    assert one[26:30] != other[26:30]
    assert one[30:34] == other[30:34]
    assert one[42:] == other[42:]


def test_cooked_links_and_padding_lose_what_tells(tmp_path) -> None:
    cooked = bytes(CookedLinux(src=b"\x02\x11\x22\x33\x44\x55") / INNER)
    (new,) = rewritten([cooked], link_type=113)
    assert SECRETS[0] not in new
    padded = bytes(ETHER / IP(src=SRC, dst=DST) / UDP() / b"ab") + b"leftover of another packet"
    (new,) = rewritten([padded])
    assert new.endswith(bytes(26))


def test_unknown_links_are_emptied() -> None:
    assert rewritten([WORDS], link_type=147) == [bytes(len(WORDS))]


@given(st.lists(st.binary(min_size=1, max_size=120), max_size=6), st.sampled_from([0, 1, 9, 101, 104, 113, 276, -9]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_can_be_rewritten(frames, link_type) -> None:
    chunk = chunk_of(frames or [b"x"], link_type=link_type)
    new = Rewriter.from_key(KEY).rewrite(chunk)
    assert len(new.data) == len(chunk.data)


@pytest.mark.jit_off
@given(
    st.sampled_from(sorted(PACKETS)),
    st.integers(0, 200),
    st.lists(st.tuples(st.integers(0, 150), st.integers(0, 255)), max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_every_site_lies_in_its_frame_whatever_is_cut_or_damaged(name, cut, changes) -> None:
    data = bytearray(bytes(PACKETS[name])[: cut or None])
    for place, value in changes:
        if place < len(data):
            data[place] = value
    view = frozen(np.frombuffer(bytes(data) + b"\xee" * 9, np.uint8))
    where = [frozen(np.array([value], np.int64)) for value in (0, len(data), len(data) + 40)]
    link = frozen(np.array([1], np.int32))
    count = int(find_sites(view, *where, link, np.zeros((0, COLUMNS), np.int64)))
    sites = np.zeros((count, COLUMNS), np.int64)
    assert find_sites(view, *where, link, sites) == count
    assert ((sites[:, 1] >= 0) & (sites[:, 1] <= sites[:, 2]) & (sites[:, 2] <= len(data))).all()
