"""What a wire does to frames: a description, and the decision for one frame.

**In:** ``Impairment``, the frame, the time. **Out:** ``Delivery`` per copy that goes on (none: lost).
**Method:** one seeded generator per direction, so that a scenario does nearly the same on every run; losses come one by
one or in bursts (two states, Gilbert 1960); the rate is a queue of one server with a limit in bytes.
**Not here:** devices and time (``wire.py``).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

ETHERNET_BYTES = 14
MS = 1_000_000
COPY_LATER_NS = 300_000
"""A copy comes by another way; back to back it would look like that of a mirror port."""


@dataclass(frozen=True, kw_only=True)
class Impairment:
    """One direction of a wire. Shares are of frames, 0 .. 1."""

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Uniform, on top of the delay; order is kept."""
    loss: float = 0.0
    burst: float = 1.0
    """Mean length of a run of losses."""
    duplicate: float = 0.0
    reorder: float = 0.0
    """Share of frames that are held back."""
    hold_ms: float = 5.0
    """By how much."""
    rate_kbit: float = 0.0
    """0 = no limit."""
    queue_bytes: int = 60_000
    mutate: float = 0.0
    """Share of TCP and UDP frames with payload of which one payload bit is flipped; checksums stay."""
    larger_lost: int = 0
    """Frames with more bytes of IP than this vanish; 0 = none."""

    def asdict(self) -> dict[str, float]:
        """Return the fields, for the wire's process."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A frame that goes on."""

    due_ns: int
    frame: bytes


@dataclass(kw_only=True)
class Channel:
    """One direction with its memory."""

    what: Impairment
    seed: int
    draw: random.Random = field(init=False)
    is_bad: bool = False
    free_ns: int = 0
    """When the last frame has left the queue."""
    last_ns: int = 0
    """Latest due time, held frames aside."""

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def take(self, frame: bytes, now_ns: int) -> Sequence[Delivery]:
        """Decide on one frame."""
        if not is_ip(frame):
            return (Delivery(due_ns=now_ns, frame=frame),)
        size = len(frame) - ETHERNET_BYTES
        if self._is_lost() or 0 < self.what.larger_lost < size:
            return ()
        left_ns = self._queue(size, now_ns)
        if left_ns is None:
            return ()
        extra_ms = self.what.delay_ms + self.draw.random() * self.what.jitter_ms
        due_ns = max(left_ns + int(extra_ms * MS), self.last_ns)
        if self.draw.random() < self.what.reorder:
            due_ns += int(self.what.hold_ms * MS)
        else:
            self.last_ns = due_ns
        if self.draw.random() < self.what.mutate:
            frame = flip(frame, self.draw)
        one = Delivery(due_ns=due_ns, frame=frame)
        if self.draw.random() >= self.what.duplicate:
            return (one,)
        return one, Delivery(due_ns=due_ns + COPY_LATER_NS, frame=frame)

    def _is_lost(self) -> bool:
        """Return whether the channel is in its bad state, and move on."""
        loss, burst = self.what.loss, self.what.burst
        if not loss:
            return False
        # Mean run 1 / leave = burst; share of bad frames enter / (enter + leave) = loss.
        leave = 1 / burst
        enter = leave * loss / (1 - loss)
        self.is_bad = self.draw.random() >= leave if self.is_bad else self.draw.random() < enter
        return self.is_bad

    def _queue(self, size: int, now_ns: int) -> int | None:
        """Return when the frame has been sent at the rate; None if the queue is full."""
        if not self.what.rate_kbit:
            return now_ns
        ns_per_byte = 8_000_000 / self.what.rate_kbit
        begin = max(now_ns, self.free_ns)
        if (begin - now_ns) / ns_per_byte > self.what.queue_bytes:
            return None
        self.free_ns = begin + int(size * ns_per_byte)
        return self.free_ns


def is_ip(frame: bytes) -> bool:
    """Return whether a frame carries IP: others (ARP) are never impaired."""
    return frame[12:14] in {b"\x08\x00", b"\x86\xdd"}


def flip(frame: bytes, draw: random.Random) -> bytes:
    """Return an IPv4 TCP or UDP frame with one payload bit flipped; others, and those without payload, as they are."""
    header = (frame[ETHERNET_BYTES] & 15) * 4
    transport = ETHERNET_BYTES + header
    total = ETHERNET_BYTES + int.from_bytes(frame[16:18], "big")
    begin = {6: transport + (frame[transport + 12] >> 4) * 4, 17: transport + 8}.get(frame[23], total)
    if begin >= total:
        return frame
    changed = bytearray(frame)
    changed[draw.randrange(begin, total)] ^= 1 << draw.randrange(8)
    return bytes(changed)
