"""Scenarios through the tool, and the table of what it got right.

**In:** scenarios. **Out:** scores; a Markdown page with one row per scenario and one for all.
**Not here:** scenarios (``scenarios``), scoring (``score.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

from correlate.model.correlation import Correlation
from correlate.pipeline import correlate
from tests.lab.run import run
from tests.lab.scenario import Scenario
from tests.lab.score import Score, judge_clocks, judge_findings, score
from tests.scoreboard.claims import claims_of

HEAD = """# Lab

Real kernels, real programs, real captures: network namespaces on one machine (`tests/lab`). As root on Linux,
`python -m tests.lab` runs all scenarios and writes this table. Impairments are made by wires in user space, which log what they do to
every frame, and by the kernel's own filters, NAT, queues and tunnels; the truth comes from captures of *all* interfaces on one
true clock, the wires' logs and the kernels' connection tracking. The tool sees the vantages only, stamped by clocks that are wrong.

- *pairs P, R*: of all pairs of frames at any two vantages, claimed to hold one packet, how many do; of all such pairs that
  exist, how many were claimed.
- *lost P, R*: fate `lost` on a hop against packets that were lost there.
- *inside*: stamps at which the true offset lies in the stated bounds; *by*: the worst distance outside; *width*: median half
  width of the bounds per vantage.
- *missing*: finding codes that should be said (likely or proven) and are not; *wrong*: codes, or codes on a hop, that accuse
  and should not, as likely and as **proven**.
- *gaps*: packets that the truth itself lost sight of, and frames that a capture's kernel dropped; not 0 = the row is worth
  less.
"""

COLUMNS = (
    "scenario", "packets", "pairs P", "pairs R", "lost", "lost P", "lost R", "inside", "by", "width", "missing", "wrong", "gaps",
)  # fmt: skip

GRADES = ("inconclusive", "likely", "proven")


def measure(scenario: Scenario, folder: Path) -> tuple[Score, str]:
    """Run a scenario, correlate its captures, score the result; also return what its programs complained of."""
    made = run(scenario, folder)
    result = correlate({name: str(path) for name, path in made.paths.items()})
    claims = claims_of(result, list(made.paths))
    total = score(made.truth, claims) + judge_clocks(claims, made.stamps)
    total += judge_findings(scenario, findings_by_hop(result)) + Score(capture_drops=made.capture_drops)
    return total, made.said


def findings_by_hop(result: Correlation) -> Mapping[tuple[str, str], str]:
    """Return (code, ``from>to`` or nothing) -> best grade."""
    found: dict[tuple[str, str], str] = {}
    for finding in result.findings:
        key = finding.code, ">".join(finding.hop) if finding.hop else ""
        found[key] = max(found.get(key, "inconclusive"), finding.grade, key=GRADES.index)
    return found


def row(name: str, s: Score) -> str:
    """Return one line of the table."""
    has_loss = s.lost_claimed or s.lost_true
    wrong = [*s.wrong, *(f"**{code}**" for code in s.wrong_proven)]
    cells = [
        name,
        str(s.packets),
        share(s.precision),
        share(s.recall),
        str(s.lost_true),
        *((share(s.lost_precision), share(s.lost_recall)) if has_loss else ("", "")),
        share(s.clock_inside / s.clock_points if s.clock_points else 1),
        duration(s.clock_worst_ns) if s.clock_worst_ns else "",
        " ".join(duration(width) for width in s.half_width_ns),
        counted(s.missing),
        counted(wrong),
        str(s.unexplained + s.capture_drops or ""),
    ]
    return "| " + " | ".join(cells) + " |"


def page(scores: Mapping[str, Score | str]) -> str:
    """Return the whole page; a text instead of a score is the reason why there is none."""
    lines = [HEAD, "| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    total = Score()
    for name, result in scores.items():
        if isinstance(result, Score):
            lines.append(row(name, result))
            total += result
        else:
            lines.append(f"| {name} | {result} |" + " |" * (len(COLUMNS) - 2))
    lines.append(row("**all**", without_widths(total)))
    return "\n".join(lines) + "\n"


def without_widths(total: Score) -> Score:
    """Return a sum without what cannot be summed."""
    return attrs.evolve(total, half_width_ns=())


def share(value: float) -> str:
    """Return a share to four places that says 1 only if it is 1."""
    return "1" if value == 1 else f"{min(value, 0.9999):.4f}"


def duration(value: int) -> str:
    """Return a duration in ns with a fitting unit; -1 = unbounded."""
    if value < 0:
        return "none"
    for unit, name in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value} ns"


def counted(codes: Iterable[str]) -> str:
    """Return codes, each once with its count."""
    return ", ".join(f"{code} x{count}" if count > 1 else code for code, count in sorted(Counter(codes).items()))
