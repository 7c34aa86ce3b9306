"""A reader of the tables, in the words the rules use.

In: a ``Correlation`` without findings, and a function that reads raw frames again.
Out: names of hops, column values of packets at a place, frame references for evidence.
Method: every access goes through ``TrajectoryTable.rows``; places are in path order.
Not here: any judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I64, Bool
from correlate.model.clocks import UNBOUNDED
from correlate.model.correlation import Correlation
from correlate.model.findings import FrameRef
from correlate.model.path import Direction

Fetch = Callable[[int, I64], list[bytes]]
DirectionName = Literal["forward", "reverse"]

TCP_FIN, TCP_SYN, TCP_RST, TCP_ACK = 1, 2, 4, 16


@attrs.define(kw_only=True)
class View:
    """Read-only questions to one run."""

    run: Correlation
    fetch: Fetch

    @property
    def places(self) -> int:
        """How many vantages stand on the path."""
        return len(self.run.path.order)

    def name(self, place: int) -> str:
        """Return the vantage's name at a place of the path."""
        return self.run.vantages[self.run.path.order[place]].name

    def hop(self, hop: int) -> tuple[str, str]:
        """Return both names of a hop, path order."""
        return self.name(hop), self.name(hop + 1)

    def between(self, hop: int, direction: int) -> str:
        """Name a hop along the packet's travel: ``fw-int and client`` for a reverse packet."""
        first, second = self.hop(hop)
        return f"{first} and {second}" if direction >= 0 else f"{second} and {first}"

    def values(self, column: str, packets: I64, place: int) -> NDArray[Any]:
        """Return a packet column at a place; packets not seen there get the value of row 0 (mask them yourself)."""
        table = self.run.packets[self.run.path.order[place]].columns
        rows = self.run.trajectories.rows[packets, place]
        values = getattr(table, column)
        if len(values) == 0:
            return np.zeros(len(rows), values.dtype)
        picked: NDArray[Any] = values[np.maximum(rows, 0)]
        return picked

    def first_values(self, column: str, packets: I64) -> NDArray[Any]:
        """Return a packet column at the first place (along the path) that saw each packet."""
        places = self.first_place[packets]
        out: NDArray[Any] | None = None
        for place in range(self.places):
            values = self.values(column, packets, place)
            out = values.copy() if out is None else np.where(places == place, values, out)
        assert out is not None, "a run has at least one place"
        return out

    @cached_property
    def is_seen(self) -> Bool:
        """Shape (packets, places)."""
        return np.asarray(self.run.trajectories.rows >= 0, np.bool_)

    @cached_property
    def first_place(self) -> NDArray[np.int64]:
        """First place along the path (not the travel) that saw each packet."""
        return np.argmax(self.is_seen, axis=1).astype(np.int64)

    @cached_property
    def tcp_flags(self) -> NDArray[np.int64]:
        """TCP flags per packet, 0 for other protocols."""
        everyone = np.arange(len(self.run.trajectories), dtype=np.int64)
        flags = self.first_values("tcp_flags", everyone).astype(np.int64)
        return np.asarray(np.where(self.first_values("proto", everyone) == 6, flags, 0), np.int64)

    def upstream(self, hop: int, direction: int) -> int:
        """Place where a packet of this direction enters the hop."""
        return hop if direction >= 0 else hop + 1

    def downstream(self, hop: int, direction: int) -> int:
        """Place where a packet of this direction leaves the hop."""
        return hop + 1 if direction >= 0 else hop

    def ref(self, packet: int, place: int, note: str = "") -> FrameRef:
        """Return where a person finds this packet at this place; it must have been seen there."""
        vantage = self.run.path.order[place]
        row = int(self.run.trajectories.rows[packet, place])
        assert row >= 0, f"packet {packet} was not seen at {self.name(place)}: no frame to cite"
        columns = self.run.packets[vantage].columns
        has_time = int(self.run.trajectories.hi_ns[packet, place]) < UNBOUNDED
        return FrameRef(
            vantage=self.name(place),
            file=self.run.vantages[vantage].files[int(columns.file[row])].path,
            frame=int(columns.frame[row]),
            time_ns=int(self.run.trajectories.time_ns[packet, place]) if has_time or place == 0 else None,
            note=note,
        )

    def refs(self, packets: Iterable[int], *, note: str = "", limit: int = 12) -> tuple[FrameRef, ...]:
        """Return the frames of these packets at every place that saw them, at most ``limit`` of them."""
        found: list[FrameRef] = []
        for packet in packets:
            for place in range(self.places):
                if self.is_seen[packet, place] and len(found) < limit:
                    found.append(self.ref(packet, place, note))
        return tuple(found)

    def frame_text(self, packet: int, place: int) -> str:
        """Return ``fw-int #6461``."""
        return f"{self.name(place)} #{self.ref(packet, place).frame}"

    def direction_name(self, direction: int) -> DirectionName | None:
        """Return the contract's word; None for unknown."""
        if direction == Direction.FORWARD:
            return "forward"
        return "reverse" if direction == Direction.REVERSE else None

    def owner_payload(self, packet: int, place: int, *, limit: int = 64) -> bytes:
        """Return the first captured payload bytes of a packet at a place, read again from the file."""
        vantage = self.run.path.order[place]
        row = int(self.run.trajectories.rows[packet, place])
        columns = self.run.packets[vantage].columns
        data = self.fetch(vantage, np.array([row], np.int64))[0]
        start = int(columns.payload_offset[row])
        return data[start : start + min(limit, int(columns.payload_cap[row]))]
