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
from correlate.report.blame import blame_lines
from correlate.report.closing import clock_lines, count_line, host_lines, problem_lines, translation_lines
from correlate.report.ink import Ink, counted
from correlate.report.ladder import TimeFormat, ladder_lines
from correlate.report.pathmap import path_lines
from correlate.report.places import has_nothing_in_common
from correlate.report.proof import proof_lines
from correlate.report.verdict import SEVERE, Story, headline, tell
from correlate.wire.text import safe_text

NARROWEST = 40
MOST_FINDINGS = 5
"""On the first screen; the rest is counted."""
MOST_CONSEQUENCES = 4
TOLD_ELSEWHERE = frozenset({"nat"})
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
        Columns of the page; at least 40 are used.
    unicode
        False: ASCII only.
    color
        True: ANSI colours on words that carry their meaning without them.
    time_format
        Times of the ladder, as tshark's ``-t``: ``r`` relative, ``u`` UTC, ``e`` seconds since 1970.
    """
    ink = Ink(width=max(width, NARROWEST) - 1, is_unicode=unicode, has_color=color)
    story = tell(correlation.findings)
    blocks = [_verdict(correlation, story, ink)]
    if has_nothing_in_common(correlation):
        blocks.append(_strangers(correlation, ink))
    else:
        blocks.append([*path_lines(correlation, ink), *host_lines(correlation, ink)])
        blocks += _story_blocks(correlation, story, ink, time_format)
    blocks.append(_others(story, ink))
    blocks.append(_closing(correlation, ink))
    lines = [line for block in blocks if block for line in (*block, "")]
    text = "\n".join(ink.paint(line.rstrip()) for line in lines[:-1]) + "\n"
    return text if unicode else text.encode("ascii", "backslashreplace").decode("ascii")


def _verdict(correlation: Correlation, story: Story, ink: Ink) -> list[str]:
    """Return headline, rule, explanation and what followed."""
    if story.main is None:
        return [
            *_headline("CANNOT TELL", "nothing was claimed about these captures", "", ink),
            ink.rule(),
        ]
    main = story.main
    word = "UNRELATED" if has_nothing_in_common(correlation) else headline(main.code)
    lines = [*_headline(word, _title(main), main.grade, ink), ink.rule()]
    lines += ink.wrap(safe_text(main.explanation))
    for finding in story.consequences[:MOST_CONSEQUENCES]:
        lines += ink.wrap(f"{ink.arrow} {_title(finding)} ({finding.grade})", indent=1, hanging=4)
    if len(story.consequences) > MOST_CONSEQUENCES:
        lines += ink.wrap(f"{ink.arrow} {len(story.consequences) - MOST_CONSEQUENCES} more consequences")
    return lines


def _title(finding: Finding) -> str:
    """Return the finding's sentence, with its hop or vantage if the sentence does not name it."""
    title = safe_text(finding.title)
    if finding.hop and not all(name in title for name in finding.hop):
        return f"{title} [{finding.hop[0]}>{finding.hop[1]}]"
    if finding.vantage and finding.vantage not in title:
        return f"{title} [{finding.vantage}]"
    return title


def _headline(word: str, title: str, grade: str, ink: Ink) -> list[str]:
    """Return the verdict line with the grade at the right edge."""
    lines = ink.wrap(f"{word}  {title}", indent=1, hanging=len(word) + 3)
    room = ink.width - len(lines[-1]) - len(grade)
    if room >= 2:
        lines[-1] += " " * room + grade
    else:
        lines.append(f"{grade:>{ink.width}}")
    return lines


def _story_blocks(correlation: Correlation, story: Story, ink: Ink, time_format: TimeFormat) -> list[list[str]]:
    """Return proof, ladder and blame of the main finding."""
    if story.main is None:
        return []
    blocks = []
    if story.main.evidence or story.main.severity in SEVERE:
        blocks.append(proof_lines(correlation, story.main, ink))
        blocks.append(ladder_lines(correlation, story, ink, time_format=time_format))
    blocks.append(blame_lines(correlation, story.main, ink))
    return blocks


def _strangers(correlation: Correlation, ink: Ink) -> list[str]:
    """Return when each capture was taken: the first thing to compare where nothing is shared."""
    lines: list[str] = []
    for vantage, packets in zip(correlation.vantages, correlation.packets, strict=True):
        span = f"{_utc(vantage.first_captured_ns)} to {_utc(vantage.last_captured_ns)}"
        lines += ink.paragraph(
            "Seen" if not lines else "", f"{vantage.name}: {counted(len(packets), 'packet')}, {span}"
        )
    for finding in correlation.findings:
        if finding.settle:
            return [*lines, *ink.paragraph("Settle", safe_text(finding.settle))]
    return lines


def _utc(captured_ns: int | None) -> str:
    if captured_ns is None:
        return "no time stamps"
    try:
        moment = dt.datetime.fromtimestamp(captured_ns // 10**9, tz=dt.UTC)
    except (OverflowError, ValueError):
        return f"{captured_ns} ns"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _others(story: Story, ink: Ink) -> list[str]:
    """Return further findings, the most harmful by title, the rest counted."""
    told = [finding for finding in story.others if finding.code not in TOLD_ELSEWHERE]
    shown = told[: MOST_FINDINGS - 1]
    lines: list[str] = []
    for finding in shown:
        word = f"{headline(finding.code)}  " if finding.severity in SEVERE else ""
        text = f"{word}{_title(finding)} ({finding.severity}, {finding.grade})"
        lines += ink.paragraph("Also" if not lines else "", text)
    left = len(told) - len(shown)
    if left:
        lines += ink.paragraph("", f"and {counted(left, 'more finding')} in report.json")
    return lines


def _closing(correlation: Correlation, ink: Ink) -> list[str]:
    """Return counts, clocks, translations and problems."""
    return [
        *ink.wrap(count_line(correlation)),
        *clock_lines(correlation, ink),
        *translation_lines(correlation, ink),
        *problem_lines(correlation, ink),
    ]
