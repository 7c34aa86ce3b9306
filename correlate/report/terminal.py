"""The report on a terminal: what, where and how sure first, then the proof.

**In:** a ``Correlation``. **Out:** text.
**Method:** sections in the order of a reader's questions; every text from a capture passes ``safe_text``; colour is
painted last.
**Not here:** programs' reading matter (``document.py``).
"""

from __future__ import annotations

import datetime as dt

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.report.blame import blame_lines, split_lines
from correlate.report.closing import clock_lines, count_line, host_lines, translation_lines
from correlate.report.coverage import coverage_lines, empty_text, empty_vantages, flow_lines, overlap_text
from correlate.report.ink import Ink, counted
from correlate.report.ladder import TimeFormat, ladder_lines
from correlate.report.pathmap import path_lines
from correlate.report.places import has_nothing_in_common
from correlate.report.proof import proof_lines
from correlate.report.summary import is_empty, summary_of, title_of
from correlate.report.transactions import slowest_lines
from correlate.report.verdict import SEVERE, Story, headline, tell
from correlate.wire.text import safe_text

NARROWEST, WIDEST = 40, 110
"""Columns used, however narrow or wide the terminal is: longer lines are hard to read."""
MOST_FINDINGS = 5
"""On the first screen; the rest is counted."""
MOST_CONSEQUENCES = 4
TOLD_ELSEWHERE = frozenset({"nat", "clock-skew"})
"""Codes whose facts stand in the last lines anyway."""


def render_terminal(
    correlation: Correlation, *, width: int, unicode: bool, color: bool, time_format: TimeFormat = "r"
) -> str:
    """Return the terminal report, lines ending in a line feed.

    Parameters
    ----------
    correlation
        The result.
    width
        Columns of the page; at least 40 and at most 110 are used.
    unicode
        False: ASCII only.
    color
        True: ANSI colours on words that carry their meaning without them.
    time_format
        Times of the ladder, as tshark's ``-t``: ``r`` relative, ``u`` UTC, ``e`` seconds since 1970.
    """
    ink = Ink(width=min(max(width, NARROWEST), WIDEST) - 1, is_unicode=unicode, has_color=color)
    story = tell(correlation.findings)
    blocks = [_verdict(correlation, story, ink)]
    if has_nothing_in_common(correlation) or is_empty(correlation):
        blocks += [[*_strangers(correlation, ink), *coverage_lines(correlation, ink)], _others(correlation, story, ink)]
    else:
        about = flow_lines(correlation, story.main, ink) if story.main else []
        blame = blame_lines(correlation, story.main, ink) if story.main else []
        is_time_told = story.main is not None and bool(split_lines(correlation, story.main, ink))
        hosts = host_lines(correlation, ink, is_time_told=is_time_told)
        hosts += [] if is_time_told else slowest_lines(correlation, ink)
        blocks.append([*about, *coverage_lines(correlation, ink), *path_lines(correlation, ink), *hosts])
        blocks += _proof_blocks(correlation, story, ink, time_format)
        blocks.append([*blame, *_others(correlation, story, ink)])
    blocks.append(_closing(correlation, ink))
    lines = [line for block in blocks if block for line in (*block, "")]
    text = "\n".join(ink.paint(safe_text(line.rstrip())) for line in lines[:-1]) + "\n"
    return text if unicode else text.encode("ascii", "backslashreplace").decode("ascii")


def _verdict(correlation: Correlation, story: Story, ink: Ink) -> list[str]:
    """Return headline, rule, explanation and what followed."""
    summary = summary_of(correlation, story)
    lines = [*_headline(summary.word, summary.title, summary.grade, ink), ink.rule()]
    lines += ink.wrap(summary.explanation) if summary.explanation else []
    for finding in story.consequences[:MOST_CONSEQUENCES]:
        lines += ink.wrap(f"{ink.arrow} {title_of(finding)} ({finding.grade})", indent=1, hanging=4)
    if len(story.consequences) > MOST_CONSEQUENCES:
        lines += ink.wrap(f"{ink.arrow} {len(story.consequences) - MOST_CONSEQUENCES} more consequences")
    return lines


def _headline(word: str, title: str, grade: str, ink: Ink) -> list[str]:
    """Return the verdict line with the grade at the right edge."""
    lines = ink.wrap(f"{word}  {title}", indent=1, hanging=len(word) + 3)
    room = ink.width - len(lines[-1]) - len(grade)
    if room >= 2:
        lines[-1] += " " * room + grade
    else:
        lines.append(f"{grade:>{ink.width}}")
    return lines


def _proof_blocks(correlation: Correlation, story: Story, ink: Ink, time_format: TimeFormat) -> list[list[str]]:
    """Return proof and ladder of the main finding."""
    if story.main is None or not (story.main.evidence or story.main.severity in SEVERE):
        return []
    return [
        proof_lines(correlation, story.main, ink),
        ladder_lines(correlation, story, ink, time_format=time_format),
    ]


def _strangers(correlation: Correlation, ink: Ink) -> list[str]:
    """Return when each capture was taken: the first thing to compare where nothing is shared."""
    lines: list[str] = []
    for vantage, packets in zip(correlation.vantages, correlation.packets, strict=True):
        span = f"{_utc(vantage.first_captured_ns)} to {_utc(vantage.last_captured_ns)}"
        what = f": {counted(len(packets), 'packet')}, {span}" if len(packets) else f" {empty_text(vantage)}"
        lines += ink.paragraph("Seen" if not lines else "", f"{vantage.name}{what}")
    if empty_vantages(correlation):
        return lines
    for finding in correlation.findings:
        if finding.settle:
            return [*lines, *ink.paragraph("To settle", safe_text(finding.settle))]
    return lines


def _utc(captured_ns: int | None) -> str:
    if captured_ns is None:
        return "no time stamps"
    try:
        moment = dt.datetime.fromtimestamp(captured_ns // 10**9, tz=dt.UTC)
    except (OverflowError, ValueError):
        return f"{captured_ns} ns"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _others(correlation: Correlation, story: Story, ink: Ink) -> list[str]:
    """Return further findings, the most harmful by title, the rest counted."""
    told = [finding for finding in story.others if story.main is None or not _is_told(correlation, finding)]
    shown = told[: MOST_FINDINGS - 1]
    lines: list[str] = []
    for finding in shown:
        word = f"{headline(finding.code)} " if finding.severity in SEVERE else ""
        title = title_of(finding)
        if finding.code == "clean" and finding.hop and finding.quantity:
            title = f"CLEAN {' - '.join(finding.hop)}, {counted(int(finding.quantity), 'packet')}"
        lines += ink.paragraph("Also" if not lines else "", f"{word}{title}, {finding.grade}")
    left = len(told) - len(shown)
    if left:
        lines += ink.paragraph("", f"and {counted(left, 'more finding')} in report.json")
    return lines


def _is_told(correlation: Correlation, finding: Finding) -> bool:
    """Return True if other lines of the page tell this already."""
    if finding.code == "capture-window":
        return bool(overlap_text(correlation))
    if finding.code == "capture-truncated":
        return any(vantage.problems for vantage in correlation.vantages if vantage.name == finding.vantage)
    return finding.code in TOLD_ELSEWHERE


def _closing(correlation: Correlation, ink: Ink) -> list[str]:
    """Return counts, clocks and translations."""
    return [
        *ink.wrap(count_line(correlation)),
        *clock_lines(correlation, ink),
        *translation_lines(correlation, ink),
    ]
