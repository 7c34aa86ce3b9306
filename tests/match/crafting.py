"""Small captures made of bytes: what unit tests of flows, fingerprints and matching need."""

from __future__ import annotations

import struct

import numpy as np

from correlate.dissect import TupleInterner, dissect_frames, gather
from correlate.model.packets import PacketTable
from tests.dissect.chunks import chunk_of

CLIENT, SERVER, NAT = "10.0.0.1", "192.0.2.80", "198.51.100.7"
MS = 1_000_000


def address(text: str) -> bytes:
    return bytes(int(part) for part in text.split("."))


def ones(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ip4(src: str, dst: str, proto: int, body: bytes, *, ident=0, ttl=64, frag=0, mac=1) -> bytes:
    """Ethernet frame with an IPv4 packet; ``frag`` is the whole flags-and-offset word."""
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident, frag, ttl, proto, 0, address(src), address(dst))
    head = head[:10] + struct.pack(">H", ones(head)) + head[12:]
    return bytes([2, 0, 0, 0, 0, mac, 2, 0, 0, 0, 0, mac + 1, 8, 0]) + head + body


def _summed(src: str, dst: str, proto: int, body: bytes, at: int) -> bytes:
    pseudo = address(src) + address(dst) + struct.pack(">BBH", 0, proto, len(body))
    return body[:at] + struct.pack(">H", ones(pseudo + body)) + body[at + 2 :]


def tcp(src, dst, sport, dport, *, seq, ack=0, flags=16, data=b"", window=500, stamp=None, **more) -> bytes:
    options = b"" if stamp is None else b"\1\1\x08\x0a" + struct.pack(">II", *stamp)
    offset = (20 + len(options)) // 4
    body = struct.pack(">HHIIBBHHH", sport, dport, seq % 2**32, ack % 2**32, offset << 4, flags, window, 0, 0)
    return ip4(src, dst, 6, _summed(src, dst, 6, body + options + data, 16), **more)


def udp(src, dst, sport, dport, data=b"", **more) -> bytes:
    body = struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data
    return ip4(src, dst, 17, _summed(src, dst, 17, body, 6), **more)


def icmp(src, dst, kind, code, body: bytes, **more) -> bytes:
    """``body`` starts with the four bytes after the checksum."""
    raw = struct.pack(">BBH", kind, code, 0) + body
    return ip4(src, dst, 1, raw[:2] + struct.pack(">H", ones(raw)) + raw[4:], **more)


def unreachable(src, dst, quoted: bytes, **more) -> bytes:
    """Port unreachable that quotes a frame's IP header and eight bytes."""
    return icmp(src, dst, 3, 3, bytes(4) + quoted[14:42], **more)


def table(frames: list[tuple[int, bytes]], *, snaplen: int = 0) -> PacketTable:
    """Packets of (stamp in ns, frame) records."""
    cut = [frame[:snaplen] if snaplen else frame for _, frame in frames]
    chunk = chunk_of(cut, wire_lens=[len(frame) for _, frame in frames])
    stamps = np.array([stamp for stamp, _ in frames], np.int64)
    chunk = type(chunk)(
        **{**{name: getattr(chunk, name) for name in _FIELDS}, "columns": chunk.columns._replace(ts_ns=stamps)}
    )
    tuples = TupleInterner()
    return gather([dissect_frames(chunk, tuples, 0)], tuples)


_FIELDS = ("data", "columns", "interfaces", "first_frame", "bytes_read", "problems")


def talk(src=CLIENT, dst=SERVER, sport=50000, dport=443, *, isn=(1000, 7000), ident=100, at=0, ttl=64, rounds=3, mac=1):
    """A TCP connection as (time in ns, frame): handshake, requests with answers. Payloads depend on the round."""
    out = {"ttl": ttl, "mac": mac}
    here, there = isn
    frames = [
        (at, tcp(src, dst, sport, dport, seq=here, flags=2, ident=ident, **out)),
        (at + MS, tcp(dst, src, dport, sport, seq=there, ack=here + 1, flags=18, ident=0, **out)),
        (at + 2 * MS, tcp(src, dst, sport, dport, seq=here + 1, ack=there + 1, ident=ident + 1, **out)),
    ]
    here, there = here + 1, there + 1
    for number in range(rounds):
        ask, answer = f"request {number} of {isn}".encode() * 2, f"answer {number} to {isn}".encode() * 9
        t = at + (10 + 10 * number) * MS
        frames.append(
            (t, tcp(src, dst, sport, dport, seq=here, ack=there, flags=24, data=ask, ident=ident + 2 + number, **out))
        )
        here += len(ask)
        frames.append(
            (
                t + 3 * MS,
                tcp(
                    dst,
                    src,
                    dport,
                    sport,
                    seq=there,
                    ack=here,
                    flags=24,
                    data=answer,
                    ident=ident + 500 + number,
                    **out,
                ),
            )
        )
        there += len(answer)
    return frames


def later(frames, by: int):
    """The same frames on another clock."""
    return [(stamp + by, frame) for stamp, frame in frames]


def side_of(packets: PacketTable):
    """A vantage as the matcher sees it."""
    from correlate.fingerprint import fingerprint
    from correlate.flows import group_flows
    from correlate.match.copies import find_repeats
    from correlate.match.sides import Side, elapsed

    prints, time = fingerprint(packets), elapsed(packets)
    repeats = find_repeats(packets, prints, time)
    return Side(packets=packets, flows=group_flows(packets), prints=prints, time=time, is_copy=repeats.is_copy)


def everything(side):
    """All sights of a side, one block per flow and direction."""
    from correlate.match.sides import Sights

    rows = np.arange(len(side))
    return Sights(side, rows, side.flows.of_packet.astype(np.int64) * 2 + side.flows.is_outbound)


def no_habits(blocks: int):
    """Nothing is known of boxes."""
    from correlate.match.comparing import Habits

    return Habits(*(np.zeros(blocks, np.int64) for _ in Habits._fields))
