"""Two tiny captures of one UDP conversation, written byte by byte, for runs of the whole command."""

import struct
from pathlib import Path


def udp_frame(ip_id: int, payload: bytes, ttl: int, *, is_reply: bool = False) -> bytes:
    ends = [bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])]
    ports = [4000, 53]
    if is_reply:
        ends.reverse()
        ports.reverse()
    udp = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), ip_id, 0, ttl, 17, 0, *ends)
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + header[12:]
    return bytes(12) + b"\x08\x00" + header + udp


def pcap(path: Path, frames: list[tuple[int, bytes]]) -> Path:
    """Frames are (microseconds, bytes)."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for time_us, data in frames:
        seconds, rest = divmod(1_700_000_000_000_000 + time_us, 1_000_000)
        out += struct.pack("<IIII", seconds, rest, len(data), len(data)) + data
    path.write_bytes(out)
    return path


def two_vantages(folder: Path, *, count: int = 12) -> list[str]:
    """Return the paths of client.pcap and server.pcap: ``count`` questions, each answered."""
    client, server = [], []
    for number in range(count):
        question, answer = f"question {number:04d}".encode(), f"answer {number:04d}".encode()
        at = number * 10_000
        client += [
            (at, udp_frame(100 + number, question, 64)),
            (at + 3000, udp_frame(900 + number, answer, 63, is_reply=True)),
        ]
        server += [
            (at + 1000, udp_frame(100 + number, question, 63)),
            (at + 2000, udp_frame(900 + number, answer, 64, is_reply=True)),
        ]
    return [str(pcap(folder / "client.pcap", client)), str(pcap(folder / "server.pcap", server))]


def stranger(folder: Path) -> str:
    """Return the path of a capture that shares nothing with those."""
    frames = [(number, udp_frame(5000 + number, f"unrelated {number}".encode(), 33)) for number in range(3)]
    return str(pcap(folder / "stranger.pcap", frames))
