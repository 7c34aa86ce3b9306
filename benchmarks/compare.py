"""Every promise about speed against the tools that people have: one command, paired runs, medians.

**In:** a size, rounds, which rows. **Out:** a Markdown table: figure, spread, bounds; then how cost grows.
**Method:** see ``processes.py`` and ``rows.py``. Both the ratio of wall times and of CPU seconds are given: on a
machine with other work only the latter means anything, and it counts both of our threads.
**Not here:** the traffic (``generate.py``), the page (``page.py``), stages of matching (``matching.py``).

    python -m benchmarks.compare --packets 1000000 --rounds 3
    python -m benchmarks.compare --only P1 P5 growth
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from benchmarks.processes import captures, find_tool, spend, warm
from benchmarks.rows import ROWS, SMALL, Figure, House, Row

GROWTH = (10_000, 100_000, 1_000_000)
GROWTH_FLOWS = (20, 20_000)


def row_text(row: Row, figures: list[Figure]) -> str:
    """Return the row as Markdown."""
    if not figures:
        return f"| {row.name} | {row.what} | skipped: tool or package absent | | | | |"
    wall, cpu = (sorted(getattr(figure, name) for figure in figures) for name in ("wall", "cpu"))
    middle = statistics.median(wall), statistics.median(cpu)
    verdict, bounds = "", ""
    if row.must is not None and row.target is not None:
        reaches = [middle[0] >= bound if row.is_least else middle[0] <= bound for bound in (row.must, row.target)]
        verdict = "target" if reaches[1] else "must" if reaches[0] else "**short**"
        bounds = f"at {'least' if row.is_least else 'most'} {row.must:g}, {row.target:g}"
    shown = [
        f"{value:.3g}{row.unit} ({some[0]:.3g} to {some[-1]:.3g})"
        for value, some in zip(middle, (wall, cpu), strict=True)
    ]
    return f"| {row.name} | {row.what} | {shown[0]} | {shown[1]} | {bounds} | {verdict} | {figures[-1].detail} |"


def growth(house: House) -> Iterator[str]:
    """Yield how the cost per packet of a whole run grows with packets and flows, start-up taken off."""
    yield "| packets per capture | flows | CPU s | us per packet | peak MiB |"
    yield "|---|---|---|---|---|"
    empty = min(spend(house.whole(captures(SMALL))).cpu_s for _ in range(3))
    sizes = [(count, None) for count in GROWTH if count <= house.packets]
    largest = min(house.packets, GROWTH[-1])
    for count, flows in [*sizes, *((largest, flows) for flows in GROWTH_FLOWS)]:
        pair = captures(count, flow_packets=None if flows is None else max(5, count // flows))
        runs = [spend(house.whole(pair)) for _ in range(house.rounds)]
        cpu = statistics.median(run.cpu_s for run in runs)
        each = (cpu - empty) / (2 * count) * 1e6
        peak = max(run.peak_mib for run in runs)
        yield f"| {count:,} | {count // 500 if flows is None else flows:,} | {cpu:.2f} | {each:.2f} | {peak:.0f} |"


def stages(house: House) -> Iterator[str]:
    """Yield what each stage of a whole run takes, as ``--stats`` tells it."""
    yield "| stage | wall s | peak so far, MiB |"
    yield "|---|---|---|"
    talk = spend([*house.whole(house.pair), "--stats"]).talk
    for name, wall, _s, peak, *_ in (line.split() for line in talk.splitlines() if line.endswith("MiB")):
        yield f"| {name} | {wall} | {peak} |"


def versions() -> str:
    """Return what was measured against what."""
    names = []
    for command in (["tshark", "--version"], ["tcpdump", "--version"]):
        if find_tool(command[0]):
            talk = subprocess.run(command, check=False, capture_output=True, text=True)
            names.append((talk.stdout or talk.stderr).splitlines()[0].replace("(Wireshark) ", "").rstrip("."))
    for package in ("numpy", "numba", "pandas", "dpkt", "scapy"):
        try:
            names.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(names)


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", help="rows by name (P1 ...), 'stages', 'growth'")
    asked = parser.parse_args()
    house = House(packets=asked.packets, rounds=asked.rounds)
    warm(*house.pair)
    spend(house.whole(captures(SMALL)))
    load = f"load {os.getloadavg()[0]:.1f}"
    runs_on = f"{platform.machine()}, {os.cpu_count()} cores, {load}, Python {platform.python_version()}"
    print(f"{asked.packets:,} packets per capture; {asked.rounds} rounds; {datetime.now(UTC):%Y-%m-%d}; {runs_on}")
    print(versions())
    print("\n| | | wall: median (spread) | CPU: median (spread) | must, target | reaches | last round |")
    print("|---|---|---|---|---|---|---|")
    for row in ROWS:
        if not asked.only or row.name in asked.only:
            print(row_text(row, list(row.measure(house))), flush=True)
    for name, rest in (("stages", stages), ("growth", growth)):
        if not asked.only or name in asked.only:
            print()
            for line in rest(house):
                print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
