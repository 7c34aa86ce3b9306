"""``correlate explain PACKET``: one packet at every vantage, side by side.

**In:** a packet's number, or ``VANTAGE#FRAME``; captures, or the folder of an earlier run. **Out:** text.
**Method:** the correlation is run again (it is quick and keeps no state); captures and options of an earlier run come
from its report.json.
**Not here:** what is shown (``correlate.report.explain``).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from correlate.errors import UsageError

from .captures import find_captures
from .output import has_color, has_unicode, page_width, put

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
REPORT = "report.json"
NARROWEST, WIDEST = 60, 200


@app.command()
def explain(
    packet: Annotated[
        str, typer.Argument(metavar="PACKET", help="A packet's number, or VANTAGE#FRAME with a frame number.")
    ],
    captures: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CAPTURE...|DIR",
            help="Captures as for the main job, or the folder that an earlier run wrote with -o. Default: this folder.",
            show_default=False,
        ),
    ] = None,
    color: Annotated[str, typer.Option("--color", help="Colour: auto, always or never.")] = "auto",
) -> None:
    """Show one packet at every vantage: frames, fates with their rules, every field side by side."""
    from correlate.options import Options  # noqa: PLC0415
    from correlate.pipeline import correlate  # noqa: PLC0415  -- numba and all stages
    from correlate.report import explain_packet, packet_of  # noqa: PLC0415
    from correlate.report.ink import Ink  # noqa: PLC0415
    from correlate.rereading import fetcher  # noqa: PLC0415

    if color not in ("auto", "always", "never"):
        raise UsageError(where=f"--color {color}", what="no such choice", advice="Use auto, always or never.")
    paths, options = _asked(captures or ["."])
    found = correlate(paths, options=Options(**options))
    width = min(max(page_width(), NARROWEST), WIDEST) - 1
    ink = Ink(width=width, is_unicode=has_unicode(sys.stdout), has_color=has_color(color, sys.stdout))
    text = explain_packet(found, packet_of(found, packet), fetcher(found.vantages, found.packets), ink)
    put("\n".join(ink.paint(line) for line in text.split("\n")))


def _asked(captures: list[str]) -> tuple[dict[str, tuple[str, ...]], dict[str, Any]]:
    """Return captures and options, of the command line or of an earlier run."""
    report = Path(captures[0]) / REPORT
    if len(captures) > 1 or not report.is_file():
        if captures == ["."]:
            raise UsageError(
                where="explain",
                what="no captures given, and no report.json here",
                advice="Write correlate explain PACKET CAPTURE..., or name the folder of an earlier -o.",
            )
        if "-" in captures:
            raise UsageError(where="-", what="standard input cannot be explained", advice="Save it to a file.")
        return find_captures(captures).paths, {}
    try:
        return _earlier(json.loads(report.read_text("utf-8"))["command"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            where=str(report), what="this is no report of correlate", advice="Name the captures."
        ) from None


def _earlier(command: Any) -> tuple[dict[str, tuple[str, ...]], dict[str, Any]]:
    """Return captures of an earlier run and those of its options that packet numbers depend on."""
    options = command["options"]
    paths = {str(name): tuple(map(str, files)) for name, files in command["captures"].items()}
    chosen = {key: options[key] for key in ("order", "reference", "kinds") if options.get(key)}
    floors = {tuple(ends.split(">", 1)): int(ns) for ends, ns in options.get("floors", {}).items()}
    return paths, {**chosen, "floors": floors}
