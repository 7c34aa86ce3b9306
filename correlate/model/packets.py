"""IP packets of one vantage as columns.

In: made by ``dissect``. Out: used by every later stage.
Method: columns sized for tens of millions of rows. Unsigned 32-bit values are meaningful only where the flag beside
them says so (``-1`` would double their width). Addresses and ports are interned in a ``TupleTable``: a packet holds
one ``tuple_id``.
Not here: which packets belong together (``flows.py``, ``matches.py``).
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import attrs

from correlate.model.arrays import I16, I32, I64, U8, U16, U32
from correlate.model.quic import NO_QUIC, QuicColumns
from correlate.model.tunnels import NO_TUNNELS, TunnelColumns


class PacketFlag(enum.IntFlag):
    """Bits of ``PacketColumns.flags``: what the packet has, and what is odd about it."""

    IPV6 = 1 << 0
    HAS_IP_ID = 1 << 1
    """``ip_id`` is meaningful: IPv4, or IPv6 with a fragment header."""
    DF = 1 << 2
    MF = 1 << 3
    FRAGMENT = 1 << 4
    """Any fragment, first ones included."""
    LATER_FRAGMENT = 1 << 5
    """Fragment offset > 0: no transport header here; ports are -1."""
    IP_LEN_ZERO = 1 << 6
    """IP total length 0: the sender's card was to fill it in (offload); the capture's length was used."""
    CAP_CUT = 1 << 7
    """The capture (snaplen) ends before the IP packet does."""
    IP_CSUM_BAD = 1 << 8
    """Header checksum wrong and not 0 (0 = left to the card)."""
    TRANSPORT = 1 << 9
    """A whole TCP, UDP or ICMP header (its fixed part) was read: the transport columns are meaningful."""
    HAS_TS = 1 << 10
    HAS_MSS = 1 << 11
    HAS_WSCALE = 1 << 12
    SACK_PERMITTED = 1 << 13
    HAS_SACK = 1 << 14
    PAYLOAD_SUM_KNOWN = 1 << 15
    """``payload_sum`` is meaningful (checksum present, not partial, not a fragment, header not cut)."""
    OPTIONS_CUT = 1 << 16
    """TCP options end beyond the captured or declared header; those before were read."""
    OPTIONS_BAD = 1 << 17
    """TCP options malformed (length 0/1, running over the header)."""
    ICMP_ERROR = 1 << 18
    """ICMP/ICMPv6 error; the packet it quotes is in ``QuoteColumns``."""
    PADDED = 1 << 19
    """The frame holds bytes beyond the IP length (Ethernet padding or trailer)."""
    LEN_LIES = 1 << 20
    """IP, UDP or payload length contradicts the wire length; the shorter one was used."""
    NO_TIME = 1 << 21
    """The record carried no time stamp."""
    IP_OPTIONS = 1 << 22
    """IPv4 options or IPv6 extension headers (other than fragment) are present."""
    NUMBERED = 1 << 23
    """SCTP, ESP, AH or GRE with sequence numbers: ``seq`` and ``ack`` hold them."""
    TLS_HANDSHAKE = 1 << 24
    """The TCP payload begins with a TLS handshake record (RFC 8446 section 5.1: type 22, major version 3)."""


class ChecksumState(enum.IntEnum):
    """What the transport checksum says; ``PacketColumns.l4_csum_state``."""

    UNKNOWN = 0
    """Cut, fragment, or a protocol without one."""
    GOOD = 1
    BAD = 2
    PARTIAL = 3
    """Equals the folded pseudo-header sum: the card was to finish it (checksum offload, positive proof)."""
    ABSENT = 4
    """UDP over IPv4 with checksum 0 (RFC 768)."""


class LengthOwner(enum.IntEnum):
    """Who set ``payload_len``; ``PacketColumns.len_owner``."""

    IP = 0
    UDP = 1
    CAPTURE = 2
    """The IP length was 0 or contradicted the frame, so the record's wire length decided."""


class StopReason(enum.IntEnum):
    """Why dissection went no further; ``PacketColumns.stop``. Layers reached before are kept."""

    DONE = 0
    CUT_BY_CAPTURE = 1
    CUT_BY_IP_LENGTH = 2
    CUT_BY_UDP_LENGTH = 3
    UNKNOWN_PROTOCOL = 4
    """No dissector for this IP protocol: matched by generic fingerprint."""
    LATER_FRAGMENT = 5
    BAD_HEADER_LENGTH = 6
    """A transport header length below its minimum."""
    TOO_MANY_HEADERS = 7
    TOO_MANY_TUNNELS = 8
    """Tunnels nested deeper than ``tunnels.MAX_DEPTH``: the row is the deepest packet reached."""


class FrameFate(enum.IntEnum):
    """What dissection made of a frame; the ledger's first split."""

    PACKET = 0
    NOT_IP = 1
    UNSUPPORTED_LINK = 2
    MALFORMED = 3


