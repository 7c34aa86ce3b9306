"""The whole tool against tshark on the same captures: one command, paired runs, medians.

**In:** a size. **Out:** wall time, CPU time and peak memory of both, and their ratios, as a table.
**Method:** captures are generated once (``benchmarks/data/``, not in git). One small run warms the kernel cache, one
pass over the files the page cache. Then each round runs ``correlate a b --json`` (both captures, everything) and
``tshark -T fields`` with 15 fields (one capture) directly after one another, so that a busy machine disturbs both
alike; the ratio is the median of the rounds' ratios. Figures are those of the child alone (wait4).
**Not here:** the traffic (``generate.py``).

    python benchmarks/compare.py --packets 1000000 --rounds 3
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
FIELDS = (
    "frame.number",
    "frame.time_epoch",
    "frame.len",
    "ip.src",
    "ip.dst",
    "ip.id",
    "ip.ttl",
    "ip.len",
    "ip.proto",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.flags",
    "tcp.len",
)


class Cost(NamedTuple):
    """What one process cost."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def spend(command: Sequence[str]) -> Cost:
    """Run a command with its output thrown away; stop everything if it fails."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        talk = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {process.returncode}\n{talk.decode(errors='replace')[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def find_tool(name: str) -> str:
    """Return a program beside this interpreter, else on the path."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        sys.exit(f"{name}: not found; install it first.")
    return found


def captures(packets: int, snaplen: int) -> tuple[str, str]:
    """Return the two captures of a size, generated if absent."""
    folder = HERE / "data" / (f"{packets}" if snaplen >= 65536 else f"{packets}-snap{snaplen}")
    pair = (folder / "a.pcap", folder / "b.pcap")
    if not all(path.exists() for path in pair):
        command = [sys.executable, str(HERE / "generate.py"), "--packets", str(packets), "--snaplen", str(snaplen)]
        subprocess.run([*command, "--truth", "--out", str(folder)], check=True)
    return str(pair[0]), str(pair[1])


def measure(packets: int, snaplen: int, rounds: int) -> dict[str, list[Cost]]:
    """Run both tools in turn."""
    a, b = captures(packets, snaplen)
    small = captures(2_000, 262_144)
    tool, shark = find_tool("correlate"), find_tool("tshark")
    ours = [tool, a, b, "--json"]
    theirs = [shark, "-n", "-r", a, "-T", "fields"]
    for field in FIELDS:
        theirs += ["-e", field]
    spend([tool, *small, "--json"])
    for path in (a, b):
        with Path(path).open("rb") as stream:
            while stream.read(1 << 24):
                pass
    costs: dict[str, list[Cost]] = {"correlate": [], "tshark": []}
    for number in range(rounds):
        costs["correlate"].append(spend(ours))
        costs["tshark"].append(spend(theirs))
        line = ", ".join(f"{name} {runs[-1].wall_s:.2f} s" for name, runs in costs.items())
        print(f"round {number + 1}: {line}", file=sys.stderr, flush=True)
    return costs


def render(costs: dict[str, list[Cost]], packets: int, snaplen: int) -> str:
    """Return the table."""
    shark = subprocess.run([find_tool("tshark"), "--version"], check=True, capture_output=True, text=True).stdout
    cut = "" if snaplen >= 65536 else f", snaplen {snaplen}"
    runs_on = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    tools = f"correlate {version('correlate-captures')}, {shark.splitlines()[0]}"
    lines = [
        f"{packets:,} packets per capture{cut}; {len(costs['tshark'])} rounds; {datetime.now(UTC):%Y-%m-%d}; {runs_on}",
        tools,
        "",
        "| | wall s | CPU s | peak MiB |",
        "|---|---|---|---|",
    ]
    what = {"correlate": "correlate a b --json", "tshark": "tshark -T fields, 15 fields, a only"}
    for name, runs in costs.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*runs, strict=True))
        lines.append(f"| {what[name]} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |")
    ratios = [
        [theirs[k] / ours[k] for ours, theirs in zip(costs["correlate"], costs["tshark"], strict=True)] for k in (0, 1)
    ]
    wall, cpu = (statistics.median(column) for column in ratios)
    spread = f"{min(ratios[0]):.2f} to {max(ratios[0]):.2f}"
    lines.append(f"| **correlate is faster by** | **{wall:.2f}** ({spread}) | {cpu:.2f} | |")
    return "\n".join(lines)


def main() -> None:
    """Compare from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--snaplen", type=int, default=262_144)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print(render(measure(asked.packets, asked.snaplen, asked.rounds), asked.packets, asked.snaplen))


if __name__ == "__main__":
    main()
