"""Frames as the truth sees them: a reading of headers that shares no code with the tool.

**In:** a pcap file and the hardware address of its interface. **Out:** ``Frame`` per IP packet (the innermost one of
VXLAN), others left out.
**Not here:** which frames hold the same packet (``links.py``).
"""

from __future__ import annotations

import struct
from pathlib import Path

import attrs

from tests.lab.capture import records
from tests.lab.wire import digest

VXLAN = 4789
TCP, UDP, ICMP, FRAGMENT_HEADER = 6, 17, 1, 44
ERRORS = {3, 4, 5, 11, 12}
"""Types of ICMP that quote a packet (RFC 792)."""

Tuple5 = tuple[int, bytes, int, bytes, int]
"""Protocol, source, its port, destination, its port."""


@attrs.frozen(kw_only=True)
class Frame:
    """One IP packet at one interface."""

    number: int
    """In the capture, from 1."""
    time_ns: int
    is_outgoing: bool
    digest: str
    """Of all bytes from IP upward, those of the outermost packet."""
    ends: Tuple5
    """Ports are 0 where there are none; an echo's identifier stands for both."""
    identity: tuple[object, ...]
    """What routers and NAT leave alone, numbers aside."""
    numbers: tuple[int, ...] = ()
    """TCP: sequence and acknowledgement number."""
    options: bytes = b""
    """TCP: as they stand; most boxes leave them alone, and time stamps tell sendings apart."""
    begin: int = 0
    """Place of ``size`` bytes in the stream or in the datagram."""
    size: int = 0
    whole: tuple[object, ...] = ()
    """Name of the stream or datagram in which ``begin`` counts; empty = cannot be cut."""
    is_syn: bool = False
    """TCP: SYN is set."""
    is_reset: bool = False
    """TCP: RST is set."""
    refuses: tuple[Tuple5, int] | None = None
    """ICMP errors: tuple and identification of the packet that they quote."""


def frames_of(path: Path, mac: str) -> list[Frame]:
    """Return the IP packets that an interface sent and received."""
    own = bytes.fromhex(mac.replace(":", ""))
    found = []
    for number, (time_ns, _, frame) in enumerate(records(path), 1):
        packet = _packet(frame)
        if packet is not None:
            name = digest(frame[14:])
            found.append(_frame(packet, number=number, time_ns=time_ns, is_outgoing=frame[6:12] == own, digest=name))
    return found


def _packet(frame: bytes) -> bytes | None:
    """Return the innermost IP packet, cut to its own length; None if there is none."""
    if frame[12:14] == b"\x86\xdd":
        return frame[14 : 54 + int.from_bytes(frame[18:20], "big")]
    if frame[12:14] != b"\x08\x00":
        return None
    length = int.from_bytes(frame[16:18], "big")
    packet = frame[14 : 14 + length] if length else frame[14:]
    header = (packet[0] & 15) * 4
    if packet[9] == UDP and packet[header + 2 : header + 4] == VXLAN.to_bytes(2, "big"):
        return _packet(packet[header + 16 :])
    return packet


def _frame(packet: bytes, **common: object) -> Frame:
    if packet[0] >> 4 == 6:
        source, target, protocol, body, mark = packet[8:24], packet[24:40], packet[6], packet[40:], 0
        place, more = 0, 0
        if protocol == FRAGMENT_HEADER:
            protocol, mark = body[0], int.from_bytes(body[4:8], "big")
            place, more = int.from_bytes(body[2:4], "big") & 0xFFF8, body[3] & 1
            body = body[8:]
    else:
        header = (packet[0] & 15) * 4
        source, target, protocol, body = packet[12:16], packet[16:20], packet[9], packet[header:]
        mark = int.from_bytes(packet[4:6], "big")
        field = int.from_bytes(packet[6:8], "big")
        place, more = (field & 0x1FFF) * 8, field >> 13 & 1
    if place or more:
        # Ports stand in the first fragment only: fragments are named by their datagram.
        ends = (protocol, source, 0, target, 0)
        whole = ("datagram", mark)
        return _make(common, ends, ("fragment", mark, place, digest(body)), begin=place, size=len(body), whole=whole)
    read = {TCP: _tcp, UDP: _udp, ICMP: _icmp}.get(protocol, _other)
    return read(packet, body, mark, (protocol, source, target), common)


def _make(common: dict[str, object], ends: Tuple5, identity: tuple[object, ...], **more: object) -> Frame:
    return Frame(ends=ends, identity=identity, **common, **more)  # type: ignore[arg-type]


def _tcp(packet: bytes, body: bytes, mark: int, hosts: tuple[int, bytes, bytes], common: dict[str, object]) -> Frame:
    source, target, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", body)
    payload = body[(offset >> 4) * 4 :]
    return _make(
        common,
        (TCP, hosts[1], source, hosts[2], target),
        # Without the bits of congestion notification, which queues and marks may change.
        (mark, flags & 0x3F, digest(payload), len(payload)),
        numbers=(seq, ack),
        options=body[20 : (offset >> 4) * 4],
        begin=seq,
        size=len(payload),
        whole=("stream",) if payload else (),
        is_syn=bool(flags & 2),
        is_reset=bool(flags & 4),
    )


def _udp(packet: bytes, body: bytes, mark: int, hosts: tuple[int, bytes, bytes], common: dict[str, object]) -> Frame:
    source, target = struct.unpack_from("!HH", body)
    ends = (UDP, hosts[1], source, hosts[2], target)
    return _make(common, ends, (mark, digest(body[8:])), size=len(body), whole=("datagram", mark) if mark else ())


def _icmp(packet: bytes, body: bytes, mark: int, hosts: tuple[int, bytes, bytes], common: dict[str, object]) -> Frame:
    if body[0] in ERRORS:
        quoted = body[8:]
        answered = _answered(quoted)
        mark = int.from_bytes(quoted[4:6], "big")
        identity = ("error", body[:2], mark, quoted[2:4])
        return _make(common, answered, identity, refuses=(turned(answered), mark))
    name = int.from_bytes(body[4:6], "big")
    return _make(common, (ICMP, hosts[1], name, hosts[2], name), (mark, body[:1], body[6:]))


def turned(ends: Tuple5) -> Tuple5:
    """Return the tuple of the other direction."""
    return ends[0], ends[3], ends[4], ends[1], ends[2]


def _answered(quoted: bytes) -> Tuple5:
    """Return the tuple of packets against the quoted one: translated like any other of its connection."""
    ports = quoted[(quoted[0] & 15) * 4 :]
    source, target = struct.unpack_from("!HH", ports) if quoted[9] in {TCP, UDP} else (0, 0)
    return quoted[9], quoted[16:20], target, quoted[12:16], source


def _other(packet: bytes, body: bytes, mark: int, hosts: tuple[int, bytes, bytes], common: dict[str, object]) -> Frame:
    return _make(common, (hosts[0], hosts[1], 0, hosts[2], 0), (mark, digest(body)))
