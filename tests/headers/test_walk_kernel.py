"""The walk as a whole: every tunnel alone and nested, against scapy and the naive twin; bogus insides; the limit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Ether
from scapy.packet import Raw

from correlate.model.packets import PacketFlag, StopReason
from correlate.model.tunnels import MAX_DEPTH, TunnelKind
from tests.dissect.chunks import dissect, one_row, row_of, stack_of
from tests.dissect.test_frames import assert_equals_twin
from tests.dissect.wrappings import FRAMES, SIX_ONLY, WRAPPINGS, inner_ethernet, outer4, udp, wrapped

V4 = IP(src="10.0.0.1", dst="10.0.0.2", id=77) / TCP(sport=1234, dport=80, seq=7, flags="A") / Raw(bytes(range(60)))
V6 = IPv6(src="fd00::1", dst="fd00::2") / TCP(sport=1234, dport=80, seq=7, flags="A") / Raw(bytes(range(60)))
NO_PLACE = {"ends", "tunnel", "tunnel_bytes", "outer_ttl", "outer_tos", "outer_id", "vlan", "link_hash", "tuple_id"}
NO_PLACE |= {"l3_offset", "payload_offset", "cap_len", "wire_len"}


def kinds_of(frame):
    """Tunnel kinds of a frame's only packet, outermost first."""
    table, _ = dissect([frame])
    return [kind for kind, _, _ in stack_of(table, table.columns.tunnel[0])]


@pytest.mark.jit_off
@pytest.mark.parametrize("packet", [V4, V6], ids=["inner 4", "inner 6"])
@pytest.mark.parametrize("name", sorted({**WRAPPINGS, **SIX_ONLY}))
def test_the_inner_packet_of_every_tunnel_is_the_row(name, packet):
    """The columns are those of the bare packet; the stack says what is around it."""
    if name in SIX_ONLY and packet is V4:
        pytest.skip("carries IPv6 only")
    wrap, kinds = {**WRAPPINGS, **SIX_ONLY}[name]
    frame = bytes(Ether(dst="02:00:00:00:00:01") / wrap(packet, 0xABCDEF07))
    bare, got = one_row(bytes(packet), link_type=101), one_row(frame)
    assert {key: value for key, value in got.items() if key not in NO_PLACE} == {
        key: value for key, value in bare.items() if key not in NO_PLACE
    }
    assert got["ends"] == bare["ends"]
    assert set(kinds_of(frame)) <= set(kinds)
    assert got["tunnel_bytes"] == len(frame) - 14 - len(bytes(packet))
    assert (got["outer_ttl"], got["outer_tos"]) == (61, 0x28)


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_the_packet_behind_every_link_tunnel_is_the_row(name):
    """Labels, sessions and pseudowires; a tag is no tunnel."""
    wrap, kinds = FRAMES[name]
    frame = wrap(V4, 0x12345678)
    assert kinds_of(frame) == list(kinds)
    row = one_row(frame)
    assert row["ends"] == one_row(bytes(V4), link_type=101)["ends"]
    assert row["tunnel_bytes"] == (len(frame) - 14 - len(bytes(V4)) if kinds else 0)


@settings(max_examples=80, deadline=None)
@given(wrapped())
def test_nested_tunnels_end_at_the_packet_that_scapy_put_in(made):
    """dissect = scapy (style: Laws), whatever is in what."""
    frame, inner, names, kinds = made
    got = one_row(frame)
    bare = one_row(bytes(inner), link_type=101)
    for name in ("ends", "ip_len", "digest", "payload_len", "l4_csum_state", "seq", "ttl", "flags"):
        assert got[name] == bare[name], (name, names)
    assert kinds_of(frame) == kinds, names


@settings(max_examples=80, deadline=None)
@given(wrapped(most=4), st.integers(0, 30), st.data())
def test_damaged_tunnels_are_read_as_the_naive_twin_reads_them(made, more, data):
    """Kernel = twin with bytes changed and ends cut; nothing raises, nothing is invented."""
    frame = bytearray(made[0])
    for _ in range(data.draw(st.integers(0, 3))):
        frame[data.draw(st.integers(0, min(len(frame), 160) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(frame)), st.integers(0, len(frame))))
    assert_equals_twin([bytes(frame[:cut])], [cut + more], 1)


def rebuilt(packet, **fields):
    """The packet's bytes with fields of its first header set and nothing recomputed."""
    copy = type(packet)(bytes(packet))
    for name, value in fields.items():
        setattr(copy, name, value)
    return bytes(copy)


BOGUS = {
    "version": b"\x55" + bytes(V4)[1:],
    "header length": b"\x44" + bytes(V4)[1:],
    "longer than its carrier": rebuilt(V4, len=len(bytes(V4)) + 1, chksum=None),
    "length 0": rebuilt(V4, len=0, chksum=None),
    "checksum": rebuilt(V4, chksum=1),
    "cut": bytes(V4)[:19],
    "text": b"E" + b"x" * 70,
    "IPv6 that does not fill it": bytes(V6) + b"?",
}


