"""``python -m tests.verdicts innocent|guilty|delays [--seeds N] [--first N]``: run drawn worlds and tell."""

from __future__ import annotations

import argparse
import sys
import traceback

from tests.verdicts.delays import Delays, draw_slow, judge_delay
from tests.verdicts.guilty import Tally, judge
from tests.verdicts.guilty import draw as draw_guilty
from tests.verdicts.innocent import accusations, draw, findings_of
from tests.verdicts.table import delay_rows, table


def main() -> None:
    """Run worlds and print what was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.verdicts")
    parser.add_argument("kind", choices=("innocent", "guilty", "delays"))
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    if asked.kind == "innocent":
        _innocent(seeds)
    elif asked.kind == "delays":
        _delays(seeds)
    else:
        _guilty(seeds)


def _guilty(seeds: range) -> None:
    tally = Tally()
    for seed in seeds:
        try:
            judge(draw_guilty(seed), tally)
        except Exception:  # noqa: BLE001  -- one broken world must not hide the others
            traceback.print_exc()
            print(f"seed {seed} crashed", flush=True)
    print(table(tally))
    for grade, texts in tally.contradicted.items():
        print(grade, *texts, sep="\n  ")
    print("missing", *tally.missing, sep="\n  ")


def _delays(seeds: range) -> None:
    counts = Delays()
    for seed in seeds:
        judge_delay(draw_slow(seed), counts)
    print(*delay_rows(counts), sep="\n")
    print(*counts.notes, f"{counts.unseen} worlds with nothing to be seen", sep="\n  ")


def _innocent(seeds: range) -> None:
    blamed = 0
    for seed in seeds:
        world = draw(seed)
        try:
            wrong = accusations(findings_of(world))
        except Exception:  # noqa: BLE001  -- one broken world must not hide the others
            traceback.print_exc()
            wrong = ["crashed"]
        if wrong:
            blamed += 1
            print(f"seed {seed} ({', '.join(world.causes)}, {len(world.world.taps)} taps): {wrong}", flush=True)
    print(f"{len(seeds)} innocent worlds, {blamed} with an accusation", file=sys.stderr)


if __name__ == "__main__":
    main()
