"""The result as a card in a notebook: verdict and path.

**In:** a ``Correlation``. **Out:** HTML that carries its own style under one class and no script.
**Method:** the card and the drawing of report.html; colours follow the system's light or dark mode.
**Not here:** the whole page (``page.py``).
"""

from __future__ import annotations

from importlib import resources

from correlate.model.correlation import Correlation
from correlate.report.closing import count_line
from correlate.report.html.markup import Raw, element
from correlate.report.html.pathmap import path_section
from correlate.report.html.verdict import also_titles, verdict_card
from correlate.report.summary import summary_of
from correlate.report.verdict import tell
from correlate.wire.text import safe_text


def render_card(correlation: Correlation) -> str:
    """Return the card."""
    story = tell(correlation.findings)
    summary = summary_of(correlation, story)
    style = resources.files("correlate.report.html").joinpath("card.css").read_text("utf-8")
    return element(
        "div",
        element("style", Raw(style)),
        element("p", element("strong", f"{summary.title}.")),
        verdict_card(correlation, story, summary),
        *also_titles(story),
        *path_section(correlation),
        element("p", count_line(correlation), class_="quiet"),
        class_="correlate-card",
    )


def told(correlation: Correlation) -> str:
    """Return the result in one line: ``ALTERED 2 SYN-ACKs ... (proven); 4 captures, ...``."""
    summary = summary_of(correlation, tell(correlation.findings))
    grade = f" ({summary.grade})" if summary.grade else ""
    return safe_text(f"{summary.word} {summary.title}{grade}; {count_line(correlation).rstrip('.')}")
