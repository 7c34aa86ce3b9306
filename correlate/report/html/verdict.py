"""The top of the page: what, where, how sure; and every other finding below.

**In:** findings, the story of the main one. **Out:** HTML.
**Method:** the words are those of the terminal report; every finding unfolds its evidence, what speaks against it and
a Wireshark filter.
**Not here:** what is claimed (``diagnose``).
"""

from __future__ import annotations

from pathlib import PurePath

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.report.blame import cleared_text, split_text, suspect_text
from correlate.report.claims import display_filters
from correlate.report.closing import count_line
from correlate.report.coverage import coverage_texts, flow_text
from correlate.report.html.markup import Raw, element, joined, row, table
from correlate.report.summary import Summary, title_of
from correlate.report.verdict import SEVERE, Story, headline

MOST_EVIDENCE = 50
"""Frames listed under a finding; report.json has more."""
MOST_FIRST = 5
"""Findings on the first screen."""


def tone_of(finding: Finding | None, summary: Summary) -> str:
    """Return the colour class of a verdict."""
    if summary.word == "CLEAN":
        return "good"
    if finding is not None and finding.severity in SEVERE and finding.grade != "inconclusive":
        return "bad"
    return "open"


def heading(correlation: Correlation, summary: Summary) -> Raw:
    """Return the page's heading: one sentence and the size of the run."""
    count = len([finding for finding in correlation.findings if finding.severity in SEVERE])
    lead = f"{count} finding{'' if count == 1 else 's'}. " if count else ""
    title = summary.title.rstrip(".")
    return element(
        "header",
        element("h1", f"{lead}{title}."),
        element("p", count_line(correlation), class_="quiet"),
    )


def verdict_card(correlation: Correlation, story: Story, summary: Summary) -> Raw:
    """Return the card with the main finding and what followed from it."""
    main = story.main
    head = element(
        "p",
        element("strong", summary.word, class_="word"),
        " ",
        element("span", summary.grade, class_="grade") if summary.grade else None,
        " ",
        element("span", _where(main), class_="mono") if main else None,
    )
    parts = [head, element("p", summary.explanation)]
    parts += [element("p", f"→ {title_of(finding)} ({finding.grade})") for finding in story.consequences[:MOST_FIRST]]
    if main is not None:
        parts += _blame(correlation, main)
    parts += [element("p", text, class_="quiet") for text in coverage_texts(correlation)]
    return element("div", *parts, class_=f"card {tone_of(main, summary)}")


def _where(finding: Finding) -> str:
    if finding.hop is None:
        return finding.vantage or ""
    near, far = finding.hop if finding.direction != "reverse" else finding.hop[::-1]
    return f"{near} {'→' if finding.direction else '—'} {far}"


def _blame(correlation: Correlation, main: Finding) -> list[Raw]:
    lines = []
    flow = flow_text(correlation, main)
    if flow:
        lines.append(("Flow", flow))
    time = split_text(correlation, main)
    if time:
        lines.append(("Time", time))
    cleared = cleared_text(correlation, main)
    if cleared:
        lines.append(("Cleared", cleared))
    if main.hop is not None and main.severity in SEVERE:
        lines.append(("Left", suspect_text(correlation, main)))
    lines += [("Against", text) for text in main.against]
    if main.settle:
        lines.append(("To settle", main.settle))
    if main.packet is not None and correlation.number_of(main.packet):
        lines.append(("Wireshark", f"frame.packet_id == {correlation.number_of(main.packet)} in merged.pcapng"))
    listed = [joined([element("dt", name), element("dd", text)]) for name, text in lines]
    return [element("dl", *listed)] if listed else []


def also_list(story: Story) -> list[Raw]:
    """Return the next findings as links; the rest is counted."""
    shown = story.others[: MOST_FIRST - 1]
    items = [
        element(
            "li", element("a", f"{headline(one.code)}: {title_of(one)}", href=f"#finding-{one.id}"), f" ({one.grade})"
        )
        for one in shown
    ]
    left = len(story.others) - len(shown)
    if left:
        items.append(element("li", element("a", f"and {left} more", href="#findings")))
    return [element("ul", *items, class_="also")] if items else []


def also_titles(story: Story) -> list[Raw]:
    """Return the next findings as plain lines, for places without the page's anchors."""
    items = [
        element("li", f"{headline(one.code)}: {title_of(one)} ({one.grade})") for one in story.others[: MOST_FIRST - 1]
    ]
    return [element("ul", *items, class_="also")] if items else []


def findings_section(correlation: Correlation) -> list[Raw]:
    """Return every finding, folded, the most harmful first."""
    if not correlation.findings:
        return [element("p", "None.")]
    return [_finding(finding) for finding in correlation.findings]


def _finding(finding: Finding) -> Raw:
    tone = "good" if finding.code == "clean" else "bad" if finding.severity in SEVERE else "open"
    summary = element(
        "summary",
        element("span", headline(finding.code), class_=f"word {tone}"),
        f" {title_of(finding)} ",
        element("span", f"{finding.severity}, {finding.grade}", class_="quiet"),
    )
    facts = [element("p", finding.explanation)]
    if finding.caused_by:
        facts.append(
            element("p", "Follows from ", element("a", finding.caused_by, href=f"#finding-{finding.caused_by}"))
        )
    facts += [element("p", f"Against: {text}") for text in finding.against]
    if finding.settle:
        facts.append(element("p", f"To settle: {finding.settle}"))
    facts += [
        element("p", f"Wireshark, {vantage}: ", element("code", text))
        for vantage, text in display_filters(finding.evidence[:MOST_EVIDENCE]).items()
    ]
    if finding.evidence:
        facts.append(_evidence(finding))
    facts.append(element("p", f"code {finding.code}", class_="quiet mono"))
    return element("details", summary, *facts, id=f"finding-{finding.id}")


def _evidence(finding: Finding) -> Raw:
    rows = [
        row(one.vantage, f"{PurePath(one.file).name}#{one.frame}", one.note, has_head=False)
        for one in finding.evidence[:MOST_EVIDENCE]
    ]
    more = len(finding.evidence) - len(rows)
    caption = f"Evidence of {finding.id}" + (
        f", the first {len(rows)} of {len(finding.evidence)} frames" if more else ""
    )
    return table(["vantage", "frame", "what it shows"], rows, caption=caption)
