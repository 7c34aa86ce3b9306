"""The main job on captures that do not fit into memory: part by part.

**In:** the request, the captures. **Out:** files written; what goes to standard output.
**Method:** report.json and the Parquet files are of the whole; page, graphs and lists of findings show the whole with
the packets of the part that illustrates it. What would hold every packet in one piece is refused before the run.
**Not here:** the parts (``correlate.scale``).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from correlate.budget import packets_in_part, parts_at_once
from correlate.errors import UsageError
from correlate.report import json_text, write_files
from correlate.report.tables import PARQUET_WRITERS
from correlate.scale.run import Large, Plan, correlate_large

from .captures import Captures
from .files import Writer, whole_writers, write_text
from .page import page
from .request import Outcome, Request
from .talk import Talk

if TYPE_CHECKING:
    from correlate.options import Options

NARROW = "Narrow it with --from and --to, or allow more with --memory."


def tell_large(request: Request, captures: Captures, options: Options, talk: Talk) -> Outcome:
    """Correlate part by part, write the files and return what to print."""
    _check(request)
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
        has_tables=request.out is not None,
    )
    with correlate_large(plan, talk) as large:
        written = [] if request.out is None else _write(request.out, large, force=request.force)
        text = json_text(large.document) if request.form == "json" else page(request, large.run, written)
        is_apart = len(large.run.vantages) > 1 and not large.whole.shares_packets
    return Outcome(found=large.run, texts=[text], has_nothing_in_common=is_apart)


def _check(request: Request) -> None:
    """Refuse what would hold every packet of the captures in one piece."""
    asked = {
        "-w": request.capture is not None,
        "--split": request.is_split,
        f"-T {request.form}": request.form in ("jsonl", "csv"),
    }
    for option, is_asked in asked.items():
        if is_asked:
            what = "the captures do not fit into memory, and are correlated part by part"
            raise UsageError(where=option, what=what, advice=NARROW)


def _write(folder: Path, large: Large, *, force: bool) -> list[Path]:
    """Write the files of the whole."""
    writers: dict[str, Writer] = {
        "report.json": partial(write_text, lambda: json_text(large.document)),
        **{name: partial(large.write_table, name) for name in PARQUET_WRITERS},
        **whole_writers(large.run, large.shown),
    }
    return write_files(folder, writers, force=force)
