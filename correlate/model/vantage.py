"""A capture point and the capture taken there.

In: made by the pipeline from what ``read`` and ``dissect`` saw. Out: used everywhere.
Not here: packets.
"""

from __future__ import annotations

from typing import Literal

import attrs

from correlate.model.frames import CaptureFile, Interface, Problem

Kind = Literal["end-host", "in-path", "mirror", "drop-log", "unknown"]

STANDING_TICK_NS = 2**58
"""``Vantage.tick_ns`` of a capture whose frames all bear one stamp."""


@attrs.frozen(kw_only=True)
class Vantage:
    """Observation Point (RFC 5475) with its capture: one or more chained files."""

    name: str
    files: tuple[CaptureFile, ...]
    interfaces: tuple[Interface, ...]
    frames: int
    first_captured_ns: int | None
    """Earliest time stamp of any frame, own clock; None = no frame carries one."""
    last_captured_ns: int | None
    tick_ns: int
    """Measured stamp quantum (the coarsest step all stamps are multiples of), at least 1."""
    kind: Kind = "unknown"
    duplicates: int = 0
    """Frames that the capture holds again (copies)."""
    problems: tuple[Problem, ...] = ()
    picked: tuple[frozenset[int], ...] | None = None
    """Per file: its interfaces (as chunks number them) whose frames are this vantage's; None = all."""

    @property
    def link_types(self) -> tuple[int, ...]:
        """LINKTYPE_ values, sorted, each once."""
        return tuple(sorted({interface.link_type for interface in self.interfaces}))

    @property
    def snaplen(self) -> int:
        """The smallest limit of any interface; 0 = none."""
        limits = [interface.snaplen for interface in self.interfaces if interface.snaplen]
        return min(limits, default=0)
