"""Names and decryption secrets that a pcapng file carries beside its packets.

In: the path of a capture. Out: the bodies of its Name Resolution and Decryption Secrets Blocks, little-endian.
Method: draft-ietf-opsawg-pcapng sections 4.5 and 4.7; the file is walked again, headers only. Options of these blocks
are left behind, equal blocks are kept once.
Not here: packets (``frames.py``), using names (Wireshark does).
"""

from __future__ import annotations

import os
import struct

import numpy as np

from correlate.model.frames import SideBlock
from correlate.read.blocks_kernel import COUNT, NEEDS, POSITION, find_blocks
from correlate.read.pcapng import MAGIC, MAX_BLOCK
from correlate.read.streams import open_stream
from correlate.read.window import Window

NAMES, SECRETS = 4, 10
"""Block types."""
KEPT_BYTES = 16 * 1024 * 1024
"""Bytes kept of one file: names and keys are small, claims are not."""
PLACES = 1024
WINDOW_BYTES = 4 * 1024 * 1024


def read_side_blocks(path: str | os.PathLike[str]) -> tuple[SideBlock, ...]:
    """Return the name and secrets blocks of a capture file in the order met; other formats have none.

    Raises
    ------
    UnreadableCapture
        If the file cannot be opened. What follows damage is not looked at.
    """
    with open_stream(os.fspath(path)) as stream:
        window = Window(stream)
        if window.peek(4) != MAGIC:
            return ()
        return tuple(_walk(window))


def _walk(window: Window) -> dict[SideBlock, None]:
    """Walk the file; a dict keeps each block once and in order."""
    kinds, places = np.array([NAMES, SECRETS], np.int64), np.zeros((PLACES, 2), np.int64)
    state = np.zeros(4, np.int64)
    found: dict[SideBlock, None] = {}
    kept = 0
    window.fill(WINDOW_BYTES)
    while True:
        find_blocks(window.view, window.start, window.end, kinds, MAX_BLOCK, places, state)
        for offset, is_big in places[: int(state[COUNT])].tolist():
            block = _block(window.view[offset : window.end].data, ">" if is_big else "<")
            kept += len(block.body) if block else 0
            if block and kept <= KEPT_BYTES:
                found[block] = None
        window.start = int(state[POSITION])
        needs, is_full = int(state[NEEDS]), int(state[COUNT]) == PLACES
        if not is_full and (not needs or window.is_exhausted):
            return found
        if not is_full:
            window.fill(max(WINDOW_BYTES, min(needs, 2 * len(window)), len(window) + 1))


def _block(data: memoryview, order: str) -> SideBlock | None:
    """Return one block with its numbers turned little-endian; None = it contradicts itself."""
    kind, total = struct.unpack_from(f"{order}II", data)
    body = bytes(data[8 : total - 4])
    records = _names(body, order) if kind == NAMES else _secrets(body, order)
    return SideBlock(kind=kind, body=records) if records else None


def _names(body: bytes, order: str) -> bytes:
    """Return the records of a Name Resolution Block with their end, empty where there are none."""
    records, position = bytearray(), 0
    while position + 4 <= len(body):
        kind, length = struct.unpack_from(f"{order}HH", body, position)
        value = body[position + 4 : position + 4 + length]
        if kind == 0 or len(value) < length:
            break
        records += struct.pack("<HH", kind, length) + value + bytes(-length % 4)
        position += 4 + length + (-length % 4)
    return bytes(records) + bytes(4) if records else b""


def _secrets(body: bytes, order: str) -> bytes:
    """Return type, length and data of a Decryption Secrets Block."""
    if len(body) < 8:
        return b""
    kind, length = struct.unpack_from(f"{order}II", body)
    if len(body) < 8 + length:
        return b""
    return struct.pack("<II", kind, length) + body[8 : 8 + length] + bytes(-length % 4)