@pytest.mark.parametrize("bogus", sorted(BOGUS))
@pytest.mark.parametrize("port", [2152, 4789, 6081, 4790])
def test_a_port_number_alone_invents_no_packet(bogus, port):
    """Behind a right tunnel header, but no sound packet: the row is the outer datagram."""
    inner = BOGUS[bogus]
    ether = bytes(12) + (b"\x86\xdd" if bogus.startswith("IPv6") else b"\x08\x00")
    header = {
        2152: b"\x30\xff" + len(inner).to_bytes(2, "big") + b"\0\0\0\1",
        4789: b"\x08\0\0\0\0\0\1\0" + ether,
        6081: b"\0\0\x65\x58\0\0\1\0" + ether,
        4790: b"\x0c\0\0" + (b"\2" if bogus.startswith("IPv6") else b"\1") + b"\0\0\1\0",
    }[port]
    row = one_row(bytes(Ether() / outer4() / udp(port, port) / Raw(header + inner)))
    assert row["ends"][4:] == (port, port)
    assert row["tunnel"] == row["tunnel_bytes"] == 0


def test_other_traffic_on_tunnel_ports_stays_what_it_is():
    """DNS from port 4789, GTP echo, L2TP control, a VXLAN header with a reserved bit set."""
    for sport, dport, payload in (
        (4789, 53, b"\x12\x34\1\0\0\1" + bytes(60)),
        (2152, 2152, b"\x32\1\0\4\0\0\0\0\0\0\0\0"),
        (1701, 1701, b"\xc8\2\0\x14" + bytes(16)),
        (50000, 4789, b"\x48\0\0\0\0\0\1\0" + bytes(inner_ethernet(V4))),
    ):
        row = one_row(bytes(Ether() / outer4() / UDP(sport=sport, dport=dport) / Raw(payload)))
        assert row["ends"][4:] == (sport, dport)
        assert row["tunnel"] == 0


def test_a_broken_header_behind_a_protocol_number_is_the_packet_damaged():
    """GRE says that IPv4 follows: a wrong header checksum is damage on the way, not another protocol."""
    row = one_row(bytes(Ether() / outer4(proto=47) / GRE(proto=0x0800) / Raw(BOGUS["checksum"])))
    assert row["ends"][2][-4:] == bytes([10, 0, 0, 1])
    assert row["flags"] & PacketFlag.IP_CSUM_BAD


def test_nesting_has_a_limit_and_the_row_says_so():
    """Eight layers are opened; the row is the deepest packet reached."""
    packet = V4
    for depth in range(MAX_DEPTH + 2):
        packet = IP(src=f"10.1.0.{depth}", dst="10.2.0.1") / packet
    table, _ = dissect([bytes(Ether() / packet)])
    got = row_of(table, 0)
    assert len(stack_of(table, got["tunnel"])) == MAX_DEPTH
    assert got["stop"] == StopReason.TOO_MANY_TUNNELS
    assert got["ends"][2][-4:] == bytes([10, 1, 0, 1])
    assert_equals_twin([bytes(Ether() / packet)], [len(bytes(Ether() / packet))], 1)


def test_a_first_fragment_of_a_tunnel_holds_its_packet_cut_short():
    """What follows is in another frame: the inner packet is one that the capture cut (never one that lies)."""
    gre = bytes(GRE(proto=0x0800) / V4)
    first = bytes(Ether() / outer4(proto=47, flags="MF") / Raw(gre[:64]))
    later = bytes(Ether() / outer4(proto=47, frag=8) / Raw(gre[64:]))
    got, rest = one_row(first), one_row(later)
    assert got["ip_len"] == len(bytes(V4))
    assert got["flags"] & PacketFlag.CAP_CUT
    assert not got["flags"] & (PacketFlag.LEN_LIES | PacketFlag.FRAGMENT)
    assert got["seq"] == 7
    assert rest["tunnel"] == 0
    assert rest["flags"] & PacketFlag.LATER_FRAGMENT
    for frame in (first, later):
        assert_equals_twin([frame], [len(frame)], 1)


def test_a_mirrored_frame_that_the_mirror_cut_is_a_cut_packet():
    """ERSPAN's T bit: the copy was truncated, the packet was not."""
    headers = bytes.fromhex("100088be00000001 1001040500000000")
    frame = bytes(Ether() / outer4(proto=47) / Raw(headers + bytes(inner_ethernet(V4))[:70]))
    got = one_row(frame)
    assert got["ip_len"] == len(bytes(V4))
    assert got["flags"] & PacketFlag.CAP_CUT
    assert kinds_of(frame) == [TunnelKind.ERSPAN]


def test_ciphertext_is_not_opened():
    """ESP, ESP in UDP, WireGuard and OpenVPN: the row is the outer packet."""
    for packet in (
        outer4(proto=50) / Raw(bytes(V4)),
        outer4() / UDP(sport=4500, dport=4500) / Raw(b"\0\0\1\1\0\0\0\1" + bytes(V4)),
        outer4() / UDP(sport=51820, dport=51820) / Raw(b"\4\0\0\0" + bytes(12) + bytes(V4)),
        outer4() / UDP(sport=1194, dport=1194) / Raw(b"\x48\0\0\0" + bytes(V4)),
    ):
        assert one_row(bytes(Ether() / packet))["tunnel"] == 0


def test_one_tunnel_has_one_number():
    """Packets of one tunnel share it; another key, or another outer address, is another tunnel."""

    def frame(key, src, n):
        return bytes(Ether() / IP(src=src, dst="192.0.2.9", id=n) / GRE(proto=0x0800, key_present=1, key=key) / V4)

    frames = [frame(1, "192.0.2.1", 1), frame(1, "192.0.2.1", 2), frame(2, "192.0.2.1", 3), frame(1, "192.0.2.2", 4)]
    table, _ = dissect([*frames, bytes(Ether() / V4)])
    assert table.columns.tunnel.tolist() == [1, 1, 2, 3, 0]
    assert table.tunnels.key.tolist() == [-1, 1, 2, 1]
    assert table.tunnels.parent.tolist() == [0, 0, 0, 0]
