"""What the main job puts on standard output: the page for people, or text for programs.

**In:** a request, a run, the files that were written. **Out:** text, piece by piece.
**Not here:** rendering (``correlate.report``), putting it out (``output.py``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .files import STDOUT
from .output import has_color, has_unicode, page_width
from .request import Request

if TYPE_CHECKING:
    from correlate.model.correlation import Correlation


def texts_of(request: Request, found: Correlation, written: list[Path]) -> Iterator[str]:
    """Return what goes to standard output, piece by piece."""
    from correlate.report import json_text, report_json  # noqa: PLC0415

    if request.capture == STDOUT:
        return
    if request.form == "json":
        yield json_text(report_json(found))
    elif request.form != "text":
        yield from _rows(request, found)
    else:
        yield page(request, found, written)


def page(request: Request, found: Correlation, written: list[Path]) -> str:
    """Return the report for the terminal, with the files that were written."""
    from correlate.report import main_packet, render_terminal  # noqa: PLC0415

    text = render_terminal(
        found,
        width=page_width(),
        unicode=has_unicode(sys.stdout),
        color=has_color(request.color, sys.stdout),
        time_format=request.times,
    )
    return text + _written_text(request, written, main_packet(found))


def _rows(request: Request, found: Correlation) -> Iterator[str]:
    """Return the result as rows for programs, piece by piece: findings and packets, or packets alone in a table."""
    from correlate.report import finding_lines, packet_csv, packet_lines  # noqa: PLC0415

    if request.form == "csv":
        yield from packet_csv(found)
        return
    yield from finding_lines(found)
    yield from packet_lines(found)


def _written_text(request: Request, written: list[Path], packet: int | None) -> str:
    """Return the last lines: which files were written where."""
    if not written:
        return ""
    from correlate.wire.text import safe_text  # noqa: PLC0415

    lines = []
    inside = [path.name for path in written if path.parent == request.out]
    if inside:
        lines.append(f" Written to {safe_text(str(request.out))}: {', '.join(inside)}")
        if packet is not None and not request.is_split:
            lines.append(f" Wireshark: correlate wireshark --open {safe_text(str(request.out))} --packet {packet}")
    outside = [safe_text(str(path)) for path in written if path.parent != request.out or not inside]
    if outside:
        lines.append(f" Written: {', '.join(outside)}")
    return "\n" + "\n".join(lines) + "\n"
