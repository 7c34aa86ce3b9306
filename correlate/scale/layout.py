"""What is cut where, and which parts a question asks for.

In: surveys, how many packets a part may hold. Out: ``Layout``.
Method: coarse offsets put all captures on one clock; a question about a time or a flow asks for the parts that may hold
it, by what the surveys know.
Not here: the cuts (``cuts.py``), the order of the work (``run.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from correlate.focus import Focus
from correlate.model.frames import Stretch
from correlate.model.part import Part
from correlate.scale.alignment import STEP_NS, Offset, align
from correlate.scale.cuts import cut, part_of
from correlate.scale.keys import key_of
from correlate.scale.scoping import absolute, wanted_parts
from correlate.scale.survey import Survey
from correlate.scope.select import no_such_flow

SLACK_NS = 10**9
"""What coarse offsets may be off where parts are chosen by time."""


@attrs.frozen(kw_only=True)
class Layout:
    """What is cut where."""

    surveys: Mapping[str, Survey]
    offsets: Mapping[str, Offset]
    """By name of the capture, as ``surveys``."""
    own: Sequence[tuple[int, int]]
    """Each part's time on the first one's clock."""
    parts: Sequence[Part]

    def asked(self, focus: Focus, reference: str) -> tuple[Focus, list[int]]:
        """Return a focus as parts understand it, and the numbers of the parts that it asks for.

        Users give times on the clock of the reference, which need not be the one that the captures are cut by.
        """
        clock = self.offsets[reference]
        spans = [(self.offsets[name], look.span_ns) for name, look in self.surveys.items()]
        begins = [int(offset.reference_times(np.array(span[:1]))[0]) for offset, span in spans if span is not None]
        focus, asked = absolute(focus, clock.own_time(min(begins, default=0)))
        since, until = (None if at is None else int(clock.reference_times(np.array([at]))[0]) for at in asked)
        return focus, wanted_parts(self.own, (since, until), SLACK_NS) or [0]

    def holding(self, flow: str | None, numbers: Sequence[int]) -> list[int]:
        """Return which of some parts may hold a flow, as its ends were given, at any vantage; None = all of them.

        Raises
        ------
        UsageError
            If no part at all does.
        """
        if flow is None:
            return list(numbers)
        key = key_of(flow)
        found = {
            number
            for number, part in enumerate(self.parts)
            if any(may_hold(self.surveys[name], mine, key) for name, mine in part.stretches.items())
        }
        if not found:
            raise no_such_flow(flow)
        return [number for number in numbers if number in found] or list(numbers[:1])


def may_hold(survey: Survey, stretches: Mapping[int, Stretch], key: int) -> bool:
    """Tell whether what a part reads of a capture may hold a flow."""
    if survey.flows is None:
        return True
    places = survey.places
    is_read = np.zeros(len(places.file), np.bool_)
    for file, (start, frames) in stretches.items():
        end = start.frame + frames
        is_read |= (places.file == file) & (places.frame + places.frames > start.frame) & (places.frame < end)
    return survey.flows.may_hold(np.flatnonzero(is_read), key)


def lay_out(surveys: Mapping[str, Survey], most_packets: int) -> Layout:
    """Cut the captures.

    Time is that of the first vantage whose clock was never set back: of it, no time is there twice.
    """
    surveys = dict(sorted(surveys.items(), key=lambda item: item[1].set_back_ns > STEP_NS))
    looks = list(surveys.values())
    offsets = align([look.sample for look in looks])
    own = cut(looks, offsets, most_packets)
    return Layout(
        surveys=surveys,
        offsets=dict(zip(surveys, offsets, strict=True)),
        own=own,
        parts=[part_of(list(surveys), looks, offsets, one) for one in own],
    )
