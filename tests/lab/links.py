"""Which frame of one interface is which frame of the next one.

**In:** frames that entered a link or a box and frames that left it. **Out:** (entered, left) pairs of places in the lists.
**Method:** a wire's log says it. Between two ends of a device pair, and across a box, a ladder of keys does: all bytes;
connection (translated by the kernel's own tracking), identification, flags, payload, numbers and options; the same
without options, without numbers (boxes that change them); overlap in the stream or datagram (cuts); at last, for boxes that edit payload, the
order within connection and direction where equally many are left. Unlike the tool, this knows the true time: nothing leaves before it entered, or
later than ``LATEST_NS``.
**Not here:** chains of interfaces (``truth.py``).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

from tests.lab.frames import Frame
from tests.lab.tracking import Tracked

LATEST_NS = 3_000_000_000
CUT_NS = 30_000_000
"""A kernel cuts and joins at once; a resend of the same bytes comes later than this, or is told by its identification."""
EARLY_NS = 20_000
"""Stamps of two interfaces are taken beside the frame's way, not on it."""

Pairs = list[tuple[int, int]]
Key = Callable[[Frame], Any]


def wire_links(entered: Sequence[Frame], left: Sequence[Frame], log: Sequence[Sequence[Any]]) -> Pairs:
    """Return pairs that the log of a wire tells (lines of one direction)."""
    takes: dict[str, deque[Sequence[Any]]] = defaultdict(deque)
    for line in log:
        takes[line[2]].append(line)
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for at, frame in enumerate(left):
        waiting[frame.digest].append(at)
    pairs: Pairs = []
    for at, frame in enumerate(entered):
        # A device whose queue is full drops what its capture saw: then the log lacks a line.
        line = takes[frame.digest].popleft() if takes[frame.digest] else None
        for _, name in line[3] if line else ():
            if waiting[name]:
                pairs.append((at, waiting[name].popleft()))
    return pairs


def box_links(entered: Sequence[Frame], left: Sequence[Frame], tracked: Tracked, *, edits: bool = False) -> Pairs:
    """Return pairs across a kernel, or between the two ends of a device pair (nothing tracked).

    ``edits``: it may write other payload of another length.
    """
    ladder: tuple[Key, ...] = (
        lambda f: f.digest,
        lambda f: (tracked.flow(f.ends), f.identity, f.numbers, f.options),
        lambda f: (tracked.flow(f.ends), f.identity, f.numbers),
        lambda f: (tracked.flow(f.ends), f.identity),
    )
    pairs: Pairs = []
    ins, outs = list(range(len(entered))), list(range(len(left)))
    for key in ladder:
        found = _first_in_first_out(entered, left, ins, outs, key)
        pairs += found
        ins, outs = _rest(ins, outs, found)
    cuts = _overlaps(entered, left, ins, outs, tracked)
    pairs += cuts
    if not edits:
        return pairs
    return pairs + _by_rank(entered, left, *_rest(ins, outs, cuts), tracked)


def _rest(ins: list[int], outs: list[int], pairs: Pairs) -> tuple[list[int], list[int]]:
    used_in, used_out = {one for one, _ in pairs}, {other for _, other in pairs}
    return [at for at in ins if at not in used_in], [at for at in outs if at not in used_out]


def _is_causal(one: Frame, other: Frame) -> bool:
    return -EARLY_NS <= other.time_ns - one.time_ns <= LATEST_NS


def _first_in_first_out(
    entered: Sequence[Frame], left: Sequence[Frame], ins: Sequence[int], outs: Sequence[int], key: Key
) -> Pairs:
    waiting: dict[Any, deque[int]] = defaultdict(deque)
    for at in ins:
        waiting[key(entered[at])].append(at)
    pairs: Pairs = []
    for at in outs:
        queue = waiting[key(left[at])]
        while queue and left[at].time_ns - entered[queue[0]].time_ns > LATEST_NS:
            queue.popleft()
        if queue and _is_causal(entered[queue[0]], left[at]):
            pairs.append((queue.popleft(), at))
    return pairs


def _overlaps(
    entered: Sequence[Frame], left: Sequence[Frame], ins: Sequence[int], outs: Sequence[int], tracked: Tracked
) -> Pairs:
    """Return pairs of which one holds a part of the other."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for at in ins:
        if entered[at].whole:
            groups[_cut_key(entered[at], tracked)].append(at)
    pairs: Pairs = []
    for at in outs:
        frame = left[at]
        for one in groups[_cut_key(frame, tracked)] if frame.whole else ():
            other = entered[one]
            is_near = -EARLY_NS <= frame.time_ns - other.time_ns <= CUT_NS
            shared = min(frame.begin + frame.size, other.begin + other.size) - max(frame.begin, other.begin)
            if is_near and shared > 0:
                pairs.append((one, at))
    return pairs


def _cut_key(frame: Frame, tracked: Tracked) -> Any:
    if frame.whole[:1] == ("stream",):
        return tracked.flow(frame.ends)
    # Later fragments have no ports, so a datagram is named by hosts and identification.
    return frame.ends[0], frame.ends[1], frame.ends[3], frame.whole


def _by_rank(
    entered: Sequence[Frame], left: Sequence[Frame], ins: Sequence[int], outs: Sequence[int], tracked: Tracked
) -> Pairs:
    """Return pairs by order where as many of a connection's direction are left on both sides (gateways edit payload)."""
    one: dict[Any, list[int]] = defaultdict(list)
    other: dict[Any, list[int]] = defaultdict(list)
    for at in ins:
        if tracked.knows(entered[at].ends):
            one[tracked.flow(entered[at].ends)].append(at)
    for at in outs:
        if tracked.knows(left[at].ends):
            other[tracked.flow(left[at].ends)].append(at)
    pairs: Pairs = []
    for flow, mine in one.items():
        theirs = other[flow]
        if len(mine) == len(theirs) and all(_is_causal(entered[a], left[b]) for a, b in zip(mine, theirs, strict=True)):
            pairs += list(zip(mine, theirs, strict=True))
    return pairs
