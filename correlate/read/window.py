"""The part of a file that is in memory.

In: a byte stream. Out: a buffer that holds an unfinished record over to the next filling.
Method: one reused buffer; what is not used yet moves to its front. It grows only while bytes really arrive, so a
length field can claim what it likes.
Not here: where the bytes come from (``streams.py``), what they mean.
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import U8, frozen
from correlate.read.streams import ByteStream


@attrs.define
class Window:
    """``data[start:end]`` is what was read and not used; ``data[0]`` is byte ``offset`` of the (unpacked) file."""

    stream: ByteStream
    data: U8 = attrs.field(factory=lambda: np.empty(4096, np.uint8))
    start: int = 0
    end: int = 0
    offset: int = 0
    is_exhausted: bool = False
    """The stream has no further bytes."""

    @property
    def position(self) -> int:
        """Offset in the (unpacked) file of the first unused byte."""
        return self.offset + self.start

    @property
    def view(self) -> U8:
        """The buffer for kernels: same memory, read-only."""
        return frozen(self.data[: self.end])

    def __len__(self) -> int:
        return self.end - self.start

    def fill(self, wanted: int) -> None:
        """Read until ``wanted`` unused bytes are held, or the stream ends. Positions before this call are void."""
        held = len(self)
        if wanted > len(self.data):
            grown = np.empty(wanted, np.uint8)
            grown[:held] = self.data[self.start : self.end]
            self.data = grown
        elif self.start:
            self.data[:held] = self.data[self.start : self.end]
        self.offset += self.start
        self.start, self.end = 0, held
        free = memoryview(self.data)  # type: ignore[arg-type]  # numpy arrays are buffers; mypy learns it from 3.12 on
        while self.end < wanted and not self.is_exhausted:
            count = self.stream.readinto(free[self.end : wanted])
            self.is_exhausted = count == 0
            self.end += count

    def peek(self, count: int) -> bytes:
        """Return up to ``count`` unused bytes without using them."""
        if len(self) < count:
            self.fill(count)
        return self.data[self.start : min(self.end, self.start + count)].tobytes()

    def jump(self, position: int) -> bool:
        """Go to a byte of the (unpacked) file outside the window; False = the stream cannot."""
        if self.offset <= position <= self.offset + self.end:
            self.start = position - self.offset
            return True
        if not self.stream.seek(position):
            return False
        self.start = self.end = 0
        self.offset, self.is_exhausted = position, False
        return True
