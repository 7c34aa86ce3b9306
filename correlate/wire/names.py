"""Wireshark's names for our columns.

In: nothing. Out: a table: which Wireshark field a column holds, in which layer, and how ``tshark -T fields`` prints it.
Method: policy as data; the tests compare every name with ``tshark -G fields`` and every printed value with tshark's.
Not here: the columns (``model.packets``); they are named here by their names only.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Layer = Literal["vlan", "ip", "ipv6", "tcp", "udp", "icmp", "icmpv6"]
Codec = Literal["dec", "hex2", "hex4", "hex6", "hex8", "bool", "text"]


class Field(NamedTuple):
    """One Wireshark field. Its value is ``((column >> shift) & mask) + add``."""

    name: str
    layer: Layer
    """The layer must be in the packet for the field to be."""
    column: str
    """Field of ``PacketColumns``, or of ``TupleColumns`` (``TUPLE_FIELDS``)."""
    codec: Codec = "dec"
    flag: str = ""
    """``PacketFlag`` that must be set as well; empty = the layer is enough."""
    shift: int = 0
    mask: int = 0xFFFFFFFF
    add: int = 0


PACKET_FIELDS: Final[tuple[Field, ...]] = (
    # Two tags: the inner one. An untagged packet (-1) has no such layer.
    Field("vlan.id", "vlan", "vlan", mask=0xFFF),
    Field("ip.dsfield.dscp", "ip", "tos", shift=2, mask=0x3F),
    Field("ip.dsfield.ecn", "ip", "tos", mask=3),
    Field("ip.len", "ip", "ip_len"),
    Field("ip.id", "ip", "ip_id", "hex4"),
    Field("ip.flags.df", "ip", "flags", "bool", shift=2, mask=1),
    Field("ip.flags.mf", "ip", "flags", "bool", shift=3, mask=1),
    Field("ip.frag_offset", "ip", "frag_offset"),
    Field("ip.ttl", "ip", "ttl"),
    Field("ip.proto", "ip", "proto"),
    Field("ip.checksum", "ip", "ip_csum", "hex4"),
    Field("ipv6.tclass.dscp", "ipv6", "tos", shift=2, mask=0x3F),
    Field("ipv6.tclass.ecn", "ipv6", "tos", mask=3),
    Field("ipv6.flow", "ipv6", "flow_label", "hex6"),
    Field("ipv6.plen", "ipv6", "ip_len", add=-40),
    Field("ipv6.hlim", "ipv6", "ttl"),
    Field("ipv6.fraghdr.ident", "ipv6", "ip_id", "hex8", flag="HAS_IP_ID"),
    Field("ipv6.fraghdr.offset", "ipv6", "frag_offset", flag="HAS_IP_ID"),
    Field("tcp.seq_raw", "tcp", "seq"),
    Field("tcp.ack_raw", "tcp", "ack"),
    Field("tcp.flags", "tcp", "tcp_flags", "hex4"),
    Field("tcp.window_size_value", "tcp", "window"),
    Field("tcp.urgent_pointer", "tcp", "urgent"),
    Field("tcp.checksum", "tcp", "l4_csum", "hex4"),
    Field("tcp.len", "tcp", "payload_len"),
    Field("tcp.options.mss_val", "tcp", "mss", flag="HAS_MSS"),
    Field("tcp.options.wscale.shift", "tcp", "wscale", flag="HAS_WSCALE"),
    Field("tcp.options.timestamp.tsval", "tcp", "tsval", flag="HAS_TS"),
    Field("tcp.options.timestamp.tsecr", "tcp", "tsecr", flag="HAS_TS"),
    Field("tcp.options.sack.count", "tcp", "sack_count", flag="HAS_SACK"),
    # Wireshark lists every block; the columns keep the first.
    Field("tcp.options.sack_le", "tcp", "sack_left", flag="HAS_SACK"),
    Field("tcp.options.sack_re", "tcp", "sack_right", flag="HAS_SACK"),
    Field("udp.checksum", "udp", "l4_csum", "hex4"),
    Field("udp.length", "udp", "payload_len", add=8),
    Field("icmp.type", "icmp", "icmp_type"),
    Field("icmp.code", "icmp", "icmp_code"),
    Field("icmp.checksum", "icmp", "l4_csum", "hex4"),
    Field("icmp.seq", "icmp", "seq"),
    Field("icmpv6.type", "icmpv6", "icmp_type"),
    Field("icmpv6.code", "icmpv6", "icmp_code"),
    Field("icmpv6.checksum", "icmpv6", "l4_csum", "hex4"),
    Field("icmpv6.echo.sequence_number", "icmpv6", "seq"),
)
"""Fields of one packet. ``icmp.seq`` and ``icmpv6.echo.sequence_number`` exist in echo messages only."""

TUPLE_FIELDS: Final[tuple[Field, ...]] = (
    Field("ip.src", "ip", "src", "text"),
    Field("ip.dst", "ip", "dst", "text"),
    Field("ipv6.src", "ipv6", "src", "text"),
    Field("ipv6.dst", "ipv6", "dst", "text"),
    Field("tcp.srcport", "tcp", "sport"),
    Field("tcp.dstport", "tcp", "dport"),
    Field("udp.srcport", "udp", "sport"),
    Field("udp.dstport", "udp", "dport"),
    Field("icmp.ident", "icmp", "sport"),
    Field("icmpv6.echo.identifier", "icmpv6", "sport", "hex4"),
)
"""Fields of the packet's row in the ``TupleTable``; identifiers exist in echo messages only."""

OTHER_FIELDS: Final[tuple[str, ...]] = (
    "frame.number",
    "ip.opt.type",
    "ipv6.nxt",
    "tcp.options",
    "tcp.options.sack_perm",
    "tcp.payload",
    "udp.payload",
    "data.data",
)
"""Further names that reports use, whose values are bytes of the frame and not columns."""
