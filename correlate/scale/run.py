"""Captures of any size, told as one.

In: captures, options, how many packets memory holds. Out: ``Large``.
Method: a survey of each capture, a cut into parts of time, a pilot part that settles what all parts must agree on (the
vantages, their order, the reference), the parts, and their sum. Every step that is done is kept in the work folder, and
not done again. The part with the gravest finding is run once more: its packets illustrate the whole.
Not here: the run of a part (``pipeline.py``); who does the parts (``engines.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from correlate.focus import Focus
from correlate.load import digest_of, split_path
from correlate.model.correlation import Correlation
from correlate.model.renaming import renamed
from correlate.model.tallies import Tallies
from correlate.options import Options, told_options
from correlate.pipeline import correlate
from correlate.progress import Progress, adding
from correlate.read import size_of
from correlate.report.packets import csv_of, lines_of
from correlate.report.places import in_path_order
from correlate.scale.capture import Recorded, stream_parts, whole_stretches
from correlate.scale.cuts import check_sizes
from correlate.scale.engines import Engine, Hands, run_tasks
from correlate.scale.heap import give_back, keep_arrays_apart
from correlate.scale.index import surveyed
from correlate.scale.layout import Layout, lay_out
from correlate.scale.pieces import join_pieces
from correlate.scale.pilot import Pilot, choose, fly
from correlate.scale.rounds import do_rounds, foretell, frames_of
from correlate.scale.rows import joined_rows
from correlate.scale.scoping import absolute
from correlate.scale.scouts import scouts_of
from correlate.scale.sources import joined_stretches
from correlate.scale.survey import Survey, is_packed
from correlate.scale.task import Piece, Task, count_task, do_task
from correlate.scale.whole import Whole, document_of, illustrate, whole_of
from correlate.scale.work import Counted, Work, identity, open_work


@attrs.frozen(kw_only=True)
class Plan:
    """What a large run is asked."""

    captures: Mapping[str, Sequence[str]]
    options: Options
    most_packets: int
    """Of all captures together, that a part may read."""
    at_once: int = 1
    """Parts that this machine does at once, each in a process of its own if they are several."""
    told_as: Mapping[str, str] = attrs.field(factory=dict)
    """Paths that are told under other names."""
    engine: Engine = "local"
    scheduler: str | None = None
    place: str | None = None
    """Folder for work folders; None = the user's cache."""
    keeps: tuple[Piece, ...] = ()
    """What is wanted of single packets."""


@attrs.frozen(kw_only=True)
class Large:
    """A run over all parts."""

    run: Correlation
    """Figures and findings of the whole; packets of the part that illustrates them."""
    shown: Correlation
    """The illustrating part alone, for reading its frames again."""
    document: dict[str, Any]
    """report.json."""
    whole: Whole
    work: Work
    recorded: Mapping[str, Recorded]
    """By vantage."""

    @property
    def folders(self) -> list[Path]:
        """Of the parts, in order of time."""
        return [self.work.part(summary.number) for summary in self.whole.summaries]

    def write_table(self, name: str, path: Path) -> None:
        """Write a Parquet file of the whole; parts keep ``tables``."""
        join_pieces(name, self.folders, self.whole.firsts, self.whole.numbers, path)

    def csv(self) -> Iterator[str]:
        """Yield the packets of the whole as CSV; parts keep ``rows``."""
        return csv_of(self._rows())

    def lines(self) -> Iterator[str]:
        """Yield the packets of the whole as JSON Lines; parts keep ``rows``."""
        return lines_of(self._rows())

    def _rows(self) -> Iterator[Any]:
        return joined_rows(self.whole.names, self.folders, self.whole.firsts, self.whole.numbers)

    def stream_merged(self, file: BinaryIO, vantages: Sequence[int] | None = None, *, with_secrets: bool) -> None:
        """Write the merged capture of the whole; ``vantages`` as of ``report.write_merged``; parts keep ``marks``."""
        chosen = in_path_order(self.run) if vantages is None else list(vantages)
        stream_parts(self.run, self.recorded, self.folders, self.whole.firsts, chosen, file, with_secrets=with_secrets)


@contextmanager
def correlate_large(plan: Plan, progress: Progress) -> Iterator[Large]:
    """Correlate captures part by part; the work folder is there until the caller is done, and goes if nothing failed.

    Raises
    ------
    UnreadableCapture, UsageError, OutputError
        As the run in memory; ``OutputError`` if the work folder cannot be used.
    """
    paths = {name: [split_path(path)[0] for path in files] for name, files in plan.captures.items()}
    files = [path for mine in paths.values() for path in mine]
    name = identity(plan.captures, files, options=plan.options, most=plan.most_packets, keeps=plan.keeps)
    # What is known of captures whatever is asked of them stays for the next question.
    options = attrs.evolve(plan.options, focus=Focus())
    known = identity(plan.captures, files, options=options, most=plan.most_packets)
    work, lock = open_work(name, plan.place, known)
    keep_arrays_apart()
    with lock:
        has_flows = plan.options.focus.flow is not None
        surveys = _surveys(paths, work.folder.parent / "index", progress, has_flows=has_flows)
        yield _run(plan, surveys, work, progress)
        work.remove()


