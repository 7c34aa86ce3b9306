"""A merged capture, read back block by block.

**In:** its bytes. **Out:** ``Frame`` after ``Frame``, in file order.
**Method:** draft-ietf-opsawg-pcapng section 4, as little of it as this tool writes; nothing of the tool is used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple


class Frame(NamedTuple):
    """One packet block."""

    vantage: str
    time_ns: int
    data: bytes
    packet: int
    """``epb_packetid``; 0 = none."""
    comments: tuple[str, ...]


def frames_of(merged: bytes) -> list[Frame]:
    """Return the frames of a merged capture."""
    names: list[str] = []
    found = []
    for kind, body in _blocks(merged):
        if kind == 1:
            names.append(dict(_options(body[8:]))[2].decode())
        elif kind == 6:
            interface, high, low, size, _wire = struct.unpack("<5I", body[:20])
            options = list(_options(body[20 + (size + 3) // 4 * 4 :]))
            packet = next((int.from_bytes(value, "little") for code, value in options if code == 5), 0)
            comments = tuple(value.decode() for code, value in options if code == 1)
            found.append(Frame(names[interface], high << 32 | low, body[20 : 20 + size], packet, comments))
    return found


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<2I", data, at)
        yield kind, data[at + 8 : at + size - 4]
        at += size


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from("<2H", data, at)
        if code == 0:
            return
        yield code, data[at + 4 : at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
