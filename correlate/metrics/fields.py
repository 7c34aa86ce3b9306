"""The fields that are compared at the two ends of a hop, and which difference is no news.

In: ``wire/names.py`` (which column holds which Wireshark field, how it prints).
Out: ``FIELDS``, walked by ``compare.py``; ``FIELD_NAMES`` and ``FIELD_CODECS``, the alphabet of a ``MutationTable``.
Method: policy is data: one row per field.
Not here: fields that need the packet's bytes again (``payloads.py``, ``options.py``); only their names, ``RAW_FIELDS``.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import numpy as np

from correlate.metrics.sightings import Pair, Side
from correlate.model.arrays import I64, Bool
from correlate.model.packets import PacketFlag
from correlate.wire import names


class Expect(enum.IntEnum):
    """Which change of the field is what routing and a plain NAT do."""

    NEVER = 0
    ALWAYS = 1
    """Belongs to the link, which every router replaces."""
    ROUTED = 2
    """Counted down by routers (RFC 791 section 3.2, RFC 8200 section 3)."""
    TRANSLATED = 3
    """The flow's constant mapping (RFC 2663)."""
    IP_CHECKSUM = 4
    """Follows from the countdown and the new addresses alone (RFC 1624), or was left to a network card."""
    L4_CHECKSUM = 5
    """Follows from the new addresses and ports alone (RFC 1624), or was left to a network card."""


class Policy(NamedTuple):
    """How one field is compared."""

    name: str
    expect: Expect = Expect.NEVER
    survives_cut: bool = True
    """The same in all pieces of a segment or datagram, so comparable where a frame stands in several packets."""
    is_option: bool = False
    """Unknown, not absent, where the capture cut the options."""
    is_length: bool = False
    """Says nothing where the length was left to the card or contradicts the frame."""


class Field(NamedTuple):
    """One compared field: where its value is, and its policy."""

    wire: names.Field
    policy: Policy
    is_of_tuple: bool

    @property
    def name(self) -> str:
        """Wireshark's name."""
        return self.wire.name

    def differs(self, pair: Pair) -> Bool:
        """Return where the field differs between the two ends, one of them perhaps without it.

        The same as comparing :meth:`value`, but without widening columns that mostly do not differ.
        """
        if self.is_of_tuple or self.name in _ECHO_ONLY:
            return np.not_equal(self.value(pair.up), self.value(pair.down))
        differs = pair.up.raw(self.wire.column) ^ pair.down.raw(self.wire.column)
        if self.wire.mask != _WHOLE:
            differs = (differs >> self.wire.shift) & self.wire.mask
        changed: Bool = differs != 0
        if self.needs:
            has = pair.up.has(self.needs), pair.down.has(self.needs)
            changed = (changed & has[0] & has[1]) | (has[0] != has[1])
        return changed

    def value(self, side: Side) -> I64:
        """Return the field of every packet of ``side``, -1 where it has none; addresses by their number."""
        values = side.fact(self.wire.column) if self.is_of_tuple else side.column(self.wire.column)
        if self.wire.mask != _WHOLE:
            values = (values >> self.wire.shift) & self.wire.mask
        if self.wire.add:
            values = values + self.wire.add
        if self.name in _ECHO_ONLY:
            values = np.where(side.fact("sport") >= 0, values, -1)
        return np.where(side.has(self.needs), values, -1) if self.needs else values

    @property
    def needs(self) -> int:
        """``PacketFlag`` without which the packet has no such field; 0 = every packet of the layer has it."""
        return int(PacketFlag[self.wire.flag]) if self.wire.flag else 0


_WHOLE = 0xFFFFFFFF

_ECHO_ONLY = ("icmp.seq", "icmpv6.echo.sequence_number")

_EXTRA = (
    # Both tags of a double-tagged frame, as tshark prints them; reports render the code.
    names.Field("vlan.id", "vlan", "vlan", "text"),
    names.Field("tcp.options.sack_perm", "tcp", "flags", "text", flag="SACK_PERMITTED", shift=13, mask=1),
)
"""Text fields of which the columns hold a code."""

_E = Expect

