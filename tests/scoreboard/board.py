"""Run scenarios through the tool and write the table.

**In:** scenarios and seeds. **Out:** scores; a Markdown table with one row per scenario.
**Not here:** scenarios (``rows``), scoring (``score.py``).
"""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path

from correlate.pipeline import correlate
from tests.netsim import simulate
from tests.scoreboard.claims import claims_of
from tests.scoreboard.rows import SCENARIOS
from tests.scoreboard.scenario import Scenario
from tests.scoreboard.score import Score, judge_findings, score

HEAD = """# Scoreboard

Simulated worlds (`tests/netsim`) whose truth is known; `python -m tests.scoreboard` writes this table. Reviews read
changed numbers. **Bold** rows are promised: pair precision >= 0.999, pair recall >= 0.99, no passed packet called lost, true offset
always inside its bounds, path order right.

- *pairs P, R*: of all pairs of frames at any two places, claimed to hold one packet, how many do; of all such pairs that
  exist, how many were claimed. *near*: neighbouring places only. Look-alikes that nothing but order and time tells apart
  count neither way where they are left ambiguous.
- *joined P, R*: the same for connections instead of packets (a proxy ends every packet, not the connection).
- *lost P, R*: fate `lost` on a hop against packets that really were lost there and had been seen just before.
- *passed*: packets called lost that did pass the far end of the hop (missed by the capture, outside its window, or not
  matched). *born*: packets wrongly called originated.
- *changed P, R*: unexpected changed fields against edits that a middlebox made.
- *inside*: packet times at which the true offset lies in the stated bounds; *by*: the worst distance outside; *width*:
  median half width of the bounds per vantage (first seed); *of limit*: its greatest ratio to half the least two-way
  transit, which no method can go below.
- *missing, wrong*: finding codes that should be said (likely or proven) and are not; that accuse and should not.
"""

COLUMNS = (
    "scenario",
    "packets",
    "pairs P",
    "pairs R",
    "near P",
    "near R",
    "joined P",
    "joined R",
    "lost P",
    "lost R",
    "passed",
    "born",
    "changed P",
    "changed R",
    "inside",
    "by",
    "width",
    "of limit",
    "order",
    "missing",
    "wrong",
)


def run(scenario: Scenario, seed: int) -> Score:
    """Simulate one world, correlate its captures, score the result."""
    simulated = simulate(scenario.world, seed)
    names = [tap.name for tap in scenario.world.taps]
    with tempfile.TemporaryDirectory() as folder:
        paths = simulated.write(Path(folder))
        given = [names[place] for place in scenario.given or range(len(names))]
        claims = claims_of(correlate({name: paths[name] for name in given}), names)
    truth = simulated.truth
    return score(truth, claims) + judge_findings(claims, scenario.expected(truth), scenario.forbidden(truth))


def run_seeds(scenario: Scenario, seeds: Iterable[int]) -> Score:
    """Add up the scores of several seeds."""
    total = Score()
    for seed in seeds:
        total += run(scenario, seed)
    return total


def row(scenario: Scenario, result: Score | str) -> str:
    """Return one line of the table; a text instead of a score is the reason why there is none."""
    name = f"**{scenario.name}**" if scenario.core else scenario.name
    if isinstance(result, str):
        return f"| {name} | {result} |" + " |" * (len(COLUMNS) - 2)
    s = result
    cells = [
        name,
        str(s.packets),
        *(_share(value) for value in _pair_shares(s)),
        *((_share(s.lost_precision), _share(s.lost_recall)) if s.lost_claimed or s.lost_true else ("", "")),
        str(s.passed_called_lost),
        str(s.born_wrong),
        *((_share(s.change_precision), _share(s.change_recall)) if s.changes_claimed or s.changes_true else ("", "")),
        _share(s.inside),
        _time(s.clock_worst_ns) if s.clock_worst_ns else "",
        " ".join(_time(width) for width in s.half_width_ns[: len(scenario.world.taps) - 1]),
        f"{s.width_ratio:.2f}",
        "wrong" if s.order_wrong else "right",
        _codes(s.findings_missing),
        _codes(s.findings_wrong),
    ]
    return "| " + " | ".join(cells) + " |"


def named_row(name: str, seeds: Iterable[int]) -> str:
    """Run one scenario and return its line; one that crashes must not hide the others."""
    scenario = next(s for s in SCENARIOS if s.name == name)
    try:
        return row(scenario, run_seeds(scenario, seeds))
    except Exception as fault:  # noqa: BLE001  -- the table says which
        traceback.print_exc()
        return row(scenario, f"crashed: {type(fault).__name__}")


def table(rows: Iterable[str]) -> str:
    """Return the whole page."""
    head = "| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS)
    return "\n".join([HEAD, head, *rows]) + "\n"


def _pair_shares(s: Score) -> tuple[float, ...]:
    return s.precision, s.recall, s.near_precision, s.near_recall, s.joined_precision, s.joined_recall


def _share(value: float) -> str:
    """Return a share to four places that says 1 only if it is 1."""
    return "1" if value == 1 else f"{min(value, 0.9999):.4f}"


def _time(value: int) -> str:
    if value < 0:
        return "none"
    for unit, name in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value} ns"


def _codes(codes: tuple[str, ...]) -> str:
    counted = {code: codes.count(code) for code in codes}
    return ", ".join(f"{code} x{count}" if count > 1 else code for code, count in counted.items())
