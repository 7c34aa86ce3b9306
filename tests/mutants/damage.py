"""Damage as transport, disks and attackers do it.

In: the bytes of a capture. Out: other bytes. Method: a few edits, drawn by chance, most of them where lengths stand.
Not here: what the tool makes of them (``run.py``).
"""

from __future__ import annotations

from random import Random

HEADS = 200
"""Bytes at the beginning of a file that most edits of lengths and magics hit."""


def damaged(data: bytes, chance: Random) -> bytes:
    """Return a damaged copy: one to four edits."""
    copy = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        chance.choice(EDITS)(copy, chance)
    return bytes(copy)


def flip(data: bytearray, chance: Random) -> None:
    for _ in range(chance.choice((1, 1, 4, 40))):
        if data:
            place = chance.randrange(min(HEADS, len(data)) if chance.random() < 0.2 else len(data))
            data[place] = chance.randrange(256)


def number(data: bytearray, chance: Random) -> None:
    """A 32-bit number becomes an extreme one."""
    if len(data) >= 8:
        place = chance.randrange(0, len(data) - 4)
        data[place : place + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80"))


def cut(data: bytearray, chance: Random) -> None:
    del data[chance.randrange(len(data) + 1) :]


def hole(data: bytearray, chance: Random) -> None:
    start = chance.randrange(len(data) + 1)
    del data[start : start + chance.choice((1, 3, 16, 100, 1000))]


def again(data: bytearray, chance: Random) -> None:
    start = chance.randrange(len(data) + 1)
    data[start:start] = data[start : start + chance.choice((1, 16, 100, 1000))]


EDITS = (flip, flip, flip, number, cut, hole, again)