POLICIES: tuple[Policy, ...] = (
    Policy("vlan.id", _E.ALWAYS),
    # IPv4 (RFC 791). A translator to IPv6 removes all of these and adds those below.
    Policy("ip.dsfield.dscp"),
    Policy("ip.dsfield.ecn"),
    Policy("ip.len", survives_cut=False, is_length=True),
    # Segmentation offload counts the identification up per piece, so pieces tell nothing.
    Policy("ip.id", survives_cut=False),
    Policy("ip.flags.df"),
    Policy("ip.ttl", _E.ROUTED),
    Policy("ip.checksum", _E.IP_CHECKSUM, survives_cut=False),
    Policy("ip.src", _E.TRANSLATED),
    Policy("ip.dst", _E.TRANSLATED),
    # IPv6 (RFC 8200).
    Policy("ipv6.tclass.dscp"),
    Policy("ipv6.tclass.ecn"),
    Policy("ipv6.flow"),
    Policy("ipv6.plen", survives_cut=False, is_length=True),
    Policy("ipv6.hlim", _E.ROUTED),
    Policy("ipv6.src", _E.TRANSLATED),
    Policy("ipv6.dst", _E.TRANSLATED),
    Policy("ipv6.fraghdr.ident", survives_cut=False),
    # TCP (RFC 9293). Offload sets FIN, PSH and CWR in one piece only; a merged frame has the last piece's window.
    Policy("tcp.srcport", _E.TRANSLATED),
    Policy("tcp.dstport", _E.TRANSLATED),
    Policy("tcp.len", survives_cut=False, is_length=True),
    Policy("tcp.seq_raw", survives_cut=False),
    Policy("tcp.ack_raw", survives_cut=False),
    Policy("tcp.flags", survives_cut=False),
    Policy("tcp.window_size_value", survives_cut=False),
    Policy("tcp.checksum", _E.L4_CHECKSUM, survives_cut=False),
    Policy("tcp.urgent_pointer", survives_cut=False),
    Policy("tcp.options.mss_val", is_option=True),
    Policy("tcp.options.wscale.shift", is_option=True),
    Policy("tcp.options.sack_perm", is_option=True),
    Policy("tcp.options.timestamp.tsval", survives_cut=False, is_option=True),
    Policy("tcp.options.timestamp.tsecr", survives_cut=False, is_option=True),
    # The first block stands for all: a box that forgets SACK forgets every block.
    Policy("tcp.options.sack_le", survives_cut=False, is_option=True),
    Policy("tcp.options.sack_re", survives_cut=False, is_option=True),
    # UDP (RFC 768).
    Policy("udp.srcport", _E.TRANSLATED),
    Policy("udp.dstport", _E.TRANSLATED),
    Policy("udp.length", survives_cut=False, is_length=True),
    Policy("udp.checksum", _E.L4_CHECKSUM, survives_cut=False),
    # ICMP (RFC 792, RFC 4443); the identifier is what a NAT translates in place of a port (RFC 5508).
    Policy("icmp.type"),
    Policy("icmp.code"),
    Policy("icmp.ident", _E.TRANSLATED),
    Policy("icmp.seq"),
    Policy("icmp.checksum", _E.L4_CHECKSUM, survives_cut=False),
    Policy("icmpv6.type"),
    Policy("icmpv6.code"),
    Policy("icmpv6.echo.identifier", _E.TRANSLATED),
    Policy("icmpv6.echo.sequence_number"),
    Policy("icmpv6.checksum", _E.L4_CHECKSUM, survives_cut=False),
)


def _fields() -> tuple[Field, ...]:
    """Return the policies joined with what ``wire/names.py`` says of each field."""
    known = {field.name: field for field in (*names.PACKET_FIELDS, *names.TUPLE_FIELDS, *_EXTRA)}
    of_tuple = {field.name for field in names.TUPLE_FIELDS}
    return tuple(Field(known[policy.name], policy, policy.name in of_tuple) for policy in POLICIES)


FIELDS: tuple[Field, ...] = _fields()

RAW_FIELDS: tuple[str, ...] = ("ip.opt.type", "ipv6.nxt", "tcp.options", "tcp.payload", "udp.payload", "data.data")
"""Compared by hash in the columns; their text is read from the frames again."""

OUTER: tuple[str, ...] = (
    "outer.ip.dsfield.dscp",
    "outer.ip.dsfield.ecn",
    "outer.ip.id",
    "outer.ip.ttl",
    "outer.ip.src",
    "outer.ip.dst",
    "outer.ipv6.tclass.dscp",
    "outer.ipv6.tclass.ecn",
    "outer.ipv6.hlim",
    "outer.ipv6.src",
    "outer.ipv6.dst",
    "outer.udp.srcport",
    "outer.udp.dstport",
    "outer.tunnel.id",
)
"""Of the headers next around a packet in a tunnel (``outer.py``): Wireshark's name behind ``outer.``; the last one is
the VNI, TEID, key, session or label."""


def _outer_codec(name: str) -> str:
    if name == "outer.ip.id":
        return "hex4"
    return "text" if name.endswith((".src", ".dst")) else "dec"


FIELD_NAMES: tuple[str, ...] = (*(field.name for field in FIELDS), *RAW_FIELDS, *OUTER)
FIELD_CODECS: tuple[str, ...] = (
    *(field.wire.codec for field in FIELDS),
    *("text" for _ in RAW_FIELDS),
    *map(_outer_codec, OUTER),
)
FIELD_INDEX: dict[str, int] = {name: index for index, name in enumerate(FIELD_NAMES)}