class PacketColumns(NamedTuple):
    """One row per frame that holds an IP packet, in record order: its innermost readable one."""

    ts_ns: I64
    """The vantage's own clock; never overwritten."""
    frame: I64
    """1-based frame number within its file."""
    file: I16
    """Index into ``Vantage.files``."""
    interface: I32
    """Index into ``Vantage.interfaces``."""
    cap_len: I32
    wire_len: I32
    l3_offset: U16
    """Where the packet's IP header starts in the frame."""
    payload_offset: U16
    """Where the transport payload starts in the frame (IP payload if ``TRANSPORT`` is not set)."""
    vlan: I32
    """Of the Ethernet header that carries the packet: outer VLAN id, or ``outer << 12 | inner`` plus 1 << 24 for two
    tags; -1 = untagged."""
    link_hash: U32
    """Hash of the frame before its first IP header (MAC addresses, VLAN); tells SPAN copies from routed ones.
    0 = none."""
    tuple_id: I32
    """Row in the ``TupleTable``: who to whom, as seen here."""
    proto: U8
    """IP protocol after extension headers (IANA)."""
    flags: U32
    """``PacketFlag`` bits."""
    stop: U8
    len_owner: U8
    ip_len: I32
    """IP header + payload as on the wire, bytes: total length (IPv4), 40 + payload length (IPv6), or the capture's."""
    ip_id: U32
    """Identification (16 bits; 32 in an IPv6 fragment header)."""
    ttl: U8
    tos: U8
    """DSCP << 2 | ECN (traffic class)."""
    frag_offset: U16
    """In 8-byte units."""
    flow_label: U32
    """IPv6 flow label, else 0."""
    ip_csum: U16
    ip_options: U32
    """Hash of IPv4 options or IPv6 extension headers, 0 = none."""
    l4_csum: U16
    """TCP/UDP/ICMP checksum as in the packet."""
    l4_csum_state: U8
    payload_len: I32
    """Transport payload on the wire, bytes (IP payload if ``TRANSPORT`` is not set)."""
    payload_cap: I32
    """Of these, how many are captured."""
    payload_sum: U16
    """Ones-complement sum of the payload derived from headers only, 1..65535 (0 is stored as 65535, RFC 1624)."""
    digest: I64
    """Hash of the captured payload (all ``payload_cap`` bytes; 0 for none)."""
    head_digest: I64
    """Hash of the first ``min(32, payload_len)`` payload bytes; 0 if they are not all captured or there are none."""
    seq: U32
    """TCP sequence number; ICMP echo sequence number; ESP, AH and GRE sequence number; TSN of the first SCTP chunk."""
    ack: U32
    """TCP acknowledgement number; SPI of ESP and AH, GRE key, SCTP verification tag."""
    tcp_flags: U16
    """12 bits, as ``tcp.flags`` (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, AE 256)."""
    window: U16
    """As in the header, not scaled."""
    urgent: U16
    tsval: U32
    tsecr: U32
    mss: U16
    wscale: U8
    sack_count: U8
    sack_left: U32
    """Left edge of the first SACK block."""
    sack_right: U32
    options: U32
    """Hash of the TCP option bytes without timestamps and SACK contents; 0 = no options."""
    mapping: U32
    """Hash of the MPTCP mapping: which bytes of the connection are which of this subflow (RFC 8684 section 3.3); 0 =
    none."""
    icmp_type: U8
    """Also the type of the first SCTP chunk."""
    icmp_code: U8
    tunnel: I32
    """Row in the ``TunnelTable``: the stack of headers that carries the packet here; 0 = none."""
    tunnel_bytes: U16
    """Bytes of that stack: what the tunnel adds to the packet; 0 = none."""
    outer_ttl: U8
    """Of the IP header next outside, as are the others; 0 where there is none."""
    outer_tos: U8
    outer_id: U16
    """IPv4 only, else 0."""


class TupleColumns(NamedTuple):
    """Distinct (source, destination, protocol, ports), each direction its own row."""

    src: U8
    """Shape (n, 16): IPv6 bytes, or IPv4 in the last four."""
    dst: U8
    sport: I32
    """-1 = no ports. ICMP echo: the identifier in both."""
    dport: I32
    proto: U8
    version: U8
    """4 or 6."""


class QuoteColumns(NamedTuple):
    """One row per ICMP error: the packet it quotes."""

    row: I64
    """Row of the ICMP error in ``PacketColumns``."""
    tuple_id: I32
    """Who to whom the quoted packet was, as quoted."""
    ip_id: I64
    """Quoted IP ID; -1 = none (IPv6)."""
    ip_len: I32
    ttl: U8
    seq: I64
    """Quoted TCP sequence number, or that of an ICMP echo; -1 = neither, or not quoted."""
    l4_csum: I32
    """Quoted UDP/TCP/ICMP checksum; -1 = not quoted."""
    payload_sum: I32
    """Payload sum of the quoted datagram or echo, from its eight quoted header bytes (as in ``PacketColumns``): NAT and
    NAT64 leave it alone. -1 = unknown."""


@attrs.frozen(kw_only=True)
class PacketTable:
    """All IP packets of one vantage."""

    columns: PacketColumns
    tuples: TupleColumns
    quotes: QuoteColumns
    tunnels: TunnelColumns = NO_TUNNELS
    quic: QuicColumns = NO_QUIC
    recorded_ns: I64 | None = None
    """Stamps as recorded, where the capture stamps its two directions by different clocks; ``ts_ns`` is then on one
    of them. None: as ``ts_ns``."""

    @property
    def captured_ns(self) -> I64:
        """Stamps as the capture recorded them."""
        return self.columns.ts_ns if self.recorded_ns is None else self.recorded_ns

    @property
    def has_two_clocks(self) -> bool:
        """Whether times between packets of opposite directions are known within bounds only."""
        return self.recorded_ns is not None

    def __len__(self) -> int:
        return len(self.columns.ts_ns)


TCP = 6
UDP = 17
ICMP = 1
ICMPV6 = 58
