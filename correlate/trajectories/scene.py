"""Everything a rule may look at, prepared once.

**In:** the tables of earlier stages. **Out:** :class:`Scene` (per place), :class:`Travel` (one direction).

**Method:** places are path order; *steps* count along a packet's own travel, so each rule is written once for both
directions: the hop of step ``s`` leads from step ``s`` (near) to ``s + 1`` (far).

**Not here:** rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I16, I32, I64, Bool
from correlate.model.clocks import UNBOUNDED, ClockModel
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.packets import PacketFlag, PacketTable, StopReason
from correlate.model.path import Path
from correlate.model.trajectories import TrajectoryTable
from correlate.model.vantage import Vantage
from correlate.trajectories.bounds import place_stamps
from correlate.trajectories.stretches import Stretches, find_stretches
from correlate.trajectories.travel_kernel import find_first_packets
from correlate.trajectories.worth import is_worth_a_kernel

LEAST_GAP_NS = 100_000_000
"""A shorter pause between two chained files is how they are written, not a file that is missing."""

CUT_SHARE = 0.01
"""Share of packets cut before their transport header above which a capture cannot be matched reliably."""


@attrs.frozen(kw_only=True)
class Coverage:
    """When a capture was running, on the reference clock: surely inside, surely outside, or at an edge."""

    surely_from: int
    surely_to: int
    possibly_from: int
    possibly_to: int
    is_aligned: bool
    """False: nothing bounds this vantage's clock."""
    gaps: I64
    """Shape (n, 2), reference clock: times between chained files, where a file may be missing."""


@attrs.frozen(kw_only=True, slots=False)
class Place:
    """One vantage at its place on the path."""

    packets: PacketTable
    flows: FlowTable
    vantage: Vantage
    of_flow: I32
    """Joined flow of each of its flows."""
    is_swapped: Bool
    """Per flow: its outbound packets are the joined flow's others."""
    packet_of: I32
    """Per row: the first packet it carries (row of the TrajectoryTable), -1 = a copy."""
    coverage: Coverage

    @property
    def is_complete(self) -> bool:
        """The capture counted its drops, there were none, and no filter kept anything out.

        Absent counters mean unknown, not zero.
        """
        if any(interface.capture_filter for interface in self.vantage.interfaces):
            return False
        counters = [interface.dropped for interface in self.vantage.interfaces]
        return len(counters) > 0 and all(count == 0 for count in counters)

    @cached_property
    def cuts_headers(self) -> bool:
        """Many packets are cut before their transport header ends: what seems absent may be among them."""
        columns = self.packets.columns
        is_cut = (columns.stop == StopReason.CUT_BY_CAPTURE) & ((columns.flags & PacketFlag.TRANSPORT) == 0)
        return bool(is_cut.sum() > CUT_SHARE * max(1, len(is_cut)))

    @cached_property
    def is_one_port(self) -> bool:
        """One port stands in every packet with ports: a filter on it explains why the capture holds nothing else."""
        tuples = self.packets.tuples
        is_used = np.zeros(len(tuples.sport), np.bool_)
        is_used[self.packets.columns.tuple_id] = True
        used = np.flatnonzero(is_used)
        sport, dport = tuples.sport[used], tuples.dport[used]
        has_ports = sport >= 0
        if not has_ports.all() or not len(used):
            return False
        return any(bool(((sport == port) | (dport == port)).all()) for port in (int(sport[0]), int(dport[0])))

    @cached_property
    def addresses(self) -> tuple[I64, I64]:
        """A number for each tuple's source and destination address, equal addresses alike."""
        tuples = self.packets.tuples
        every = np.ascontiguousarray(np.concatenate([tuples.src, tuples.dst])).view(np.dtype((np.void, 16))).reshape(-1)
        number = np.unique(every, return_inverse=True)[1].reshape(-1).astype(np.int64)
        return number[: len(tuples.sport)], number[len(tuples.sport) :]

    @property
    def dropped(self) -> int:
        """Frames the capture says it dropped."""
        return sum(interface.dropped or 0 for interface in self.vantage.interfaces)


@attrs.frozen(kw_only=True)
class Scene:
    """All places in path order."""

    places: tuple[Place, ...]
    clocks: ClockModel
    table: TrajectoryTable
    flow_count: int
    """Conversations: joined flows, those on either side of a proxy apart."""
    stretches: Stretches
    is_told: Bool
    """Per packet: this run tells of it; the others are another part's, and counted there."""


class FlowSums(NamedTuple):
    """What each step holds of each flow in one direction; shape (flows, steps), each column contiguous."""

    held: I64
    """Packets."""
    fresh: I64
    """Of these, how many no router has forwarded yet, as their TTL tells."""
    tuple_id: I64
    """Tuple row of the last of them at that place, -1 = none."""
    is_one_tuple: Bool
    """All of them have that tuple."""
    crossed: I32
    """Packets that the next step holds as well."""
    largest: I32
    """IP length of the largest packet that is seen beyond the step, 0 = none."""
    last_row: I32
    """Greatest row, -1 = none."""
    last_crossing: I32
    """Greatest row of a packet that is seen beyond the step, -1 = none."""