def _surveys(
    paths: Mapping[str, Sequence[str]], folder: Path, progress: Progress, *, has_flows: bool
) -> dict[str, Survey]:
    """Survey the captures: packed ones two at a time, others one by one: two would wait for each other's turns."""
    total = sum(size_of(path) for mine in paths.values() for path in mine)
    on_bytes = adding(progress, "survey", total)
    with ThreadPoolExecutor(max_workers=2 if any(map(is_packed, paths.values())) else 1) as pool:
        found = pool.map(lambda mine: surveyed(mine, folder, on_bytes, has_flows=has_flows), paths.values())
        return dict(zip(paths, found, strict=True))


def _run(plan: Plan, surveys: Mapping[str, Survey], work: Work, progress: Progress) -> Large:
    """Do all parts and add them."""
    absolute(plan.options.focus, 0)  # refuses what parts cannot do, before the work
    layout = lay_out(surveys, plan.most_packets)
    check_sizes(layout.parts, plan.most_packets)
    give_back()
    first = choose(layout.parts)
    pilot = work.settled(lambda: fly(plan.captures, plan.options, first, layout.parts[first]))
    focus, wanted = layout.asked(plan.options.focus, pilot.given[pilot.reference])
    held = layout.holding(focus.flow, wanted)
    options = pilot.options(attrs.evolve(plan.options, focus=focus))
    hands = Hands(engine=plan.engine, scheduler=plan.scheduler, at_once=plan.at_once)
    tasks = [
        Task(
            number=number,
            captures=pilot.captures,
            options=options,
            part=pilot.part(layout.parts[number]),
            work=work,
            order=pilot.order,
            keeps=plan.keeps,
            told_as=plan.told_as,
        )
        for number in wanted
    ]
    tasks = _done(hands, tasks, pilot, held, len(layout.parts), progress)
    summaries = [summary for summary in map(work.read, held) if summary is not None]
    whole = whole_of(summaries, pilot.order, len(layout.parts) - 1, work.hold)
    progress("proof", 0, 0)
    give_back()
    task = next(task for task in tasks if task.number == whole.illustrating)
    shown = pilot.restored(correlate(task.captures, options=task.options, part=task.part))
    run = _told(plan, layout, whole, shown)
    return Large(
        run=run,
        shown=shown,
        document=document_of(whole, run),
        whole=whole,
        work=work,
        recorded=_recorded(layout, pilot, held),
    )


def _recorded(layout: Layout, pilot: Pilot, wanted: Sequence[int]) -> dict[str, Recorded]:
    """Return what was recorded at each vantage: all of it, or what the wanted parts read."""
    found = {}
    for name, given in pilot.given.items():
        look = layout.surveys[given]
        parts = [layout.parts[number].stretches[given] for number in wanted]
        is_whole = len(wanted) == len(layout.parts)
        found[name] = Recorded(
            paths=[split_path(path)[0] for path in pilot.captures[name]],
            interfaces=look.interfaces,
            stretches=whole_stretches(look) if is_whole else joined_stretches(parts),
        )
    return found


def _told(plan: Plan, layout: Layout, whole: Whole, shown: Correlation) -> Correlation:
    """Return the illustrating part's run as the whole is told."""
    apart = {name: layout.surveys[name] for name in whole.names if name in layout.surveys}
    run = illustrate(whole, shown, apart, is_scoped=plan.options.focus != Focus())
    vantages = [
        attrs.evolve(
            one,
            files=tuple(
                attrs.evolve(file, sha256=digest_of(file.path, is_asked=plan.options.sha256)) for file in one.files
            ),
        )
        for one in run.vantages
    ]
    told = attrs.evolve(
        run,
        vantages=tuple(vantages),
        captures={name: tuple(files) for name, files in plan.captures.items()},
        options=told_options(plan.options),
    )
    return renamed(told, plan.told_as)


def _done(
    hands: Hands, tasks: Sequence[Task], pilot: Pilot, held: Sequence[int], parts: int, progress: Progress
) -> list[Task]:
    """Do the parts that may hold what is asked, and return their tasks with what the whole counts, as far as known."""
    work, frames = tasks[0].work, {task.number: frames_of(task) for task in tasks}
    known = work.counted(None)
    mine = [task for task in tasks if task.number in held]
    if len(mine) == parts:
        foretold = known.tallies if known is not None else foretell({pilot.number: pilot.tallies}, frames)
        done, total = do_rounds(hands, mine, foretold, work.read, progress)
        work.write_count(None, Counted(tallies=total))
        return done
    counts = known.tallies if known is not None else foretell(_scouted(hands, tasks, progress), frames)
    mine = [attrs.evolve(task, part=attrs.evolve(task.part, known=counts)) for task in mine]
    progress("parts", 0, len(mine))
    for done_now, _number in enumerate(run_tasks(do_task, mine, hands), 1):
        progress("parts", done_now, len(mine))
    return mine


def _scouted(hands: Hands, tasks: Sequence[Task], progress: Progress) -> dict[int, Tallies | None]:
    """Return what some parts count of losses and misses; counted once, even if the run is resumed."""
    wanted = set(scouts_of([task.number for task in tasks]))
    counted: dict[int, Tallies | None] = {}
    missing = []
    for task in tasks:
        if task.number in wanted:
            found = task.work.counted(task.number)
            if found is None:
                missing.append(task)
            else:
                counted[task.number] = found.tallies
    progress("scouts", 0, len(missing))
    for done, (number, tallies) in enumerate(run_tasks(count_task, missing, hands), 1):
        progress("scouts", done, len(missing))
        tasks[0].work.write_count(number, Counted(tallies=tallies))
        counted[number] = tallies
    return counted
