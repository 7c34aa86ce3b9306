"""How the losses of a hop lie: one by one or in bursts, at the end of flows, only large packets, only one port.

In: lost packets of one hop and direction. Out: a sentence.
Method: RFC 3357 (loss runs). Losses that come independently make runs whose number has a known mean and variance (Wald
and Wolfowitz 1940): far fewer are bursts. That all n lost packets are of one port is told if chance would pick n such
among all that came to the hop at most once in a thousand times.
Not here: that they were lost (``trajectories``), hops that refuse a port or a size (``blocked.py``, ``black_hole.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from correlate.diagnose.lost import LossGroup
from correlate.diagnose.stamps import is_ordered, time_order
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, percent
from correlate.model.arrays import I32, I64, Bool

LEAST = 5
"""Fewer losses have no pattern in time."""

DEVIATIONS = 3.0
"""That many standard deviations fewer runs than independent losses make are bursts."""

CHANCE = 1e-3

BLOCK = 1 << 16
"""Packets that are looked at together: most patterns are refuted by the first of them."""

Values = Callable[[I64], NDArray[Any]]
"""A column of some packets."""


def pattern_of(view: View, group: LossGroup) -> str:
    """Say how the lost packets of a group lie among all that came to the hop."""
    table = view.run.trajectories
    up, down = view.upstream(group.hop, group.direction), view.downstream(group.hop, group.direction)
    came = np.flatnonzero(view.is_seen[:, up] & (table.direction == group.direction))
    times = table.time_ns[:, up][came]
    came = came if is_ordered(times) else came[time_order(times)]
    is_lost = np.zeros(len(table), np.bool_)
    is_lost[group.packets] = True
    is_lost, crossed = is_lost[came], view.is_seen[:, down].take(came)
    lost = np.flatnonzero(is_lost)
    tuples = view.run.packets[view.run.path.order[up]].tuples
    kinds = (
        _in_time(is_lost),
        _of_size(partial(view.values, "ip_len", place=up), came, lost, crossed),
        _of_port((tuples.dport, tuples.sport), partial(view.values, "tuple_id", place=up), came, lost),
        _at_end(table.flow, came, lost, crossed),
    )
    return "; ".join(text for kind in kinds for text in kind)


def _in_time(is_lost: Bool) -> Iterator[str]:
    runs = len(_run_lengths(is_lost))
    text = f"{counted(runs, 'run')}, the longest of {counted(longest_run(is_lost), 'packet')}"
    lost, count = int(is_lost.sum()), len(is_lost)
    if lost >= LEAST and count - lost >= LEAST:
        mean = lost * (count - lost + 1) / count
        variance = mean * (lost - 1) * (count - lost) / (count * (count - 1))
        is_burst = runs < mean - DEVIATIONS * max(1.0, variance) ** 0.5
        text += " (bursts)" if is_burst else " (one by one, as by chance)"
    yield text


def _of_size(length: Values, came: I64, lost: I64, crossed: Bool) -> Iterator[str]:
    """Tell the size above which nothing passed; ``lost`` are positions in ``came``, ``crossed`` is a mask of it."""
    if len(lost) < 3 or not crossed.any():
        return
    least, passed = int(length(came[lost]).min()), -1
    for start in range(0, len(came), BLOCK):
        some = came[start : start + BLOCK][crossed[start : start + BLOCK]]
        passed = max(passed, int(length(some).max(initial=-1)))
        if passed >= least:
            return
    yield f"only large packets (largest that passed {passed} bytes, smallest lost {least})"


def _of_port(ports: Iterable[I32], tuple_of: Values, came: I64, lost: I64) -> Iterator[str]:
    """Tell the port that all of them go to, or come from; ``ports`` are destinations and sources of the tuples."""
    of_lost = tuple_of(came[lost])
    for word, of_tuple in zip(("to", "from"), ports, strict=True):
        theirs = of_tuple[of_lost]
        port = int(theirs[0])
        if port < 0 or not (theirs == port).all():
            continue
        share = float((of_tuple == port).take(tuple_of(came)).mean())
        if share ** len(theirs) <= CHANCE:
            yield f"only packets {word} port {port} ({percent(share, 1.0)} of what came)"
            return


def _at_end(flow: I32, came: I64, lost: I64, crossed: Bool) -> Iterator[str]:
    """Say so if nothing of a flow crosses from its first lost packet on."""
    if len(lost) < LEAST:
        return
    first = np.full(int(flow.max(initial=-1)) + 1, len(came), np.int64)
    first[flow[came[lost[::-1]]]] = lost[::-1]  # descending: the first one stays
    for start in range(int(lost[0]), len(came), BLOCK):
        places = start + np.flatnonzero(crossed[start : start + BLOCK])
        if (places >= first[flow[came[places]]]).any():
            return
    yield "only at the end of flows, nothing of which crosses after them"


def longest_run(is_lost: Bool) -> int:
    """Return how many packets were lost in a row at the most."""
    return int(_run_lengths(is_lost).max(initial=0))


def _run_lengths(is_lost: Bool) -> I64:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_lost, [False])).astype(np.int8)))
    return np.asarray(edges[1::2] - edges[::2], np.int64)
