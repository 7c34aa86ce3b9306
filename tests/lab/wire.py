"""A wire between two TAP devices, in user space.

``python -m tests.lab.wire SPEC``: SPEC is JSON (``Wire.spec``). Runs until it is told to end, then writes its log.
**In:** frames that either kernel sends. **Out:** frames to the other one; a log line per frame taken:
``[direction, taken ns, digest, [[sent ns, digest], ...]]``; nothing sent = lost here.
**Method:** one process, one heap of due frames, ``poll`` with the time to the next one.
**Not here:** what is done to a frame (``impairments.py``).
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import json
import os
import select
import signal
import struct
import sys
import time
from hashlib import blake2b
from pathlib import Path
from types import FrameType
from typing import Any

from tests.lab.impairments import ETHERNET_BYTES, Channel, Impairment
from tests.lab.netns import enter

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
FRAME_BYTES = 65_550
BATCH = 64
IDLE_MS = 200
PRIORITY = -15


def digest(packet: bytes) -> str:
    """Return a short name of the bytes of an IP packet."""
    return blake2b(packet, digest_size=8).hexdigest()


def open_tap(namespace: str, name: str) -> int:
    """Create a TAP device in a namespace and return its handle."""
    enter(namespace)
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    return handle


class Wire:
    """Two ends, two channels, one heap."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.ends = [open_tap(*end) for end in spec["ends"]]
        self.channels = [
            Channel(what=Impairment(**what), seed=spec["seed"] + at) for at, what in enumerate(spec["ways"])
        ]
        self.log_path = Path(spec["log"])
        self.log: list[list[Any]] = []
        self.due: list[tuple[int, int, int, bytes, list[Any]]] = []
        self.counter = itertools.count()
        self.is_ending = False

    def end(self, number: int, frame: FrameType | None) -> None:
        """Leave the loop soon."""
        self.is_ending = True

    def run(self) -> None:
        """Carry frames until told to end."""
        poller = select.poll()
        for handle in self.ends:
            poller.register(handle, select.POLLIN)
        while not self.is_ending:
            wait_ms = IDLE_MS if not self.due else max(0.0, (self.due[0][0] - time.time_ns()) / 1e6)
            for handle, _ in poller.poll(min(wait_ms, IDLE_MS)):
                self.take(self.ends.index(handle))
            self.send()
        self.log_path.write_text(json.dumps(self.log), encoding="utf-8")

    def take(self, end: int) -> None:
        """Read what one end has, a batch at most, so that the other end and the heap get their turn."""
        for _ in range(BATCH):
            try:
                frame = os.read(self.ends[end], FRAME_BYTES)
            except BlockingIOError:
                return
            now = time.time_ns()
            sent: list[Any] = []
            self.log.append([end, now, digest(frame[ETHERNET_BYTES:]), sent])
            for delivery in self.channels[end].take(frame, now):
                heapq.heappush(self.due, (delivery.due_ns, next(self.counter), 1 - end, delivery.frame, sent))

    def send(self) -> None:
        """Write what is due."""
        now = time.time_ns()
        while self.due and self.due[0][0] <= now:
            _, _, end, frame, sent = heapq.heappop(self.due)
            try:
                os.write(self.ends[end], frame)
            except OSError:
                # That end is not up yet, or no more: the frame is lost, and the log says so.
                continue
            sent.append([time.time_ns(), digest(frame[ETHERNET_BYTES:])])


def main() -> None:
    """Run one wire."""
    # A wire waits for nobody: on a busy machine its delays would be those of the scheduler.
    os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    wire = Wire(json.loads(sys.argv[1]))
    signal.signal(signal.SIGTERM, wire.end)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    wire.run()


if __name__ == "__main__":
    main()
