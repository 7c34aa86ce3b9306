"""Where the time went: the slowest transactions as bars true to scale, and what each part is.

**In:** waterfalls. **Out:** HTML and SVG that need no script.
**Method:** one fold per transaction with a stacked bar in its summary; the parts with bounds and shares in a table, in
the order in which the requester lived through them. Colour only repeats what the table says.
**Not here:** the parts (``report/waterfall.py``), their words (``report/transactions.py``).
"""

from __future__ import annotations

from correlate.model.correlation import Correlation
from correlate.report.durations import duration
from correlate.report.html.markup import Raw, element, row, table
from correlate.report.ink import counted
from correlate.report.transactions import KIND_WORDS, part_name, part_note, real_parts, share_text
from correlate.report.waterfall import Part, Waterfall, slowest, waterfalls

MOST = 12
"""Transactions on the page; report.json has more."""
WIDTH, HEIGHT = 720, 16
TONES = {
    "request": "ask", "resend": "again", "hop": "way", "beyond": "beyond", "answer-resend": "again",
    "answer": "beyond", "answer-hop": "way",
}  # fmt: skip
"""Class of a segment: what kind of time it is."""
LEGEND = (
    ("ask", "sending the request"),
    ("way", "on a hop"),
    ("beyond", "beyond the last vantage"),
    ("again", "sending again after a loss"),
)


def waterfall_section(correlation: Correlation) -> list[Raw]:
    """Return the slowest transactions, longest first."""
    falls = waterfalls(correlation, slowest(correlation, MOST))
    if not falls:
        return [element("p", "No request with its answer was seen.")]
    count = len(correlation.metrics.transactions.flow)
    shown = f"The {len(falls)} slowest of {count}" if count > len(falls) else f"All {counted(count, 'transaction')}"
    lead = f"{shown}. Each part is a difference of two stamps of one clock; what is not, has bounds."
    longest = max(fall.total_ns for fall in falls)
    return [
        element("p", lead, class_="quiet"),
        _legend(),
        *(_transaction(correlation, fall, longest, is_open=number == 0) for number, fall in enumerate(falls)),
    ]


def _legend() -> Raw:
    keys = [element("span", f"■ {words} ", class_=f"key part-{tone}") for tone, words in LEGEND]
    return element("p", *keys)


def _transaction(correlation: Correlation, fall: Waterfall, longest: int, *, is_open: bool) -> Raw:
    columns = correlation.metrics.transactions
    packet = int(columns.request[fall.index]) + 1
    title = f"{duration(fall.total_ns)}  {KIND_WORDS[fall.kind.code]}, flow {fall.flow}, at {fall.near} "
    rows = [
        row(part_name(part, is_host=fall.is_host), duration(part.spent_ns), share_text(part, fall), part_note(part))
        for part in real_parts(fall)
    ]
    return element(
        "details",
        element("summary", title, element("span", f"packet {packet}", class_="quiet"), _bar(fall, longest)),
        table(["part", "time", "share", "how far known"], rows, caption=f"Parts of the transaction of packet {packet}"),
        element(
            "p", element("a", f"packet {packet}", href=f"#packet={packet}"), " in the packet table", class_="quiet"
        ),
        open=is_open,
    )


def _bar(fall: Waterfall, longest: int) -> Raw:
    """Return the parts side by side, as wide as the transaction is long against the longest."""
    scale = WIDTH / max(1, longest)
    left, parts = 0.0, []
    for part in fall.parts:
        width = max(0, part.spent_ns) * scale
        if width >= 0.5:
            parts.append(_segment(part, left, width, is_host=fall.is_host))
        left += width
    return element(
        "svg",
        element("title", ", ".join(f"{part_name(p, is_host=fall.is_host)} {duration(p.spent_ns)}" for p in fall.parts)),
        *parts,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
        class_="waterfall",
    )


def _segment(part: Part, left: float, width: float, *, is_host: bool) -> Raw:
    return element(
        "rect",
        element("title", f"{part_name(part, is_host=is_host)}: {duration(part.spent_ns)}"),
        x=left,
        y=1,
        width=width,
        height=HEIGHT - 2,
        class_=f"part-{TONES[part.what]}",
    )
