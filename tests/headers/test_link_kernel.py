"""From link headers to the IP packet; EtherTypes of IEEE, layouts of tcpdump.org/linktypes.html."""

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

from correlate.model.packets import FrameFate
from tests.dissect.chunks import dissect, one_row
from tests.dissect.packets import LINKS

V4 = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2) / b"payload"
V6 = IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=1, dport=2) / b"payload"


def fate_of(frame, link_type):
    """The one fate of a frame."""
    _, counts = dissect([frame], link_type=link_type)
    return next(fate for fate, count in counts.items() if count)


@pytest.mark.jit_off
@pytest.mark.parametrize("packet", [V4, V6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("link", sorted(set(LINKS) - {"arp", "unknown", "ipv4", "ipv6"}))
def test_the_same_packet_is_found_behind_every_link(link, packet):
    """Only the offset, VLAN and link hash tell the links apart."""
    link_type, wrap = LINKS[link]
    row = one_row(wrap(packet), link_type=link_type)
    bare = one_row(bytes(packet), link_type=101)
    for name in ("ends", "ip_len", "digest", "payload_len", "l4_csum_state", "payload_sum", "ttl"):
        assert row[name] == bare[name], name
    assert row["payload_offset"] - row["l3_offset"] == bare["payload_offset"]


@pytest.mark.parametrize(
    ("link", "vlan"),
    [("ethernet", -1), ("vlan", 7), ("qinq", 100 << 12 | 4095 | 1 << 24), ("three tags", 1 << 12 | 2 | 1 << 24)],
)
def test_vlan_holds_the_two_outer_tags(link, vlan):
    """IEEE 802.1Q; the column's own coding is in the model."""
    link_type, wrap = LINKS[link]
    assert one_row(wrap(V4), link_type=link_type)["vlan"] == vlan


def test_link_hash_is_of_the_addresses_and_tags():
    """Equal for one hop, other for the next (new MAC addresses) and for another VLAN; 0 where a link has none."""
    hashes = [one_row(bytes([n]) * 12 + b"\x08\x00" + bytes(V4))["link_hash"] for n in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]
    assert one_row(bytes([1]) * 12 + b"\x81\x00\x00\x05\x08\x00" + bytes(V4))["link_hash"] != hashes[0]
    assert one_row(bytes(V4), link_type=101)["link_hash"] == 0


@pytest.mark.parametrize(
    ("frame", "link_type", "fate"),
    [
        (LINKS["arp"][1](V4), 1, FrameFate.NOT_IP),
        (bytes(12) + b"\x00\x26\x42\x42\x03" + bytes(35), 1, FrameFate.NOT_IP),  # spanning tree
        (bytes(12) + b"\x81\x00\x00", 1, FrameFate.MALFORMED),
        (bytes(12) + b"\x81\x00\x00\x05" * 40, 1, FrameFate.NOT_IP),
        (bytes(12) + b"\x88\x47" + b"\0\0\0\0" * 40, 1, FrameFate.NOT_IP),
        (bytes(10), 1, FrameFate.MALFORMED),
        (b"", 1, FrameFate.MALFORMED),
        (bytes(12) + b"\x08\x00" + bytes(V6), 1, FrameFate.MALFORMED),  # version nibble against EtherType
        (bytes(12) + b"\x08\x00" + bytes(V4)[:19], 1, FrameFate.MALFORMED),
        (bytes(12) + b"\x86\xdd" + bytes(V6)[:39], 1, FrameFate.MALFORMED),
        (b"\x44" + bytes(V4)[1:], 101, FrameFate.MALFORMED),  # IHL 4
        (b"\x4f" + bytes(V4)[1:], 101, FrameFate.MALFORMED),  # IHL beyond the frame
        (bytes(V4)[:2] + b"\0\x13" + bytes(V4)[4:], 101, FrameFate.MALFORMED),  # total length below its own header
        (bytes(V6), 228, FrameFate.MALFORMED),
        (b"\x55" + bytes(40), 101, FrameFate.MALFORMED),
        (bytes([0, 0, 0, 7]) + bytes(V4), 0, FrameFate.NOT_IP),
        (b"\xff\x03\xc0\x21" + bytes(20), 9, FrameFate.NOT_IP),  # LCP
        (b"\0\0\x03\x38" + bytes(10) + b"\x08\x00" + bytes(V4), 113, FrameFate.NOT_IP),  # netlink
        (bytes(V4), 147, FrameFate.UNSUPPORTED_LINK),
    ],
)
def test_frames_without_a_readable_packet_say_why(frame, link_type, fate):
    """The ledger's first split: each frame in one bucket."""
    assert fate_of(frame, link_type) is fate


@pytest.mark.parametrize("family", [b"\x02\0\0\0", b"\0\0\0\x02"])
def test_loopback_families_are_read_in_either_byte_order(family):
    """LINKTYPE_NULL is in the byte order of the machine that captured."""
    for link_type in (0, 108):
        assert one_row(family + bytes(V4), link_type=link_type)["l3_offset"] == 4
