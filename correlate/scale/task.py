"""One part, from its frames to its summary.

In: a ``Task``, which any process that sees the files can do. Out: the part's folder in the work folder.
Method: the in-memory run over the part's frames, told of what it owns only.
Not here: which process does it (``engines.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import attrs

from correlate.model.correlation import Correlation
from correlate.model.part import Part
from correlate.model.renaming import renamed
from correlate.model.tallies import Tallies
from correlate.options import Options
from correlate.pipeline import correlate, scout
from correlate.scale.heap import give_back, keep_arrays_apart
from correlate.scale.marks import write_marks
from correlate.scale.pieces import write_pieces
from correlate.scale.rows import write_rows
from correlate.scale.summary import summary_of
from correlate.scale.work import Work

Piece = Literal["tables", "rows", "marks"]
"""What of single packets a part keeps: Parquet files, rows of ``-T``, what a merged capture says of frames."""


@attrs.frozen(kw_only=True)
class Task:
    """A part to be done."""

    number: int
    captures: Mapping[str, Sequence[str]]
    options: Options
    part: Part
    work: Work
    order: Sequence[str]
    """Vantages of the whole path, in its order."""
    keeps: tuple[Piece, ...] = ()
    least_ns: int = 0
    """Transactions that took less are not among the slowest of the whole."""
    told_as: Mapping[str, str] = attrs.field(factory=dict)
    """Paths that are told under other names."""


def count_task(task: Task) -> tuple[int, Tallies | None]:
    """Return a part's number and how often packets were surely lost and surely missed in it."""
    keep_arrays_apart()
    scouted = scout(task.captures, options=task.options, part=task.part)
    give_back()
    return task.number, scouted.tallies


def do_task(task: Task) -> int:
    """Do a part, unless it is done, and return its number."""
    return task.number if task.work.read(task.number) is not None else do_task_again(task)


def do_task_again(task: Task) -> int:
    """Do a part, whatever was done of it before, and return its number."""
    keep_arrays_apart()
    run = correlate(task.captures, options=task.options, part=task.part)
    keep(task, renamed(run, task.told_as))
    del run
    give_back()
    return task.number


def keep(task: Task, run: Correlation) -> None:
    """Write what is kept of a part's run."""
    reference = run.vantages[run.clocks.reference].name
    summary = summary_of(run, task.part, task.number, task.part.owned[reference], task.least_ns)
    task.work.write(summary, lambda folder: _write_pieces(task, run, folder))


def _write_pieces(task: Task, run: Correlation, folder: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415

    # Arrow's own pools keep what they had; part after part that would add up.
    pa.set_memory_pool(pa.system_memory_pool())
    if "tables" in task.keeps:
        write_pieces(run, folder)
    if "rows" in task.keeps:
        write_rows(run, folder, task.order)
    if "marks" in task.keeps:
        write_marks(run, folder)
