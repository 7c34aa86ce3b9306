"""The main job on captures that do not fit into memory: part by part.

**In:** the request, the captures. **Out:** files written; text on standard output.
**Method:** report.json, tables, rows and merged captures are of the whole, written from what the parts kept; page,
graphs and trace show the whole with the packets of the part that illustrates it.
**Not here:** the parts (``correlate.scale``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from correlate.budget import packets_in_part, parts_at_once
from correlate.report import json_text, lines_of_findings, write_files
from correlate.report.tables import PARQUET_WRITERS
from correlate.scale.run import Large, Plan, correlate_large
from correlate.scale.task import Piece

from .captures import Captures
from .files import STDOUT, Writer, merged_writers, whole_writers, write_capture, write_text
from .output import put_all
from .page import page
from .request import Outcome, Request
from .talk import Talk

if TYPE_CHECKING:
    from correlate.options import Options


def tell_large(request: Request, captures: Captures, options: Options, talk: Talk) -> Outcome:
    """Correlate part by part, write the files and return what to print."""
    # A cluster has workers of its own, each with the memory that is given.
    at_once = parts_at_once(request.memory_bytes) if request.engine == "local" else 1
    plan = Plan(
        captures=captures.paths,
        options=options,
        most_packets=packets_in_part(request.memory_bytes, at_once),
        at_once=at_once,
        told_as=captures.told_as,
        engine=request.engine,
        scheduler=request.scheduler,
        place=None if request.work is None else str(request.work),
        keeps=_kept(request),
    )
    with correlate_large(plan, talk) as large:
        written = _written(request, large, talk)
        is_apart = len(large.run.vantages) > 1 and not large.whole.shares_packets
        talk.finish()
        # The work folder, which rows are read from, goes when this ends.
        put_all(_texts(request, large, written))
    return Outcome(found=large.run, has_nothing_in_common=is_apart)


def _kept(request: Request) -> tuple[Piece, ...]:
    """Return what of single packets the files and the text need."""
    asked: dict[Piece, bool] = {
        "tables": request.out is not None,
        "rows": request.form in ("jsonl", "csv"),
        "marks": request.out is not None or request.capture is not None,
    }
    return tuple(piece for piece, is_asked in asked.items() if is_asked)


def _texts(request: Request, large: Large, written: list[Path]) -> Iterator[str]:
    """Yield what goes to standard output, as ``page.texts_of``."""
    if request.capture == STDOUT:
        return
    if request.form == "json":
        yield json_text(large.document)
    elif request.form == "csv":
        yield from large.csv()
    elif request.form == "jsonl":
        yield from lines_of_findings(large.document["findings"])
        yield from large.lines()
    else:
        yield page(request, large.run, written)


def _written(request: Request, large: Large, talk: Talk) -> list[Path]:
    """Write all files that were asked for and return those with a name."""
    written: list[Path] = []

    def merged(vantages: list[int] | None) -> Callable[[BinaryIO], None]:
        return lambda file: large.stream_merged(file, vantages, with_secrets=request.keeps_secrets)

    names = [vantage.name for vantage in large.run.vantages]
    if request.out is not None:
        talk("write", 0, 0)
        writers: dict[str, Writer] = {
            "report.json": partial(write_text, lambda: json_text(large.document)),
            **{name: partial(large.write_table, name) for name in PARQUET_WRITERS},
            **whole_writers(large.run, large.shown, large.document),
            **merged_writers(names, merged, is_split=request.is_split),
        }
        written += write_files(request.out, writers, force=request.force)
    if request.capture is not None:
        talk("write", 0, 0)
        written += write_capture(request.capture, names, merged, is_split=request.is_split, force=request.force)
    return written
