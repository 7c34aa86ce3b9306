"""The path as a drawing, and a table with the numbers of every hop.

**In:** metrics and findings. **Out:** SVG and HTML; both directions are always drawn, a word and a sign besides colour.
**Method:** vantages in a row, two arrows per hop; the figures are those of the terminal report.
**Not here:** what the words mean (``correlate.report.pathmap``).
"""

from __future__ import annotations

from correlate.model.correlation import Correlation
from correlate.model.metrics import DirectionMetrics, HopMetrics
from correlate.report.durations import duration
from correlate.report.html.markup import Raw, element, joined, row, table
from correlate.report.ink import LABEL_WIDTH, Ink
from correlate.report.pathmap import Status, delay_text, lost_text, outside_counts, status_of
from correlate.report.places import hop_names, place_names

PAGE_INK = Ink(width=400, is_unicode=True, has_color=False)
"""For texts that are wrapped by the browser."""


NODE, HOP, HEIGHT, MARGIN = 122, 182, 136, 4
NODE_TOP, NODE_HEIGHT = 36, 52
MOST_NAME = 16


def bare(lines: list[str]) -> list[str]:
    """Return lines of a labelled section of the terminal without label and indent."""
    return [line[LABEL_WIDTH:].strip() for line in lines]


def path_section(correlation: Correlation) -> list[Raw]:
    """Return drawing and table of the path."""
    if not correlation.metrics.hops:
        names = ", ".join(place_names(correlation) or [vantage.name for vantage in correlation.vantages])
        return [element("p", f"{names}: no hop, nothing to compare it with.")]
    return [_drawing(correlation), _figures(correlation)]


def tone_of(status: Status) -> str:
    """Return the class of a word on an arrow."""
    if status.is_bad:
        return "bad"
    return "good" if status.word == "ok" else "open"


def sign_of(status: Status) -> str:
    """Return the sign before a word: it must not be told by colour alone."""
    return {"bad": "✗", "good": "✓", "open": "?"}[tone_of(status)]


def _drawing(correlation: Correlation) -> Raw:
    names = place_names(correlation)
    width = len(names) * NODE + (len(names) - 1) * HOP + 2 * MARGIN
    parts = [_node(name, MARGIN + place * (NODE + HOP)) for place, name in enumerate(names)]
    told = []
    for hop in correlation.metrics.hops:
        left = MARGIN + NODE + hop.hop * (NODE + HOP)
        for direction in ("forward", "reverse"):
            status = status_of(correlation, hop, direction)
            figures = hop.forward if direction == "forward" else hop.reverse
            parts.append(_arrow(status, direction, left, delay_text(figures, PAGE_INK)))
            ends = hop_names(correlation, hop.hop)
            near, far = ends if direction == "forward" else ends[::-1]
            told.append(f"{near} to {far}: {status.word}.")
    drawing = element(
        "svg",
        element("title", "Path: " + " ".join(told)),
        *parts,
        viewBox=f"0 0 {width} {HEIGHT}",
        width=width,
        height=HEIGHT,
        role="img",
        class_="pathmap",
    )
    return element("div", drawing, class_="scroll", tabindex=0, role="region", aria_label="Drawing of the path")


def _node(name: str, left: int) -> Raw:
    shown = name if len(name) <= MOST_NAME else f"{name[: MOST_NAME - 2]}.."
    return element(
        "g",
        element("title", name),
        element("rect", x=left, y=NODE_TOP, width=NODE, height=NODE_HEIGHT, rx=8),
        element("text", shown, x=left + NODE / 2, y=NODE_TOP + 31, text_anchor="middle", class_="name"),
        class_="node",
    )


def _arrow(status: Status, direction: str, left: int, delay: str) -> Raw:
    """Return one direction of a hop: forward above the middle, reverse below."""
    is_forward = direction == "forward"
    y = NODE_TOP + (17 if is_forward else 35)
    start, tip = left + 6, left + HOP - 6
    if not is_forward:
        start, tip = tip, start
    back = tip - 9 if is_forward else tip + 9
    middle = left + HOP / 2
    words = f"{'▶' if is_forward else '◀'} {sign_of(status)} {status.word}"
    return element(
        "g",
        element("line", x1=start, y1=y, x2=back, y2=y),
        element("polygon", points=f"{tip},{y} {back},{y - 5} {back},{y + 5}"),
        element("text", words, x=middle, y=y - 9 if is_forward else y + 19, text_anchor="middle", class_="word"),
        element("text", delay, x=middle, y=y - 27 if is_forward else y + 36, text_anchor="middle", class_="figure"),
        class_=f"arrow {tone_of(status)}",
    )


def _figures(correlation: Correlation) -> Raw:
    outside = outside_counts(correlation)
    rows = []
    for hop in correlation.metrics.hops:
        for direction, figures, way in (("forward", hop.forward, 1), ("reverse", hop.reverse, -1)):
            rows.append(_row(correlation, hop, direction, figures, outside[hop.hop, way]))
    head = ["hop", "verdict", "delay, median", "p99", "both ways", "lost", "changed", "unsure", "not captured"]
    return table(head, rows, caption="Every hop in both directions", class_="figures")


def _row(correlation: Correlation, hop: HopMetrics, direction: str, figures: DirectionMetrics, outside: int) -> Raw:
    ends = hop_names(correlation, hop.hop)
    near, far = ends if direction == "forward" else ends[::-1]
    status = status_of(correlation, hop, direction)
    p99 = duration(figures.owd_ns.quantiles.p99) if figures.owd_ns and figures.owd_ns.lo_ns is not None else ""
    both = duration(hop.rtt_ns.p50) if hop.rtt_ns and direction == "forward" else ""
    return row(
        f"{near} → {far}",
        f"{sign_of(status)} {status.word}",
        delay_text(figures, PAGE_INK),
        p99,
        both,
        lost_text(figures, outside),
        str(figures.mutated),
        str(figures.ambiguous),
        str(figures.not_captured),
        class_=tone_of(status),
    )


def translation_note(texts: list[str]) -> Raw:
    """Return the learned translations in one line under the path."""
    return joined([element("p", f"NAT (found): {'; '.join(texts)}", class_="mono quiet")]) if texts else Raw("")
