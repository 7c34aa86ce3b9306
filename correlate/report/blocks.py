"""pcapng blocks that are written once per file: header, interfaces, statistics, names and secrets.

**In:** what they say. **Out:** their bytes, little-endian.
**Method:** draft-ietf-opsawg-pcapng sections 4.1, 4.2, 4.6; stamps in nanoseconds (``if_tsresol`` 9).
**Not here:** packet blocks (``merge_kernel.py``).
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from correlate.model.frames import SideBlock
from correlate.version import __version__
from correlate.wire.linktypes import NO_LINK
from correlate.wire.text import safe_text

WRITER = f"correlate {__version__}"
"""``shb_userappl``: how the tool knows its own captures again."""
SECTION, INTERFACE, STATISTICS = 0x0A0D0D0A, 1, 5
BYTE_ORDER = 0x1A2B3C4D
COMMENT, USERAPPL = 1, 4
IF_NAME, IF_DESCRIPTION, IF_TSRESOL, IF_FILTER, IF_FCSLEN = 2, 3, 9, 11, 13
ISB_RECEIVED, ISB_DROPPED = 4, 5
NANOSECONDS = b"\x09"
OWN = re.compile(rb"\x04\x00..correlate ", re.DOTALL)
"""How ``shb_userappl`` begins in a file of ours."""
MOST_BYTES = 60_000
"""Of one text option, whose length is told in 16 bits."""

Options = list[tuple[int, bytes]]


def text_value(text: str) -> bytes:
    """Return a text as the value of an option: harmless, UTF-8, not longer than an option can be."""
    return safe_text(text).encode("utf-8")[:MOST_BYTES].decode("utf-8", "ignore").encode("utf-8")


def block(kind: int, body: bytes) -> bytes:
    """Return a block; its body is padded to a multiple of four bytes."""
    padded = body + bytes(-len(body) % 4)
    length = struct.pack("<I", len(padded) + 12)
    return struct.pack("<I", kind) + length + padded + length


def _options(options: Options) -> bytes:
    if not options:
        return b""
    listed = b"".join(
        struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in options if value
    )
    return listed + bytes(4)


def section_header(comment: str) -> bytes:
    """Return the Section Header Block."""
    body = struct.pack("<IHHq", BYTE_ORDER, 1, 0, -1)
    return block(SECTION, body + _options([(COMMENT, text_value(comment)), (USERAPPL, WRITER.encode())]))


def interface_description(
    *, link_type: int, snaplen: int, name: str, description: str, capture_filter: str, fcs_len: int
) -> bytes:
    """Return an Interface Description Block whose stamps are nanoseconds.

    A link type of more than 16 bits, which no capture system writes, is told as none.
    """
    options = [
        (IF_NAME, text_value(name)),
        (IF_DESCRIPTION, text_value(description)),
        (IF_TSRESOL, NANOSECONDS),
        (IF_FILTER, b"\0" + text_value(capture_filter) if capture_filter else b""),
        (IF_FCSLEN, bytes([fcs_len]) if fcs_len else b""),
    ]
    return block(INTERFACE, struct.pack("<HHI", min(link_type, NO_LINK), 0, snaplen) + _options(options))


def interface_statistics(*, interface: int, time_ns: int, received: int | None, dropped: int | None) -> bytes:
    """Return an Interface Statistics Block; empty where nothing was counted."""
    counted = [(ISB_RECEIVED, received), (ISB_DROPPED, dropped)]
    options = [(code, struct.pack("<Q", value)) for code, value in counted if value is not None]
    if not options:
        return b""
    body = struct.pack("<III", interface, time_ns >> 32, time_ns & 0xFFFFFFFF)
    return block(STATISTICS, body + _options(options))


def side_block(side: SideBlock) -> bytes:
    """Return a block of names or secrets."""
    return block(side.kind, side.body)


def is_own_capture(path: Path) -> bool:
    """Return True if a file is a capture that this tool wrote."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return head[:4] == struct.pack("<I", SECTION) and OWN.search(head) is not None
