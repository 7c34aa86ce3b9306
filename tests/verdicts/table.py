"""The table of verdicts: each figure with what is promised and what an oracle could do.

**In:** a ``Tally``. **Out:** Markdown.
**Not here:** counting (``guilty.py``).
"""

from __future__ import annotations

from tests.verdicts.delays import Delays
from tests.verdicts.guilty import Tally

HEAD = "| figure | value | of | promised | an oracle's ceiling |\n|---|---|---|---|---|"


RECALL_ROWS = (
    ("known", "of those an oracle of the true rates can call", ">= 0.97"),
    ("known, answered", "of these, those whose receiver is heard of later", ">= 0.99"),
    ("learnt", "of those an oracle that learns the rates here can call", ">= 0.97"),
    ("learnt, answered", "of these, those whose receiver is heard of later", ">= 0.99"),
)
"""(kind of ``Tally.recall``, words, promise)."""


def table(tally: Tally) -> str:
    """Return the table."""
    lost = tally.lost
    proven, likely = (tally.claims.get(grade, 0) for grade in ("proven", "likely"))
    wrong = {grade: len(tally.contradicted.get(grade, [])) for grade in ("proven", "likely")}
    ceiling = _share(int(tally.recall["known"][1]), lost.lost_true)
    rows = [
        ("fate `lost`, precision", _share(lost.lost_right, lost.lost_claimed), lost.lost_claimed, ">= 0.999", "1"),
        (
            "fate `lost`, recall of all losses behind a sighting",
            _share(lost.lost_found, lost.lost_true),
            lost.lost_true,
            "",
            ceiling,
        ),
        *(_recall(tally, name, text, promised) for name, text, promised in RECALL_ROWS),
        ("capture misses called lost", _share(tally.misses_called_lost, tally.misses), tally.misses, "<= 0.001", "0"),
        (
            "intervals of losses that hold the truth",
            _share(tally.ranges_right, tally.ranges),
            tally.ranges,
            ">= 0.94",
            "0.95",
        ),
        (
            "injected packets, precision",
            _share(tally.born_right, tally.born_claimed),
            tally.born_claimed,
            ">= 0.99",
            "1",
        ),
        ("injected packets, recall", _share(tally.born_right, tally.born_true), tally.born_true, ">= 0.97", "1"),
        ("changes, precision", _share(lost.changes_right, lost.changes_claimed), lost.changes_claimed, ">= 0.999", "1"),
        ("changes, recall", _share(lost.changes_found, lost.changes_true), lost.changes_true, ">= 0.995", "1"),
        ("expected finding on its hop", _share(tally.found, tally.expected), tally.expected, ">= 0.97", "unknown"),
        ("`delay-added` on its hop", _share(tally.delays_right, tally.delays), tally.delays, ">= 0.99", "1"),
        ("findings the truth contradicts, `proven`", str(wrong["proven"]), proven, "0", "0"),
        ("findings the truth contradicts, `likely`", _share(wrong["likely"], likely), likely, "<= 0.01", "0"),
    ]
    return "\n".join([HEAD, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def delay_rows(counts: Delays) -> list[str]:
    """Return the rows of worlds in which one hop adds delay."""
    rows = [
        (
            "delay added, separable: hop and direction named",
            _share(*counts.separable),
            counts.separable[1],
            ">= 0.99",
            "1",
        ),
        (
            "delay added, others: the hop with the sum of both ways",
            _share(*counts.others),
            counts.others[1],
            ">= 0.99",
            "1",
        ),
    ]
    return [f"| {' | '.join(map(str, row))} |" for row in rows]


def _recall(tally: Tally, name: str, text: str, promised: str) -> tuple[object, ...]:
    found, among = tally.recall[name].tolist()
    return text, _share(found, among), among, promised, "1"


def _share(part: int, whole: int) -> str:
    """Return a share to four places that says 1 only if it is 1."""
    if not whole:
        return "none"
    return "1" if part == whole else f"{min(part / whole, 0.9999):.4f}"
