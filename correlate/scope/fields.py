"""Fields that a display filter may name, read from columns.

**In:** a name, packets of one vantage. **Out:** ``Values``: where the field is, and its one or two values per packet.
**Method:** Wireshark's names over our columns (``wire/names.py``) plus names for both ends (``ip.addr``, ``tcp.port``)
and for single flags; policy as data.
**Not here:** comparing (``display.py``).
"""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np

from correlate.model.arrays import I64, U8, Bool
from correlate.model.packets import ICMP, ICMPV6, TCP, UDP, PacketFlag, PacketTable
from correlate.wire.names import PACKET_FIELDS, TUPLE_FIELDS, Field

Kind = Literal["protocol", "number", "address", "time"]

PROTOCOLS: dict[str, int] = {
    "tcp": TCP,
    "udp": UDP,
    "icmp": ICMP,
    "icmpv6": ICMPV6,
    "esp": 50,
    "ah": 51,
    "gre": 47,
    "sctp": 132,
}

BOTH_ENDS: dict[str, tuple[str, str]] = {
    "ip.addr": ("ip.src", "ip.dst"),
    "ipv6.addr": ("ipv6.src", "ipv6.dst"),
    "tcp.port": ("tcp.srcport", "tcp.dstport"),
    "udp.port": ("udp.srcport", "udp.dstport"),
}

TCP_FLAGS: dict[str, int] = {
    "fin": 0,
    "syn": 1,
    "reset": 2,
    "push": 3,
    "ack": 4,
    "urg": 5,
    "ece": 6,
    "cwr": 7,
    "ae": 8,
}
"""Name after ``tcp.flags.`` -> bit."""

FRAME_COLUMNS: dict[str, str] = {"frame.number": "frame", "frame.len": "wire_len", "frame.cap_len": "cap_len"}
FRAME_TIME = "frame.time_epoch"


@attrs.frozen(kw_only=True)
class Values:
    """A field in every packet of a vantage."""

    kind: Kind
    is_there: Bool
    numbers: tuple[I64, ...] = ()
    """One array per value that a packet may have (source and destination)."""
    addresses: tuple[U8, ...] = ()
    """The same for addresses, shape (packets, 16)."""
    version: int = 0


def known_fields() -> list[str]:
    """Return every name that a filter may use, sorted."""
    flags = [f"tcp.flags.{name}" for name in TCP_FLAGS]
    names = [field.name for field in (*PACKET_FIELDS, *TUPLE_FIELDS)]
    return sorted({*names, *BOTH_ENDS, *flags, *FRAME_COLUMNS, FRAME_TIME, *PROTOCOLS, "ip", "ipv6"})


def read_field(name: str, packets: PacketTable, tuple_id: I64) -> Values | None:
    """Return a field's values, None if there is no such field; ``tuple_id`` says who to whom each packet is."""
    for read in (_protocol, _both_ends, _frame, _flag, _column):
        found = read(name, packets, tuple_id)
        if found is not None:
            return found
    return None


def _has_layer(layer: str, packets: PacketTable) -> Bool:
    columns = packets.columns
    is_six = (columns.flags & PacketFlag.IPV6) != 0
    if layer in ("ip", "ipv6"):
        return np.asarray(is_six == (layer == "ipv6"), np.bool_)
    if layer == "vlan":
        return np.asarray(columns.vlan >= 0, np.bool_)
    there = columns.proto == PROTOCOLS[layer]
    return np.asarray(there & ((columns.flags & PacketFlag.LATER_FRAGMENT) == 0), np.bool_)


def _protocol(name: str, packets: PacketTable, _tuple_id: I64) -> Values | None:
    if name not in PROTOCOLS and name not in ("ip", "ipv6"):
        return None
    return Values(kind="protocol", is_there=_has_layer(name, packets))


def _both_ends(name: str, packets: PacketTable, tuple_id: I64) -> Values | None:
    if name not in BOTH_ENDS:
        return None
    source, target = (_column(one, packets, tuple_id) for one in BOTH_ENDS[name])
    assert source is not None, "both ends are fields of their own"
    assert target is not None, "both ends are fields of their own"
    return attrs.evolve(source, numbers=source.numbers + target.numbers, addresses=source.addresses + target.addresses)


def _frame(name: str, packets: PacketTable, _tuple_id: I64) -> Values | None:
    columns = packets.columns
    if name == FRAME_TIME:
        is_timed = (columns.flags & PacketFlag.NO_TIME) == 0
        return Values(kind="time", is_there=np.asarray(is_timed, np.bool_), numbers=(columns.ts_ns,))
    if name not in FRAME_COLUMNS:
        return None
    values = getattr(columns, FRAME_COLUMNS[name]).astype(np.int64)
    return Values(kind="number", is_there=np.ones(len(packets), np.bool_), numbers=(values,))


def _flag(name: str, packets: PacketTable, _tuple_id: I64) -> Values | None:
    bit = TCP_FLAGS.get(name.removeprefix("tcp.flags."))
    if bit is None or not name.startswith("tcp.flags."):
        return None
    columns = packets.columns
    is_there = _has_layer("tcp", packets) & ((columns.flags & PacketFlag.TRANSPORT) != 0)
    return Values(kind="number", is_there=is_there, numbers=(((columns.tcp_flags >> bit) & 1).astype(np.int64),))


def _column(name: str, packets: PacketTable, tuple_id: I64) -> Values | None:
    """Read a field of the packet's or of its tuple's columns."""
    for table, of_tuple in ((PACKET_FIELDS, False), (TUPLE_FIELDS, True)):
        for field in table:
            if field.name == name:
                return _of_tuple(field, packets, tuple_id) if of_tuple else _of_packet(field, packets)
    return None


def _of_packet(field: Field, packets: PacketTable) -> Values:
    columns = packets.columns
    is_there = _has_layer(field.layer, packets)
    if field.layer in PROTOCOLS:
        is_there &= (columns.flags & PacketFlag.TRANSPORT) != 0
    if field.flag:
        is_there &= (columns.flags & PacketFlag[field.flag]) != 0
    raw = getattr(columns, field.column).astype(np.int64)
    return Values(kind="number", is_there=is_there, numbers=(((raw >> field.shift) & field.mask) + field.add,))


def _of_tuple(field: Field, packets: PacketTable, tuple_id: I64) -> Values:
    tuples = packets.tuples
    if field.codec == "text":
        # Who to whom may be told as another vantage sees it: of another version across a translator.
        version = 6 if field.layer == "ipv6" else 4
        there = tuples.version[tuple_id] == version
        return Values(
            kind="address",
            is_there=np.asarray(there, np.bool_),
            addresses=(getattr(tuples, field.column)[tuple_id],),
            version=version,
        )
    values = getattr(tuples, field.column)[tuple_id].astype(np.int64)
    return Values(kind="number", is_there=_has_layer(field.layer, packets) & (values >= 0), numbers=(values,))
