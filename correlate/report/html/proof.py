"""One packet on both sides of the hop: fields, and the bytes themselves folded away.

**In:** the main finding, a way to read its frames again. **Out:** HTML.
**Method:** the rows are those of the terminal's proof; bytes are compared from the IP header on, what differs is
marked by ``<mark>``.
**Not here:** which packet (``diagnose``), other packets (``page.js`` shows any of them).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.report.html.markup import Raw, element, joined, row, table, text
from correlate.report.html.pathmap import PAGE_INK
from correlate.report.proof import Crossing, crossing_of, proof_rows

Fetch = Callable[[int, I64], list[bytes]]
"""(vantage, packet rows) -> the bytes of their frames."""

MOST_BYTES = 512
PER_LINE = 16
MOST_EVIDENCE = 12


def proof_section(correlation: Correlation, finding: Finding | None, fetch: Fetch | None) -> list[Raw]:
    """Return the field table with its bytes, or the evidence frames where no single packet is the proof."""
    if finding is None:
        return [element("p", "Nothing was claimed, so there is nothing to prove.")]
    crossing = crossing_of(correlation, finding)
    if crossing is None or (crossing.upstream_row < 0 and crossing.downstream_row < 0):
        return _evidence(finding)
    head, *rows = proof_rows(correlation, crossing, PAGE_INK)
    body = [
        row(
            one.label,
            one.left,
            one.right,
            _with_sign(one.remark, is_marked=one.is_marked),
            class_="changed" if one.is_marked else None,
        )
        for one in rows
    ]
    titles = ["field", head.left, head.right, "what it says"]
    parts = [
        element("p", f"Packet {crossing.packet + 1}", class_="quiet"),
        table(titles, body, caption="Fields of one packet on both sides of the hop", class_="proof"),
    ]
    return parts + _bytes(correlation, crossing, fetch)


def _with_sign(remark: str, *, is_marked: bool) -> str:
    return f"≠ {remark}" if is_marked else remark


def _evidence(finding: Finding) -> list[Raw]:
    if not finding.evidence:
        return [element("p", "This finding rests on counts, not on single frames.")]
    rows = [
        row(one.vantage, f"{PurePath(one.file).name}#{one.frame}", one.note, has_head=False)
        for one in finding.evidence[:MOST_EVIDENCE]
    ]
    parts = [table(["vantage", "frame", "what it shows"], rows, caption="Frames that prove it")]
    if len(finding.evidence) > MOST_EVIDENCE:
        parts.append(element("p", element("a", "all of them", href=f"#finding-{finding.id}")))
    return parts


def _bytes(correlation: Correlation, crossing: Crossing, fetch: Fetch | None) -> list[Raw]:
    """Return the bytes of both frames from the IP header on, folded."""
    if fetch is None:
        return []
    sides = []
    for place, at in ((crossing.upstream, crossing.upstream_row), (crossing.downstream, crossing.downstream_row)):
        if at < 0:
            continue
        vantage = correlation.path.order[place]
        start = int(correlation.packets[vantage].columns.l3_offset[at])
        data = fetch(vantage, np.array([at], np.int64))[0]
        sides.append((correlation.vantages[vantage].name, data[start : start + MOST_BYTES]))
    if not any(data for _name, data in sides):
        return []
    others = [sides[1][1], sides[0][1]] if len(sides) == 2 else [None]
    dumps = [
        element(
            "div", element("h3", name), element("pre", hex_dump(data, other), tabindex=0, aria_label=f"Bytes at {name}")
        )
        for (name, data), other in zip(sides, others, strict=True)
    ]
    note = "From the IP header on; bytes that differ are marked." if len(sides) == 2 else "From the IP header on."
    return [
        element(
            "details",
            element("summary", "Bytes"),
            element("p", note, class_="quiet"),
            element("div", *dumps, class_="pair"),
        )
    ]


def hex_dump(data: bytes, other: bytes | None) -> Raw:
    """Return bytes as lines of offset, hex and printable characters; those that differ from ``other`` are marked.

    >>> hex_dump(b"AB", b"AC")
    '0000  41 <mark>42</mark>                                            A<mark>B</mark>'
    """
    lines = []
    for start in range(0, len(data), PER_LINE):
        piece = data[start : start + PER_LINE]
        is_odd = [
            other is not None and (start + at >= len(other) or other[start + at] != byte)
            for at, byte in enumerate(piece)
        ]
        digits = [_marked(f"{byte:02x}", is_odd=is_it) for byte, is_it in zip(piece, is_odd, strict=True)]
        letters = [
            _marked(chr(byte) if 32 <= byte < 127 else ".", is_odd=is_it)
            for byte, is_it in zip(piece, is_odd, strict=True)
        ]
        gap = Raw(" " * (3 * (PER_LINE - len(piece)) + 2))
        lines.append(joined([Raw(f"{start:04x}  "), Raw(" ".join(digits)), gap, *letters]))
    return Raw("\n".join(lines))


def _marked(shown: str, *, is_odd: bool) -> Raw:
    return element("mark", shown) if is_odd else text(shown)
