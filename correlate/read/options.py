"""Options of pcapng blocks.

In: the bytes of a block's option list. Out: (code, value) pairs, and values as text or numbers.
Method: draft-ietf-opsawg-pcapng section 3.5; a list that breaks off ends there, what came before it counts.
Not here: what an option means (``pcapng.py``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAX_TEXT = 4096
"""Characters kept of a text option."""


def parse_options(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield the options of a list; ``order`` is ``>`` or ``<``."""
    header = struct.Struct(f"{order}HH")
    position = 0
    while position + 4 <= len(data):
        code, length = header.unpack_from(data, position)
        position += 4
        if code == 0 or position + length > len(data):
            return
        yield code, data[position : position + length]
        position += (length + 3) & ~3


def as_text(value: bytes) -> str:
    r"""Return a text option without what could move a terminal's cursor.

    >>> as_text(b"eth0\x1b[2J")
    'eth0\ufffd[2J'
    """
    text = value.rstrip(b"\0").decode("utf-8", "replace")[:MAX_TEXT]
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def as_number(value: bytes, order: str, *, is_signed: bool = False) -> int:
    """Return a number option of any length."""
    return int.from_bytes(value, "big" if order == ">" else "little", signed=is_signed)
