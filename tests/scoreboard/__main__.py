"""``python -m tests.scoreboard [NAME-PART...] [--seeds N] [--first N]``: without names, docs/scoreboard.md is rewritten."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "scoreboard.md"


def main() -> None:
    """Run the scenarios and write or print the table."""
    from tests.scoreboard.board import COLUMNS, row, run_seeds, table
    from tests.scoreboard.scenarios import SCENARIOS

    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard")
    parser.add_argument("names", nargs="*", help="run only scenarios whose name contains one of these; print only")
    parser.add_argument("--seeds", type=int, default=3, help="worlds per scenario (default 3)")
    parser.add_argument("--first", type=int, default=1, help="first seed (default 1)")
    asked = parser.parse_args()
    chosen = [s for s in SCENARIOS if not asked.names or any(name in s.name for name in asked.names)]
    rows = []
    print(" | ".join(COLUMNS), file=sys.stderr)
    for scenario in chosen:
        try:
            line = row(scenario, run_seeds(scenario, range(asked.first, asked.first + asked.seeds)))
        except Exception as fault:  # noqa: BLE001  -- one broken scenario must not hide the others
            traceback.print_exc()
            line = row(scenario, f"crashed: {type(fault).__name__}")
        rows.append(line)
        print(line, file=sys.stderr, flush=True)
    if not asked.names:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
