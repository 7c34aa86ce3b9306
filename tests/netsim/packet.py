"""One packet under way, and its bytes at the point where it is seen.

**In:** fields. **Out:** an Ethernet frame with every checksum right.
**Method:** the ones-complement sum of 16-bit words is the big-endian number modulo 65535 (RFC 1071, section 2), so
Python's big integers add a payload in a microsecond.
**Not here:** who sends packets (``tcp.py``, ``datagrams.py``) and what boxes do to them (``boxes.py``).
"""

from __future__ import annotations

import struct
from typing import Any, Literal

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

QUOTED_BYTES = 48
"""Of an IP packet, in an ICMP error."""

NOP, MSS, WSCALE, SACK_PERMITTED, SACK, TIMESTAMPS, MPTCP = 1, 2, 3, 4, 5, 8, 30

_SUMMED = (TCP, UDP, ICMP, ICMPV6)
"""Protocols with a header that is made here; the payload of others is all that IP carries."""

Option = tuple[int, Any]


class Packet:
    """Header fields as numbers; boxes change them in place while the packet travels."""

    __slots__ = (
        "ack",
        "df",
        "dport",
        "dst",
        "flags",
        "flow",
        "forward",
        "icmp_code",
        "icmp_type",
        "ip_id",
        "kind",
        "label",
        "options",
        "part",
        "payload",
        "payload_sum",
        "proto",
        "quote",
        "seq",
        "sport",
        "src",
        "tid",
        "tos",
        "ttl",
        "window",
        "wraps",
    )

    def __init__(self, flow: int, proto: int, src: bytes, dst: bytes, sport: int, dport: int) -> None:
        self.tid = -1
        """Number of this transmission; given by the network when it is sent."""
        self.flow = flow
        self.proto = proto
        self.src = src
        self.dst = dst
        self.sport = sport
        """ICMP echo: the identifier, in both ports."""
        self.dport = dport
        self.forward = True
        self.kind = ""
        self.ttl = 64
        self.tos = 0
        self.ip_id = 0
        self.df = True
        self.label = 0
        self.seq = 0
        self.ack = 0
        self.flags = 0
        self.window = 0
        self.options: tuple[Option, ...] = ()
        self.icmp_type = 0
        self.icmp_code = 0
        self.quote: Packet | None = None
        """ICMP errors: the packet that they answer, as it was where they arose."""
        self.part: tuple[int, int, int] | None = None
        """A fragment: first byte, byte after the last, and size of the transport segment, header included. The packet
        still knows the whole segment, so that boxes may edit what a fragment does not show."""
        self.wraps: tuple[Any, ...] = ()
        """Tunnels it is in, innermost first: each ``around(frame) -> frame``, ``aged(hops) -> itself later``."""
        self.set_payload(b"")

    def age(self, routers: int) -> None:
        """Pass routers: they count down what they see, the outermost header."""
        if self.wraps:
            self.wraps = (*self.wraps[:-1], self.wraps[-1].aged(routers))
        else:
            self.ttl -= routers

    def set_payload(self, payload: bytes) -> None:
        """Replace the payload; its sum follows."""
        self.payload = payload
        self.payload_sum = word_sum(payload)

    def set_quote(self, quote: Packet) -> None:
        """Let an ICMP error quote a packet: its headers and some payload (RFC 792: eight bytes; RFC 1812: more)."""
        self.quote = quote
        self.set_payload(encode(quote, bytes(12), pads=False)[14:][:QUOTED_BYTES])

    def clone(self, **changes: Any) -> Packet:
        """Return the same packet again with other fields, with no transmission number of its own."""
        other = object.__new__(Packet)
        for name in Packet.__slots__:
            setattr(other, name, getattr(self, name))
        other.tid = -1
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    def option(self, kind: int) -> Any:
        """Return the value of a TCP option, or None."""
        return next((value for key, value in self.options if key == kind), None)

    @property
    def ip_len(self) -> int:
        """Bytes of the IP packet."""
        header = 40 if len(self.src) == 16 else 20
        if self.part is not None:
            return header + (8 if header == 40 else 0) + self.part[1] - self.part[0]
        return header + self._l4_header_len() + len(self.payload)

    @property
    def l4_header_len(self) -> int:
        """Bytes of the transport header."""
        return self._l4_header_len()

    def _l4_header_len(self) -> int:
        if self.proto == TCP:
            return 20 + len(encode_options(self.options))
        return 8 if self.proto in _SUMMED else 0


