"""How cost grows from small captures to ones far larger than memory: one command, a table and a plot.

**In:** sizes, memory allowed. **Out:** Markdown on standard output; ``docs/images/growth.svg``.
**Method:** captures cut at 96 bytes, as whoever captures days takes them; the whole tool with ``--json`` under
``--memory``, as a process; start-up (a run on 200 packets) is taken off the cost per packet. The row P9 is the peak of
5M against that of 1M packets.
**Not here:** other tools (``compare.py``), the traffic (``generate.py``).

    python -m benchmarks.large --sizes 10000 100000 1000000 5000000 20000000 --memory 512M
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.processes import HERE, Cost, captures, find_tool, spend, warm

PLOT = HERE.parent / "docs/images/growth.svg"
SNAPLEN = 96
SMALL = 200
P9_SIZES = (1_000_000, 5_000_000)
FLOWS = (20, 20_000)
WIDTH, HEIGHT, LEFT, TOP = 640, 260, 60, 20


class Measured(NamedTuple):
    """One run."""

    packets: int
    """Per capture."""
    flows: int | None
    """None = as the generator has them, one per 500 packets."""
    cost: Cost
    each_us: float
    """CPU per packet of both captures, start-up taken off."""


def measure(packets: int, memory: str, start_s: float, flows: int | None = None) -> Measured:
    """Run the tool on two captures of a size."""
    pair = captures(packets, SNAPLEN, None if flows is None else max(5, packets // flows))
    warm(*pair)
    with tempfile.TemporaryDirectory(prefix="correlate-large-") as work:
        cost = spend([find_tool("correlate") or "correlate", *pair, "--json", "-q", "--memory", memory, "--work", work])
    return Measured(packets, flows, cost, (cost.cpu_s - start_s) / (2 * packets) * 1e6)


def row(one: Measured) -> str:
    """Return a run as a row of Markdown."""
    flows = f"{max(1, one.packets // 500 if one.flows is None else one.flows):,}"
    cost = one.cost
    spent = f"{cost.wall_s:.1f} | {cost.cpu_s:.1f} | {one.each_us:.2f} | {cost.peak_mib:.0f}"
    return f"| {one.packets:,} | {flows} | {spent} |"


def plot(runs: list[Measured]) -> str:
    """Return an SVG of the cost per packet over the size, both from zero, sizes on a logarithmic scale."""
    first, last = (math.log10(runs[place].packets) for place in (0, -1))
    roof = 1.1 * max(run.each_us for run in runs)
    points = [
        (
            LEFT + (WIDTH - LEFT - 20) * (math.log10(run.packets) - first) / max(1e-9, last - first),
            HEIGHT - 30 - (HEIGHT - 30 - TOP) * run.each_us / roof,
            run,
        )
        for run in runs
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _run in points)
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f6fb2"/>'
        f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">{run.each_us:.1f}</text>'
        f'<text x="{x:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{run.packets:,}</text>'
        for x, y, run in points
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="11">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
        f'<line x1="{LEFT}" y1="{HEIGHT - 30}" x2="{WIDTH - 20}" y2="{HEIGHT - 30}" stroke="#888"/>'
        f'<text x="8" y="14">CPU per packet (us) over packets per capture, start-up taken off</text>'
        f'<polyline points="{line}" fill="none" stroke="#1f6fb2"/>{marks}</svg>\n'
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 5_000_000, 20_000_000])
    parser.add_argument("--memory", default="512M")
    parser.add_argument("--flows", action="store_true", help=f"also {FLOWS[0]:,} and {FLOWS[1]:,} flows of 1M packets")
    chosen = parser.parse_args()
    start_s = min(
        spend([find_tool("correlate") or "correlate", *captures(SMALL), "--json", "-q"]).cpu_s for _ in range(3)
    )
    print("| packets per capture | flows | wall s | CPU s | us per packet | peak MiB |\n|---|---|---|---|---|---|")
    runs = []
    for packets in sorted(chosen.sizes):
        runs.append(measure(packets, chosen.memory, start_s))
        print(row(runs[-1]), flush=True)
    for flows in FLOWS if chosen.flows else ():
        print(row(measure(P9_SIZES[0], chosen.memory, start_s, flows)), flush=True)
    peaks = {run.packets: run.cost.peak_mib for run in runs}
    if all(size in peaks for size in P9_SIZES):
        one, five = (peaks[size] for size in P9_SIZES)
        print(
            f"\nP9: {five / one:.2f} ({one:.0f} MiB at 1M, {five:.0f} MiB at 5M); must 1.25 and 512, target 1.1 and 320"
        )
    Path(PLOT).write_text(plot(runs), encoding="utf-8")


if __name__ == "__main__":
    main()
