"""Captures by tcpdump at any interfaces, and clocks that are wrong on purpose.

**In:** namespaces, points ``node.side``. **Out:** pcap files with ns stamps of the one true clock, and distorted copies.
**Not here:** what the frames hold (``frames.py``).
"""

from __future__ import annotations

import re
import signal
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from tests.lab.netns import Namespaces

FLUSH_S = 1.3
"""The kernel hands over a block of frames after one second at the latest."""
MAGIC_NS = 0xA1B23C4D


@attrs.frozen(kw_only=True)
class Clock:
    """A clock against the true one: a line, perhaps with one step."""

    offset_ns: int = 0
    skew_ppm: float = 0.0
    step_ns: int = 0
    step_at: float = 0.5
    """Share of the capture's time."""

    def read(self, true_ns: int, first_ns: int, last_ns: int) -> int:
        """Return what the clock shows at a true time."""
        elapsed = true_ns - first_ns
        has_stepped = self.step_ns and elapsed >= self.step_at * (last_ns - first_ns)
        return true_ns + self.offset_ns + int(elapsed * self.skew_ppm / 1e6) + (self.step_ns if has_stepped else 0)


class Captures:
    """Running captures of all interfaces."""

    def __init__(self, spaces: Namespaces, ends: Sequence[tuple[str, str]], folder: Path) -> None:
        self._spaces = spaces
        self._running: dict[tuple[str, str], subprocess.Popen[str]] = {}
        for node, side in ends:
            options = ["-s", "0", "-B", "16384", "--time-stamp-precision=nano", "-Z", "root"]
            command = ["tcpdump", "-n", "-i", side, *options, "-w", str(path_of(folder, node, side))]
            self._running[node, side] = spaces.start(node, command)
        for process in self._running.values():
            assert process.stderr is not None, "captures are started with a pipe"
            while "listening on" not in (line := process.stderr.readline()):
                if not line:
                    raise RuntimeError("a capture did not start")

    def stop(self) -> int:
        """End all captures and return how many frames the kernel could not hand over."""
        time.sleep(FLUSH_S)
        said = [self._spaces.stop(process, signal.SIGINT) for process in self._running.values()]
        return sum(int(number) for text in said for number in re.findall(r"(\d+) packets dropped by kernel", text))


def path_of(folder: Path, node: str, side: str) -> Path:
    """Return where the capture of an interface is written."""
    return folder / f"{node}.{side}.pcap"


def records(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield (time ns, length on the wire, bytes) of a pcap file with ns stamps of this machine's byte order."""
    data = path.read_bytes()
    assert struct.unpack_from("=I", data)[0] == MAGIC_NS, "tcpdump was asked for nanoseconds"
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, held, length = struct.unpack_from("=4I", data, at)
        yield seconds * 1_000_000_000 + fraction, length, data[at + 16 : at + 16 + held]
        at += 16 + held


def distort(source: Path, target: Path, clock: Clock, span: tuple[int, int], *, snaplen: int = 262_144) -> list[int]:
    """Write a copy whose stamps are those of another clock, frames cut to ``snaplen``; return the stamps, ns."""
    stamps: list[int] = []
    parts = [struct.pack("=IHHiIII", MAGIC_NS, 2, 4, 0, 0, snaplen, 1)]
    for true_ns, length, frame in records(source):
        stamp = clock.read(true_ns, *span)
        stamps.append(stamp)
        held = frame[:snaplen]
        parts += [struct.pack("=4I", *divmod(stamp, 1_000_000_000), len(held), length), held]
    target.write_bytes(b"".join(parts))
    return stamps
