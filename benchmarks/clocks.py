"""The clock fit's share of a whole run: ``python benchmarks/clocks.py --packets 1000000``.

In: how many packets, or two captures. Out: one line per stage: CPU seconds of this process and share of the run; the
last line is the share of the stage ``clocks`` (fit of every pair, steps, hints).
Method: the pipeline tells when a stage begins. A small run before it compiles the kernels. CPU seconds, so that other
work on the machine counts little; stages that run in two threads count both. Target (issue of the clocks): below 5 %.
Not here: whole runs against other tools (``compare.py``).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks.generate import Traffic  # noqa: E402
from correlate.pipeline import correlate  # noqa: E402

WARM_UP = 20_000
"""Packets of the run that compiles."""


def stage_costs(captures: Mapping[str, Path]) -> dict[str, float]:
    """Return the CPU seconds of each stage of a run, in order."""
    costs: dict[str, float] = {}
    now = "start"
    began = time.process_time()

    def tell(stage: str, _done: int, _whole: int) -> None:
        nonlocal now, began
        if stage != now:
            ended = time.process_time()
            costs[now] = costs.get(now, 0.0) + ended - began
            now, began = stage, ended

    correlate(dict(captures), options=None, progress=tell)
    tell("end", 0, 0)
    return costs


def lines(costs: Mapping[str, float]) -> list[str]:
    """Return the table, one stage per line, and the share of the clocks."""
    whole = sum(costs.values())
    table = [f"{stage:10} {seconds:8.2f} s {seconds / whole:7.1%}" for stage, seconds in costs.items()]
    return [*table, f"clocks: {costs['clocks'] / whole:.2%} of {whole:.2f} s"]


def _generated(folder: Path, packets: int) -> dict[str, Path]:
    Traffic(folder, packets, 96, 1).write(with_truth=False)
    return {"a": folder / "a.pcap", "b": folder / "b.pcap"}


def main() -> None:
    """Measure generated captures, or those given."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("captures", nargs="*", type=Path, help="two captures instead of generated ones")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stage_costs(_generated(Path(folder) / "warm", WARM_UP))
        given = {f"vantage{i}": path for i, path in enumerate(chosen.captures)}
        print(*lines(stage_costs(given or _generated(Path(folder), chosen.packets))), sep="\n")


if __name__ == "__main__":
    main()