def word_sum(data: bytes) -> int:
    """Return the sum of big-endian 16-bit words modulo 65535; an odd last byte is padded with zero."""
    number = int.from_bytes(data, "big")
    return (number << 8 if len(data) & 1 else number) % 65535


def checksum(total: int) -> int:
    """Return the Internet checksum of words that add up to ``total`` (not all of them zero)."""
    rest = total % 65535
    return 65535 - rest if rest else 0


def encode_options(options: tuple[Option, ...]) -> bytes:
    """Return TCP options padded with end-of-list to a multiple of four."""
    parts = []
    for kind, value in options:
        if kind == NOP:
            parts.append(b"\x01")
        elif kind == TIMESTAMPS:
            parts.append(struct.pack("!BBII", 8, 10, *value))
        elif kind == MSS:
            parts.append(struct.pack("!BBH", 2, 4, value))
        elif kind == WSCALE:
            parts.append(struct.pack("!BBB", 3, 3, value))
        elif kind == SACK_PERMITTED:
            parts.append(b"\x04\x02")
        elif kind == MPTCP:
            parts.append(bytes((30, 2 + len(value))) + value)
        else:
            edges = [edge & 0xFFFFFFFF for block in value for edge in block]
            parts.append(struct.pack(f"!BB{len(edges)}I", 5, 2 + 4 * len(edges), *edges))
    raw = b"".join(parts)
    return raw + bytes(-len(raw) % 4)


def encode(packet: Packet, ethernet: bytes, *, pads: bool, unfinished: Literal["", "checksum", "length"] = "") -> bytes:
    """Return the Ethernet frame; ``ethernet`` is its 12 address bytes, ``pads`` fills it to 60 bytes with zeros.

    ``unfinished``: the card is still to finish it: the transport checksum holds the pseudo-header's sum; with
    ``length`` the IP length and header checksum are 0 too, and the sum lacks the length.
    """
    proto = packet.proto
    payload = packet.payload
    is_six = len(packet.src) == 16
    addresses = packet.src + packet.dst
    if proto == TCP:
        options = encode_options(packet.options)
        header_len = 20 + len(options)
        head = struct.pack(
            "!HHIIHHHH",
            packet.sport,
            packet.dport,
            packet.seq,
            packet.ack,
            header_len << 10 | packet.flags,
            packet.window,
            0,
            0,
        )
        head += options
        at = 16
    elif proto == UDP:
        header_len = 8
        head = struct.pack("!HHHH", packet.sport, packet.dport, 8 + len(payload), 0)
        at = 6
    elif proto not in _SUMMED:
        header_len, head, at = 0, b"", 0
    else:
        header_len = 8
        head = struct.pack("!BBHHH", packet.icmp_type, packet.icmp_code, 0, packet.sport, packet.seq)
        at = 2
    length = header_len + len(payload)
    total = word_sum(head) + packet.payload_sum
    if proto != ICMP:
        total += word_sum(addresses) + proto + length
    check = checksum(total)
    if proto == UDP and check == 0:
        check = 65535
    if unfinished and proto in (TCP, UDP) and packet.part is None:
        check = (word_sum(addresses) + proto + (length if unfinished == "checksum" else 0)) % 65535
    segment = head[:at] + check.to_bytes(2, "big") + head[at + 2 :] + payload if head else payload
    offset = more = 0
    if packet.part is not None:
        offset, more = packet.part[0] // 8, packet.part[1] < packet.part[2]
        segment = segment[packet.part[0] : packet.part[1]]
        length = len(segment)
    if is_six:
        top = 6 << 28 | packet.tos << 20 | packet.label
        if packet.part is not None:
            segment = struct.pack("!BBHI", proto, 0, offset << 3 | more, packet.ip_id) + segment
            length, proto = length + 8, 44
        ip = struct.pack("!IHBB", top, length, proto, packet.ttl) + addresses
        frame = ethernet + b"\x86\xdd" + ip + segment
    else:
        fragment = (0x4000 if packet.df else 0) | more << 13 | offset
        size = 0 if unfinished == "length" and proto == TCP else 20 + length
        ip = struct.pack("!BBHHHBBH", 0x45, packet.tos, size, packet.ip_id, fragment, packet.ttl, proto, 0)
        ip = ip[:10] + (checksum(word_sum(ip + addresses)).to_bytes(2, "big") if size else b"\0\0") + addresses
        frame = ethernet + b"\x08\x00" + ip + segment
    for wrap in packet.wraps:
        frame = wrap.around(frame)
    if pads and len(frame) < 60:
        frame += bytes(60 - len(frame))
    return frame
