"""What really happened, as tables that are easy to compare with a report.

**In:** the log of a run. **Out:** ``Truth``: one row per transmission, one column per place (tap, in path order).
**Not here:** scores (``tests/scoreboard``).
"""

from __future__ import annotations

import enum
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from tests.netsim.world import World

NOT_LOST = -9


class Seen(enum.IntEnum):
    """Why a tap's capture holds a transmission, or does not."""

    CAPTURED = 0
    MISSED = 1
    """It passed, the capture did not record it."""
    WINDOW = 2
    """It passed while the capture was not running."""
    NOT_REACHED = 3
    """It was lost before."""
    NOT_ON_WAY = 4
    """It was born beyond this place, or went around it."""


@attrs.frozen(kw_only=True)
class Edit:
    """What a middlebox did to one transmission, beyond routing and plain NAT."""

    transmission: int
    hop: int
    field: str
    """Wireshark's raw field name."""
    before: Any
    after: Any


@attrs.frozen(kw_only=True)
class Mapping:
    """A translation made on a hop: (address, port) inside and outside."""

    hop: int
    flow: int
    proto: int
    inner: tuple[bytes, int]
    outer: tuple[bytes, int]


@attrs.frozen(kw_only=True)
class Truth:
    """Transmissions are numbered in the order of sending; a copy made by the network is one of its own."""

    world: World
    flow: NDArray[np.int32]
    forward: NDArray[np.bool_]
    kind: NDArray[np.str_]
    origin: NDArray[np.int16]
    """Hop where it came into being: -1 = client host, N - 1 = server host, else injected or copied there."""
    copy_of: NDArray[np.int64]
    """Transmission that the network duplicated; -1 = none."""
    twin: NDArray[np.int64]
    """Group of transmissions of one flow and direction that nothing but order and time tells apart, for what differs is
    rewritten on the way; -1 = unlike all others. Network copies aside (``root``)."""
    lost_hop: NDArray[np.int16]
    """Hop on which it was lost; ``NOT_LOST`` = it arrived."""
    lost_by: NDArray[np.str_]
    """``loss``, ``queue``, or the class of the box that dropped it; empty = it arrived."""
    time_ns: NDArray[np.int64]
    """Shape (transmissions, places): true time of passing, -1 = never passed."""
    seen: NDArray[np.int8]
    """Shape (transmissions, places): ``Seen``."""
    frame: NDArray[np.int64]
    """Shape (transmissions, places): first frame that holds it (1-based), 0 = none."""
    copies: NDArray[np.int64]
    """Shape (n, 3): transmission, place, frame of frames that the capture holds again (SPAN)."""
    transmission_of: tuple[NDArray[np.int64], ...]
    """Per place, per frame - 1: which transmission it holds."""
    stamp_ns: tuple[NDArray[np.int64], ...]
    """Per place, per frame - 1: the stamp."""
    acted: frozenset[tuple[int, int]]
    """(hop, number in its stretch) of boxes that edited or dropped something."""
    edits: tuple[Edit, ...]
    mappings: tuple[Mapping, ...]

    def __len__(self) -> int:
        return len(self.flow)

    @property
    def root(self) -> NDArray[np.int64]:
        """Per transmission: itself, or the one that it is a network copy of; frames of one root cannot be told apart."""
        return np.where(self.copy_of >= 0, self.copy_of, np.arange(len(self)))

    def offset_ns(self, place: int, frames: NDArray[np.int64], reference: int) -> NDArray[np.int64]:
        """Return clock of ``place`` minus clock of ``reference`` at the true times of the given frames (1-based)."""
        transmissions = self.transmission_of[place][frames - 1]
        true = self.time_ns[transmissions, place]
        mine, other = self.world.taps[place].clock, self.world.taps[reference].clock
        epoch = self.world.epoch_ns
        return np.array([mine.local(int(t), epoch) - other.local(int(t), epoch) for t in true], np.int64)

    def findings(self) -> frozenset[str]:
        """Return codes of what boxes and links really did between the outer taps; captures' faults are not among them."""
        codes = {"nat"} if any(0 <= m.hop < len(self.world.taps) - 1 for m in self.mappings) else set()
        for hop in range(len(self.world.taps) - 1):
            boxes = self.world.stretches[hop + 1].boxes
            codes |= {box.finding for at, box in enumerate(boxes) if box.finding and (hop, at) in self.acted}
        inner = (self.lost_hop >= 0) & (self.lost_hop < len(self.world.taps) - 1)
        if np.any(inner & np.isin(self.lost_by, ["loss", "queue"])):
            codes.add("loss")
        if np.any(self.kind == "injected-rst"):
            codes.add("rst-injected")
        return frozenset(codes)

    def impairments(self) -> frozenset[str]:
        """Return codes of what links did besides losing: true where they are told, and not always to be seen."""
        links = [(hop, link) for hop, s in enumerate(self.world.stretches[1:-1]) for link in (s.forward, s.reverse)]
        copied = set(self.origin[self.copy_of >= 0].tolist())
        codes = {"duplicated"} if any(link.duplicate and hop in copied for hop, link in links) else set()
        return frozenset(codes | ({"reordered"} if any(link.reorder for _, link in links) else set()))
