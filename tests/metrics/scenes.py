"""Hand-built scenes: frames at every place and which of them are one packet; no matching, no clocks."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from correlate.dissect import TupleInterner, dissect_frames, gather
from correlate.flows import group_flows
from correlate.metrics import find_mutations, measure
from correlate.model.arrays import I64
from correlate.model.clocks import UNBOUNDED, ClockModel
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.frames import FrameChunk, FrameColumns, Interface
from correlate.model.packets import PacketTable
from correlate.model.path import Path
from correlate.model.trajectories import NO_DELAY, Fate, FateColumns, FateGrade, Reason, TrajectoryTable

MS = 1_000_000


@attrs.frozen(kw_only=True)
class Seen:
    """One packet: its row at every place (None = not seen) and its way."""

    rows: tuple[int | None, ...]
    direction: int = 1
    flow: int = 0
    outbound: bool | None = None
    """None: forward packets are outbound."""
    is_ambiguous: bool = False
    duplicate_of: int = -1
    paired: bool = True


@attrs.frozen(kw_only=True)
class Scene:
    """Tables as the stages before would leave them."""

    packets: list[PacketTable]
    frames: list[list[bytes]]
    path: Path
    trajectories: TrajectoryTable

    def fetch(self, vantage: int, rows: I64) -> list[bytes]:
        """Frames again, as the pipeline gives them."""
        return [self.frames[vantage][row] for row in rows.tolist()]

    def flows(self) -> list[FlowTable]:
        """Flows of every vantage."""
        return [group_flows(table) for table in self.packets]

    def joined(self) -> JoinedFlows:
        """Flow 0 of every vantage is joined flow 0, and so on."""
        tables = self.flows()
        most = max(len(table) for table in tables)
        number = np.arange(most, dtype=np.int32)
        return JoinedFlows(
            of_flow=tuple(number[: len(table)] for table in tables),
            member=np.stack([np.where(number < len(table), number, -1) for table in tables], axis=1).astype(np.int32),
            is_swapped=tuple(np.zeros(len(table), np.bool_) for table in tables),
            proto=max(tables, key=len).columns.proto,
        )

    def changes(self) -> list[dict[str, Any]]:
        """Every mutation row as a dictionary."""
        return list(self.rows_of(find_mutations(self.packets, self.joined(), self.path, self.trajectories, self.fetch)))

    def rows_of(self, table):
        """Yield mutation rows with texts."""
        for packet, hop, field, kind, expected, before, after in zip(*table.columns, strict=True):
            yield {
                "packet": int(packet),
                "hop": int(hop),
                "field": table.fields[field],
                "kind": ("changed", "added", "removed", "corrupted")[kind],
                "expected": bool(expected),
                "before": table.text(int(field), int(before)),
                "after": table.text(int(field), int(after)),
            }

    def news(self) -> list[tuple[str, str | None, str | None]]:
        """(field, before, after) of what is not expected."""
        return [(row["field"], row["before"], row["after"]) for row in self.changes() if not row["expected"]]

    def clocks(self) -> ClockModel:
        """Nothing known of any clock."""
        return ClockModel(reference=0, hops=(), vantages=())

    def fates(self, **owd: tuple[int, int, int]) -> FateColumns:
        """Delivered wherever both ends of a hop saw the packet, else ambiguous where the upstream end did."""
        rows, hops, fates = [], [], []
        seen = self.trajectories.rows >= 0
        for packet in range(len(self.trajectories)):
            forward = self.trajectories.direction[packet] >= 0
            for hop in range(self.path.hop_count):
                up, down = (hop, hop + 1) if forward else (hop + 1, hop)
                if seen[packet, up]:
                    rows.append(packet)
                    hops.append(hop)
                    fates.append(Fate.DELIVERED if seen[packet, down] else Fate.AMBIGUOUS)
        size = len(rows)
        return FateColumns(
            packet=np.array(rows, np.int64),
            hop=np.array(hops, np.int16),
            fate=np.array(fates, np.int8),
            grade=np.full(size, FateGrade.PROVEN, np.int8),
            reason=np.full(size, Reason.SEEN, np.int8),
            owd_ns=np.full(size, NO_DELAY, np.int64),
            owd_lo_ns=np.full(size, NO_DELAY, np.int64),
            owd_hi_ns=np.full(size, NO_DELAY, np.int64),
            witness=np.full(size, -1, np.int64),
        )

    def figures(self, fates: FateColumns | None = None):
        """Everything ``measure`` says."""
        mutations = find_mutations(self.packets, self.joined(), self.path, self.trajectories, self.fetch)
        fates = fates if fates is not None else self.fates()
        return measure(
            self.packets, self.flows(), self.joined(), self.path, self.clocks(), self.trajectories, fates, mutations
        )


def table_of(frames: list[bytes], stamps: list[int], *, snaplen: int = 65535) -> PacketTable:
    """Dissect frames; longer ones are cut to ``snaplen`` as a capture would."""
    cut = [frame[:snaplen] for frame in frames]
    lengths = np.array([len(frame) for frame in cut], np.int32)
    chunk = FrameChunk(
        data=np.frombuffer(b"".join(cut), np.uint8),
        columns=FrameColumns(
            offset=np.cumsum(lengths, dtype=np.int64) - lengths,
            cap_len=lengths,
            wire_len=np.array([len(frame) for frame in frames], np.int32),
            ts_ns=np.array(stamps, np.int64),
            interface=np.zeros(len(frames), np.int32),
        ),
        interfaces=(Interface(link_type=1, snaplen=snaplen),),
        first_frame=1,
        bytes_read=int(lengths.sum()),
    )
    tuples = TupleInterner()
    table = gather([dissect_frames(chunk, tuples, 0)], tuples)
    assert len(table) == len(frames), "every frame of a scene is a packet"
    return table


def scene(places: list[list[tuple[int, bytes]]], seen: list[Seen], *, snaplens: tuple[int, ...] = ()) -> Scene:
    """Build a scene from (stamp, frame) lists per place and the packets they are."""
    limits = snaplens or (65535,) * len(places)
    tables = [
        table_of([frame for _, frame in place], [stamp for stamp, _ in place], snaplen=limit)
        for place, limit in zip(places, limits, strict=True)
    ]
    rows = np.array([[-1 if row is None else row for row in packet.rows] for packet in seen], np.int64)
    rows = rows.reshape(len(seen), len(places))
    flows = max((len(group_flows(table)) for table in tables), default=0)
    direction = np.array([packet.direction for packet in seen], np.int8)
    outbound = [packet.direction > 0 if packet.outbound is None else packet.outbound for packet in seen]
    nothing = np.zeros(0, np.int64)
    return Scene(
        packets=tables,
        frames=[[frame[:limit] for _, frame in place] for place, limit in zip(places, limits, strict=True)],
        path=Path(
            order=tuple(range(len(places))),
            unplaced=(),
            flow_direction=np.ones(flows, np.int8),
            is_inferred=True,
            contradicts_given=False,
            evidence=(),
        ),
        trajectories=TrajectoryTable(
            rows=rows,
            match_packet=np.arange(len(seen), dtype=np.int64),
            flow=np.array([packet.flow for packet in seen], np.int32),
            direction=direction,
            is_outbound=np.array(outbound, np.bool_),
            tier=np.zeros(len(seen), np.int8),
            is_ambiguous=np.array([packet.is_ambiguous for packet in seen], np.bool_),
            time_ns=np.zeros(rows.shape, np.int64),
            lo_ns=np.full(rows.shape, -UNBOUNDED),
            hi_ns=np.full(rows.shape, UNBOUNDED),
            copies=(nothing, nothing.astype(np.int16), nothing),
            duplicate_of=np.array([packet.duplicate_of for packet in seen], np.int64),
            is_paired_stamp=np.broadcast_to(
                np.array([[packet.paired] for packet in seen], np.bool_).reshape(len(seen), 1), rows.shape
            ).copy(),
        ),
    )


def one_packet(before: bytes, after: bytes, **how: Any) -> Scene:
    """A single forward packet seen at two places."""
    snaplens = how.pop("snaplens", ())
    return scene([[(0, before)], [(MS, after)]], [Seen(rows=(0, 0), **how)], snaplens=snaplens)


def tcp(
    *, src="10.0.0.1", dst="198.51.100.9", sport=40000, dport=443, ttl=64, data=b"", ip=None, **fields: Any
) -> bytes:
    """An Ethernet frame with a TCP segment, checksums right, padded to the least frame."""
    packet = IP(src=src, dst=dst, ttl=ttl, **(ip or {})) / TCP(sport=sport, dport=dport, **fields)
    return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / (packet / Raw(data) if data else packet))


def udp(*, src="10.0.0.1", dst="198.51.100.9", sport=40000, dport=53, ttl=64, data=b"", **fields: Any) -> bytes:
    """An Ethernet frame with a UDP datagram."""
    packet = IP(src=src, dst=dst, ttl=ttl) / UDP(sport=sport, dport=dport, **fields) / Raw(data)
    return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet)
