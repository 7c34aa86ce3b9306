"""``python -m tests.lab [--only NAME-PART...] [--keep FOLDER]``: without ``--only``, docs/lab.md is rewritten."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import traceback
from pathlib import Path

from tests.lab.able import lacks, why_not
from tests.lab.board import COLUMNS, measure, page, row
from tests.lab.scenario import Scenario
from tests.lab.scenarios import SCENARIOS
from tests.lab.score import Score

PAGE = Path(__file__).parents[2] / "docs" / "lab.md"


def main() -> None:
    """Run the scenarios and write or print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab")
    parser.add_argument("--only", nargs="+", help="run only scenarios whose name contains one of these; print only")
    parser.add_argument("--keep", help="keep captures, logs and reports in this folder")
    asked = parser.parse_args()
    if reason := why_not():
        sys.exit(f"cannot run here: {reason}")
    chosen = [s for s in SCENARIOS if not asked.only or any(part in s.name for part in asked.only)]
    print(" | ".join(COLUMNS), file=sys.stderr)
    scores = {scenario.name: _one(scenario, asked.keep) for scenario in chosen}
    if not asked.only:
        PAGE.write_text(page(scores), encoding="utf-8")


def _one(scenario: Scenario, keep: str | None) -> Score | str:
    """Run one scenario; one that fails must not hide the others."""
    if reason := lacks(scenario.needs, scenario.packages):
        return f"skipped: {reason}"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(keep or scratch) / re.sub(r"\W+", "-", scenario.name)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            result, said = measure(scenario, folder)
        except Exception as fault:  # noqa: BLE001  -- the table says which
            traceback.print_exc()
            return f"failed: {type(fault).__name__}"
    print(row(scenario.name, result), file=sys.stderr, flush=True)
    if said:
        print("    " + said.strip().replace("\n", "\n    "), file=sys.stderr)
    return result


if __name__ == "__main__":
    main()
