"""Options that leave packets out, as every part understands them.

In: a ``Focus`` of the whole. Out: one for parts, and which parts have anything to tell.
Method: times become absolute, so that ``+5`` counts from the first packet of all; a part that has none of a flow
by its ends is no mistake. What only the whole can answer is refused.
Not here: choosing packets (``scope``).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from correlate.errors import UsageError
from correlate.focus import Focus
from correlate.scope.select import flow_ends, read_time


def absolute(focus: Focus, begin_ns: int) -> tuple[Focus, tuple[int | None, int | None]]:
    """Return the focus for parts and the time that it asks for, ns on the reference clock; None = no end.

    Parameters
    ----------
    focus
        Of the whole.
    begin_ns
        First stamp of all, on about the reference clock.

    Raises
    ------
    UsageError
        If it asks for what a part cannot know.
    """
    if focus.between_pings is not None:
        what = "captures of this size are correlated part by part, and a part does not see both pings"
        raise UsageError(where="--between-pings", what=what, advice="Give the time with --from and --to.")
    since, until = (
        None if text is None else read_time(option, text, begin_ns)
        for option, text in (("--from", focus.since), ("--to", focus.until))
    )
    moved = attrs.evolve(focus, since=_text(since), until=_text(until))
    return (moved if focus.flow is None else _by_ends(moved, focus.flow)), (since, until)


def _text(at_ns: int | None) -> str | None:
    return None if at_ns is None else f"{at_ns // 10**9}.{at_ns % 10**9:09}"


def _by_ends(focus: Focus, flow: str) -> Focus:
    """Return a focus on a flow that need not be in every part."""
    if flow.isdecimal():
        what = "captures of this size are correlated part by part, and a part has numbers of its own"
        raise UsageError(where=f"--flow {flow}", what=what, advice="Write tcp,10.0.0.1:40000,10.0.0.2:443.")
    flow_ends(flow)
    return attrs.evolve(focus, is_part=True)


def wanted_parts(own: Sequence[tuple[int, int]], asked: tuple[int | None, int | None], slack_ns: int) -> list[int]:
    """Return the numbers of the parts whose time, widened by what the clocks may be off, meets the time asked for."""
    since, until = asked
    return [
        number
        for number, (low, high) in enumerate(own)
        if (since is None or high + slack_ns >= since) and (until is None or low - slack_ns <= until)
    ]
