"""Whole processes timed from outside, pair by pair.

**In:** commands. **Out:** what each run cost; captures of a size, generated once.
**Method:** figures are the operating system's own of the finished child (wait4). Two commands that are compared run
directly after one another, so that a busy machine disturbs both alike; ratios are taken pair by pair. Bytecode is
kept, as users have it.
**Not here:** which commands (``rows.py``), the table (``compare.py``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
FULL = 262_144
"""Snap length that cuts nothing."""


class Cost(NamedTuple):
    """What one process cost."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    talk: str = ""
    """What it wrote on standard error."""


def spend(command: Sequence[str], *, env: Mapping[str, str] | None = None, folder: str | None = None) -> Cost:
    """Run a command with its output thrown away; stop everything if it fails.

    The peak of a child is at least that of this process, which therefore stays small: no numpy here.
    """
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**clean, **(env or {})}, cwd=folder
    ) as process:
        talk = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {process.returncode}\n{talk.decode(errors='replace')[-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(wall, cpu, usage.ru_maxrss / 1024, talk.decode(errors="replace"))


def in_turn(ours: Sequence[str], theirs: Sequence[str], rounds: int) -> list[tuple[Cost, Cost]]:
    """Run both commands in turn."""
    return [(spend(ours), spend(theirs)) for _ in range(rounds)]


def find_tool(name: str) -> str | None:
    """Return a program beside this interpreter, else on the path; None if there is none."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def captures(packets: int, snaplen: int = FULL, flow_packets: int | None = None) -> tuple[str, str]:
    """Return the two captures of a size, generated with their truth if absent."""
    name = f"{packets}" + ("" if snaplen >= FULL else f"-snap{snaplen}")
    folder = HERE / "data" / (name + (f"-flow{flow_packets}" if flow_packets else ""))
    pair = (folder / "a.pcap", folder / "b.pcap")
    if not all(path.exists() for path in pair):
        command = [sys.executable, "-m", "benchmarks.generate", "--packets", str(packets), "--snaplen", str(snaplen)]
        command += ["--flow-packets", str(flow_packets)] if flow_packets else []
        subprocess.run([*command, "--truth", "--out", str(folder)], check=True, cwd=HERE.parent, stdout=sys.stderr)
    return str(pair[0]), str(pair[1])


def warm(*paths: str) -> None:
    """Read files once, so that nobody waits for the disk."""
    for path in paths:
        with Path(path).open("rb") as stream:
            while stream.read(1 << 24):
                pass
