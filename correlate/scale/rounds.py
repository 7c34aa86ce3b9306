"""Parts done in rounds, until each was judged by what all of them count.

In: tasks; what the whole is expected to count. Out: what it does count; parts that are done.
Method: whether a packet that nobody acknowledges was lost is weighed by how often this path loses and its captures
miss. Only all parts together know that, so it is foretold: a few parts, spread over the time, are done by what the
pilot foretells, the others by what these foretell. Then the counts of all are added, and a part is done again if the
sum weighs anything otherwise than what it was judged by. So every packet is judged by the same counts, as in memory;
but for parts in which a vantage of the path is absent: those are judged by what they count themselves.
Not here: the weighing (``trajectories/rates.py``); which process does a part (``engines.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np

from correlate.model.tallies import Tallies
from correlate.progress import Progress
from correlate.report.limits import LIMIT
from correlate.scale.engines import Hands, run_tasks
from correlate.scale.kept import AnySummary
from correlate.scale.scouts import scouts_of
from correlate.scale.task import Task, do_task, do_task_again
from correlate.trajectories import judge_alike


def frames_of(task: Task) -> int:
    """Return how many frames a part reads."""
    return sum(one.frames for files in task.part.stretches.values() for one in files.values())


def foretell(counted: Mapping[int, Tallies | None], frames: Mapping[int, int]) -> Tallies | None:
    """Return what all parts may be expected to count, None if nothing is known.

    Parameters
    ----------
    counted
        By part, what some count. Those of another path than the longest say nothing.
    frames
        By part, what it reads, of all.
    """
    told = {number: tallies for number, tallies in counted.items() if tallies is not None}
    if not told:
        return None
    order = max((tallies.order for tallies in told.values()), key=len)
    known = {number: tallies for number, tallies in told.items() if tallies.order == order}
    total = added(list(known.values()), order)
    return None if total is None else total.scaled(sum(frames.values()) / max(1, sum(frames[one] for one in known)))


def added(counts: Sequence[Tallies | None], order: Sequence[str]) -> Tallies | None:
    """Return the sum of the counts on one path, None if there are none."""
    total = None
    for tallies in counts:
        if tallies is not None and tallies.order == tuple(order):
            total = tallies if total is None else total.plus(tallies)
    return total


def must_be_judged_again(summary: AnySummary, total: Tallies | None) -> bool:
    """Tell whether a part's packets may come to other fates by the counts of the whole."""
    own, used = summary.tallies, summary.judged_by
    if total is None or own is None or used is None or own.order != total.order or not _has_open_fates(summary):
        return False
    if not judge_alike(used, total):
        return True
    births = any(side.births.any() for side in (own.forward, own.reverse))
    return births and not _are_misses_equal(used, total)


def _has_open_fates(summary: AnySummary) -> bool:
    """Tell whether any packet was not simply seen on: of the others all counts say the same."""
    sides = (side for hop in summary.hops for side in (hop.forward, hop.reverse))
    return any(one.lost + one.not_captured + one.absorbed + one.ambiguous + one.originated for one in sides)


def _are_misses_equal(one: Tallies, other: Tallies) -> bool:
    return all(
        np.array_equal(mine.missed, its.missed) and np.array_equal(mine.passes, its.passes)
        for mine, its in ((one.forward, other.forward), (one.reverse, other.reverse))
    )


def do_rounds(
    hands: Hands,
    tasks: Sequence[Task],
    foretold: Tallies | None,
    read: Callable[[int], AnySummary | None],
    progress: Progress,
) -> tuple[list[Task], Tallies | None]:
    """Do all parts there are; return their tasks as they were judged at last, and what all count.

    Parameters
    ----------
    hands
        Who does them.
    tasks
        Of all parts.
    foretold
        What the whole is expected to count.
    read
        Returns the summary of a part that is done.
    progress
        Told how many are done.
    """
    frames = {task.number: frames_of(task) for task in tasks}
    done = 0

    def do(call: Callable[[Task], int], wanted: Sequence[Task], known: Tallies | None, total: int) -> None:
        nonlocal done
        for _number in run_tasks(call, [_knowing(task, known, least_ns) for task in wanted], hands):
            done += 1
            progress("parts", done, total)

    def counts(of: Sequence[Task]) -> dict[int, Tallies | None]:
        kept = ((task.number, read(task.number)) for task in of)
        return {number: None if one is None else one.tallies for number, one in kept}

    first = set(scouts_of(list(frames)))
    ahead, rest = ([task for task in tasks if (task.number in first) is is_ahead] for is_ahead in (True, False))
    progress("parts", 0, len(tasks))
    least_ns = 0
    do(do_task, ahead, foretold, len(tasks))
    least_ns = slow_enough([one for task in ahead if (one := read(task.number)) is not None])
    do(do_task, rest, foretell(counts(ahead), frames) if ahead else foretold, len(tasks))
    total = added(list(counts(tasks).values()), tasks[0].order)
    again = [task for task in tasks if (one := read(task.number)) is not None and must_be_judged_again(one, total)]
    do(do_task_again, again, total, len(tasks) + len(again))
    return [_knowing(task, total, least_ns) for task in tasks], total


def slow_enough(summaries: Sequence[AnySummary]) -> int:
    """Return what a transaction must take, ns, to be among the slowest of the whole: as many are known to be slower."""
    known = sorted((one["total_ns"] for summary in summaries for one in summary.transactions["items"]), reverse=True)
    return known[LIMIT - 1] if len(known) >= LIMIT else 0


def _knowing(task: Task, known: Tallies | None, least_ns: int) -> Task:
    return attrs.evolve(task, part=attrs.evolve(task.part, known=known), least_ns=least_ns)
