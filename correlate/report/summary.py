"""The verdict in one word, one sentence and one paragraph.

**In:** a ``Correlation``, its story. **Out:** ``Summary``, the same for terminal, page and notebook.
**Method:** the main finding speaks; where there is none, what stands against calling the path clean.
**Not here:** which finding is the main one (``verdict.py``), how it looks.
"""

from __future__ import annotations

import attrs

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.report.coverage import empty_text, empty_vantages
from correlate.report.durations import duration
from correlate.report.ink import counted
from correlate.report.places import has_nothing_in_common, hop_names
from correlate.report.verdict import Story, headline, is_mere_fact
from correlate.wire.text import safe_text

NOTICEABLE_NS = 100_000_000
"""Delay that people notice; a hop that adds more is not called clean."""


@attrs.frozen(kw_only=True)
class Summary:
    """What a person reads first."""

    word: str
    title: str
    grade: str
    """Empty where nothing was claimed."""
    explanation: str


def summary_of(correlation: Correlation, story: Story) -> Summary:
    """Return the verdict; every text is harmless."""
    if is_empty(correlation):
        empty = empty_vantages(correlation)[0]
        title = f"{empty.name} {empty_text(empty)}"
        return Summary(word="EMPTY", title=title, grade="", explanation="There is nothing to compare.")
    if story.main is None:
        return _without_main(correlation, story)
    word = "UNRELATED" if has_nothing_in_common(correlation) else headline(story.main.code)
    explanation = safe_text(story.main.explanation)
    return Summary(word=word, title=title_of(story.main), grade=story.main.grade, explanation=explanation)


def _without_main(correlation: Correlation, story: Story) -> Summary:
    """Return the summary where nobody is accused and nobody cleared, and why not."""
    if not story.others or not all(is_mere_fact(finding) for finding in story.others):
        return Summary(word="CANNOT TELL", title="nothing was claimed about these captures", grade="", explanation="")
    title = "no fault is shown, but the path is not proven clean"
    explanation = f"Not called clean because {why_not_clean(correlation)}."
    return Summary(word="NOTHING FOUND", title=title, grade="", explanation=explanation)


def is_empty(correlation: Correlation) -> bool:
    """Return True if a capture without packets is why there is nothing to tell."""
    is_alone = len(correlation.vantages) == 1
    return bool(empty_vantages(correlation)) and (is_alone or has_nothing_in_common(correlation))


def why_not_clean(correlation: Correlation) -> str:
    """Return what stands against calling the path clean."""
    doubts = []
    for hop in correlation.metrics.hops:
        ways = (hop.forward, hop.reverse)
        where = " - ".join(hop_names(correlation, hop.hop))
        most = max((way.excess_ns.max for way in ways if way.excess_ns is not None), default=0)
        told = (
            (sum(way.mutated for way in ways), "changed on the way"),
            (sum(way.lost + way.ambiguous for way in ways), "perhaps lost"),
            (sum(way.absorbed for way in ways), "answered or kept on the way"),
        )
        doubts += [f"{counted(count, 'packet')} on {where} {what}" for count, what in told if count]
        if most > NOTICEABLE_NS:
            doubts.append(f"{where} delays single packets by up to {duration(most)}")
        if not sum(way.delivered for way in ways):
            doubts.append(f"no packet was seen at both ends of {where}")
    return ", ".join(doubts) or "not every packet is accounted for"


def title_of(finding: Finding) -> str:
    """Return the finding's sentence, with its hop or vantage if the sentence does not name it."""
    title = finding.title
    if finding.hop and not all(name in title for name in finding.hop):
        title = f"{title} [{finding.hop[0]}>{finding.hop[1]}]"
    elif finding.vantage and finding.vantage not in title:
        title = f"{title} [{finding.vantage}]"
    return safe_text(title)
