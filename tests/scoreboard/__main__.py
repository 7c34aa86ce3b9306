"""``python -m tests.scoreboard [--only NAME-PART...]``: without ``--only``, docs/scoreboard.md is rewritten."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.scoreboard.board import COLUMNS, named_row, table
from tests.scoreboard.rows import SCENARIOS

PAGE = Path(__file__).parents[2] / "docs" / "scoreboard.md"


def main() -> None:
    """Run the scenarios and write or print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard")
    parser.add_argument("--only", nargs="+", help="run only scenarios whose name contains one of these; print only")
    parser.add_argument("--seeds", type=int, default=3, help="worlds per scenario (default 3)")
    parser.add_argument("--first", type=int, default=1, help="first seed (default 1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    asked = parser.parse_args()
    names = [s.name for s in SCENARIOS if not asked.only or any(part in s.name for part in asked.only)]
    seeds = [range(asked.first, asked.first + asked.seeds)] * len(names)
    rows = []
    print(" | ".join(COLUMNS), file=sys.stderr)
    with ProcessPoolExecutor(max_workers=asked.jobs) as pool:
        for line in pool.map(named_row, names, seeds):
            rows.append(line)
            print(line, file=sys.stderr, flush=True)
    if not asked.only:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