@attrs.frozen(kw_only=True)
class Travel:
    """Packets of one direction; arrays have one entry per packet, matrices one column per step (each contiguous)."""

    direction: int
    places: tuple[int, ...]
    """Place of each step."""
    packets: I64
    """Rows of the TrajectoryTable."""
    rows: I32
    held: Bool
    first: I16
    """First step that holds the packet."""
    last: I16
    flow: I64
    took_ns: int
    """Longest time between the first and the last sighting of a packet whose sightings are sure; at least 0."""
    of_flows: FlowSums

    @property
    def held_in_flow(self) -> I64:
        """Shape (flows, steps): packets of this direction that the step holds."""
        return self.of_flows.held

    @property
    def step_count(self) -> int:
        """Steps along the path."""
        return len(self.places)

    def hop(self, step: int) -> int:
        """Return the path's hop between ``step`` and ``step + 1``."""
        return min(self.places[step], self.places[step + 1])


def set_scene(  # noqa: PLR0913, PLR0917 -- one argument per table of the pipeline
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    vantages: Sequence[Vantage],
    path: Path,
    clocks: ClockModel,
    table: TrajectoryTable,
    is_told: Bool | None = None,
) -> Scene:
    """Return the scene; all sequences are in input order. ``is_told``: see ``Scene``, None = all packets are."""
    places = []
    for place, vantage in enumerate(path.order):
        places.append(
            Place(
                packets=packets[vantage],
                flows=flows[vantage],
                vantage=vantages[vantage],
                of_flow=joined.of_flow[vantage],
                is_swapped=joined.is_swapped[vantage],
                packet_of=_first_packets(table.rows, place, len(packets[vantage])),
                coverage=_coverage(vantages[vantage], packets[vantage], clocks, place),
            )
        )
    stretches = find_stretches(packets, flows, joined, path, table)
    return Scene(
        places=tuple(places),
        clocks=clocks,
        table=table,
        flow_count=stretches.conversations,
        stretches=stretches,
        is_told=np.ones(len(table), np.bool_) if is_told is None else is_told,
    )


def _first_packets(rows: I64, place: int, count: int) -> I32:
    """Return the first packet of each row of a place, -1 = none."""
    packet_of = np.full(count, -1, np.int32)
    if is_worth_a_kernel(len(rows)):
        find_first_packets(rows, place, packet_of)
        return packet_of
    # Backwards, so that the first of several packets in one frame stands.
    held = np.flatnonzero(rows[:, place] >= 0)[::-1]
    packet_of[rows[held, place]] = held
    return packet_of


def _coverage(vantage: Vantage, packets: PacketTable, clocks: ClockModel, place: int) -> Coverage:
    """Return the span between the first and the last frame; what ran before or after them is unknown."""
    if vantage.first_captured_ns is None or vantage.last_captured_ns is None:
        return Coverage(
            surely_from=UNBOUNDED,
            surely_to=-UNBOUNDED,
            possibly_from=-UNBOUNDED,
            possibly_to=UNBOUNDED,
            is_aligned=False,
            gaps=np.zeros((0, 2), np.int64),
        )
    edges = np.array([vantage.first_captured_ns, vantage.last_captured_ns], np.int64)
    if packets.has_two_clocks:  # the edges may be on the clock that ts_ns is not on
        edges = np.array([packets.columns.ts_ns.min(), packets.columns.ts_ns.max()], np.int64)
    _, lo, hi = place_stamps(edges, clocks.vantages[place])
    return Coverage(
        surely_from=int(hi[0]),
        surely_to=int(lo[1]),
        possibly_from=int(lo[0]),
        possibly_to=int(hi[1]),
        is_aligned=int(hi[0]) < UNBOUNDED and int(lo[0]) > -UNBOUNDED,
        gaps=_file_gaps(packets, clocks, place),
    )


def _file_gaps(packets: PacketTable, clocks: ClockModel, place: int) -> I64:
    """Return the pauses between one file of a chained capture and the next, on the reference clock."""
    files, stamps = packets.columns.file, packets.columns.ts_ns
    if len(files) == 0 or files.min() == files.max():
        return np.zeros((0, 2), np.int64)
    numbers = np.unique(files)
    spans = np.array([(stamps[files == n].min(), stamps[files == n].max()) for n in numbers.tolist()], np.int64)
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    ends, starts = spans[:-1, 1], spans[1:, 0]
    wide = starts - ends > LEAST_GAP_NS
    _, lo, _ = place_stamps(ends[wide], clocks.vantages[place])
    _, _, hi = place_stamps(starts[wide], clocks.vantages[place])
    return np.stack([lo, hi], axis=1).astype(np.int64)
