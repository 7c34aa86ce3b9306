"""Every field of one captured packet, under Wireshark's names.

**In:** a packet table and a row. **Out:** field name -> value as ``tshark -T fields`` prints it.
**Method:** the table of names in ``wire/names.py`` is walked; a field is there only where its layer and flag are.
**Not here:** which fields changed between vantages (``metrics``), layers above transport (``layers.py``).
"""

from __future__ import annotations

from types import MappingProxyType

from correlate.model.packets import ICMP, ICMPV6, TCP, UDP, ChecksumState, PacketFlag, PacketTable
from correlate.report.endpoints import endpoints_of
from correlate.wire.names import PACKET_FIELDS, TUPLE_FIELDS, Field

ECHO_ONLY = frozenset({"icmp.seq", "icmpv6.echo.sequence_number", "icmp.ident", "icmpv6.echo.identifier"})
ECHO_TYPES = MappingProxyType({ICMP: (0, 8), ICMPV6: (128, 129)})
TRANSPORTS = MappingProxyType({TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmpv6"})
CHECKSUMS = frozenset({"tcp.checksum", "udp.checksum", "icmp.checksum", "icmpv6.checksum"})
STATES = MappingProxyType(
    {
        ChecksumState.GOOD: "good",
        ChecksumState.BAD: "bad",
        ChecksumState.PARTIAL: "offload",
        ChecksumState.ABSENT: "none",
    }
)


def field_values(packets: PacketTable, row: int) -> dict[str, str]:
    """Return the fields of a packet row in the order of the header; checksums say whether they are right."""
    columns = packets.columns
    flags, proto = int(columns.flags[row]), int(columns.proto[row])
    layers = _layers(flags, proto, int(columns.vlan[row]))
    is_echo = int(columns.icmp_type[row]) in ECHO_TYPES.get(proto, ())
    values: dict[str, str] = {}
    for field in PACKET_FIELDS:
        has_flag = not field.flag or flags & PacketFlag[field.flag]
        if field.layer in layers and has_flag and (is_echo or field.name not in ECHO_ONLY):
            values[field.name] = _shown(field, int(getattr(columns, field.column)[row]))
            if field.name in CHECKSUMS:
                state = STATES.get(ChecksumState(int(columns.l4_csum_state[row])), "not checked")
                values[field.name] += f" {state}"
    if flags & PacketFlag.SACK_PERMITTED and "tcp" in layers:
        values["tcp.options.sack_perm"] = "True"
    return _addresses(packets, row, layers, is_echo=is_echo) | values


def _layers(flags: int, proto: int, vlan: int) -> set[str]:
    layers = {"ipv6" if flags & PacketFlag.IPV6 else "ip"}
    if vlan >= 0:
        layers.add("vlan")
    if flags & PacketFlag.TRANSPORT and proto in TRANSPORTS:
        layers.add(TRANSPORTS[proto])
    return layers


def _addresses(packets: PacketTable, row: int, layers: set[str], *, is_echo: bool) -> dict[str, str]:
    tuple_id = int(packets.columns.tuple_id[row])
    ends = endpoints_of(packets.tuples, tuple_id)
    texts = {"src": ends.src, "dst": ends.dst}
    values = {}
    for field in TUPLE_FIELDS:
        if field.layer not in layers or (field.name in ECHO_ONLY and not is_echo):
            continue
        if field.codec == "text":
            values[field.name] = texts[field.column]
        elif int(getattr(packets.tuples, field.column)[tuple_id]) >= 0:
            values[field.name] = _shown(field, int(getattr(packets.tuples, field.column)[tuple_id]))
    return values


def _shown(field: Field, raw: int) -> str:
    value = ((raw >> field.shift) & field.mask) + field.add
    if field.codec == "bool":
        return "True" if value else "False"
    if field.codec.startswith("hex"):
        return f"0x{value:0{int(field.codec[3:])}x}"
    return str(value)
