"""Small hand-made worlds: packets with times at each vantage, turned into model tables without any stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from correlate.model.arrays import frozen
from correlate.model.clocks import ClockModel, HopClock, OffsetCurve, VantageClock
from correlate.model.flows import FlowColumns, FlowTable, JoinedFlows
from correlate.model.frames import Interface
from correlate.model.matches import CopyColumns, MatchTable, Tier
from correlate.model.packets import PacketColumns, PacketFlag, PacketTable, QuoteColumns, TupleColumns
from correlate.model.path import Path
from correlate.model.vantage import Vantage

START_NS = 1_700_000_000_000_000_000
MS = 1_000_000
SYN, ACK, RST, FIN, PSH = 2, 16, 4, 1, 8


@attrs.define(kw_only=True)
class Seen:
    """One packet of a world: ``at`` gives its true time (ms) per vantage, None = not in that capture."""

    at: Sequence[float | None]
    flow: int = 0
    out: bool = True
    proto: int = 6
    seq: int = 0
    ack: int = 0
    length: int = 0
    tcp_flags: int = ACK
    tsval: int = 0
    tsecr: int = 0
    sack: tuple[int, int] | None = None
    ttl: Sequence[int] | None = None
    ambiguous: bool = False
    duplicate_of: int = -1
    no_time: bool = False
    ip_id: int = 0
    content: int = 0
    """Digest of its payload, of the whole and of its beginning; 0 = none of it was captured."""


@attrs.define(kw_only=True)
class World:
    packets: list[PacketTable]
    flows: list[FlowTable]
    joined: JoinedFlows
    match: MatchTable
    vantages: list[Vantage]
    path: Path
    clocks: ClockModel


def build(
    seen: Sequence[Seen],
    count: int,
    *,
    offsets_ns: Sequence[int] | None = None,
    half_width_ns: int = 100_000,
    dropped: int | None = None,
    order: Sequence[int] | None = None,
    hosts: dict[int, tuple[int, int]] | None = None,
    initiators: dict[int, int] | None = None,
    window_ms: dict[int, tuple[float, float]] | None = None,
    capture_filter: str = "",
    quotes: Sequence[tuple[int, int]] = (),
    kinds: dict[int, Any] | None = None,
) -> World:
    """Return the tables of ``count`` vantages.

    ``quotes`` are (index of the ICMP error in ``seen``, IP ID of the quoted packet of flow 0).
    """
    offsets = list(offsets_ns or [0] * count)
    flow_count = 1 + max((packet.flow for packet in seen), default=0)
    matrix = np.full((len(seen), count), -1, np.int64)
    tables, flow_tables, vantages = [], [], []
    for vantage in range(count):
        held = [i for i, packet in enumerate(seen) if packet.at[vantage] is not None]
        held.sort(key=lambda i: seen[i].at[vantage])
        for row, index in enumerate(held):
            matrix[index, vantage] = row
        tables.append(
            _packets([seen[i] for i in held], held, vantage, offsets[vantage], flow_count, hosts or {}, quotes)
        )
        flow_tables.append(_flows([seen[i] for i in held], flow_count))
        stamps = tables[-1].columns.ts_ns
        first, last = (int(stamps.min()), int(stamps.max())) if len(stamps) else (None, None)
        if window_ms and vantage in window_ms:
            first, last = (START_NS + int(ms * MS) + offsets[vantage] for ms in window_ms[vantage])
        interface = Interface(link_type=1, snaplen=0, dropped=dropped, capture_filter=capture_filter)
        kind = (kinds or {}).get(vantage, "unknown")
        vantages.append(
            Vantage(
                name=f"v{vantage}",
                files=(),
                interfaces=(interface,),
                frames=len(held),
                first_captured_ns=first,
                last_captured_ns=last,
                tick_ns=1,
                kind=kind,
            )
        )
    placed = tuple(order if order is not None else range(count))
    match = MatchTable(
        rows=frozen(matrix),
        flow=frozen([p.flow for p in seen], np.int32),
        is_outbound=frozen([p.out for p in seen], np.bool_),
        tier=frozen(np.where((matrix >= 0).sum(1) > 1, Tier.EXACT, Tier.ALONE), np.int8),
        is_ambiguous=frozen([p.ambiguous for p in seen], np.bool_),
        copies=CopyColumns(np.zeros(0, np.int64), np.zeros(0, np.int16), np.zeros(0, np.int64)),
        network_duplicate_of=frozen([p.duplicate_of for p in seen], np.int64),
        incomplete_fragments=tuple(np.zeros(len(t), np.bool_) for t in tables),
    )
    joined = JoinedFlows(
        of_flow=tuple(frozen(np.arange(flow_count), np.int32) for _ in range(count)),
        member=frozen(np.tile(np.arange(flow_count)[:, None], (1, count)), np.int32),
        is_swapped=tuple(np.zeros(flow_count, np.bool_) for _ in range(count)),
        proto=np.full(flow_count, 6, np.uint8),
    )
    path = Path(
        order=placed,
        unplaced=tuple(v for v in range(count) if v not in placed),
        flow_direction=frozen([(initiators or {}).get(f, 1) for f in range(flow_count)], np.int8),
        is_inferred=True,
        contradicts_given=False,
        evidence=(),
    )
    clocks = make_clocks([offsets[v] for v in placed], placed, half_width_ns)
    return World(
        packets=tables, flows=flow_tables, joined=joined, match=match, vantages=vantages, path=path, clocks=clocks
    )


def make_clocks(offsets: Sequence[int], placed: Sequence[int], half_width_ns: int | None) -> ClockModel:
    """Return constant offsets, each known to within ``half_width_ns``; None = nothing is known."""
    hops = tuple(
        HopClock(
            base_ns=offsets[h + 1] - offsets[h],
            curve=_curve(half_width_ns),
            pieces=(),
            steps=(),
            skew_ppb=0,
            skew_lo_ppb=0,
            skew_hi_ppb=0,
            samples_forward=1,
            samples_reverse=1,
            min_two_way_ns=None,
            violation_ns=0,
            constant_violation_ns=0,
            grade="proven",
        )
        for h in range(len(offsets) - 1)
    )
    clocks = tuple(
        VantageClock(
            vantage=placed[place],
            base_ns=offset - offsets[0],
            curve=_curve(0 if place == 0 else half_width_ns),
            skew_ppb=0,
            skew_lo_ppb=0,
            skew_hi_ppb=0,
            steps=(),
            pieces=(),
            samples_forward=1,
            samples_reverse=1,
            evidence_age_ns=0,
            extrapolated=False,
            tier="symmetric",
            grade="proven",
        )
        for place, offset in enumerate(offsets)
    )
    return ClockModel(reference=placed[0] if placed else 0, hops=hops, vantages=clocks)


def _curve(half_width_ns: int | None) -> OffsetCurve:
    none = np.zeros(0)
    if half_width_ns is None:
        return OffsetCurve(at_ns=np.zeros(0, np.int64), lo=none, hi=none, estimate=none)
    at = np.array([START_NS - 10**18, START_NS + 10**18], np.int64)
    flat = np.ones(2)
    return OffsetCurve(at_ns=at, lo=-half_width_ns * flat, hi=half_width_ns * flat, estimate=0 * flat)


def _packets(
    seen: list[Seen],
    held: list[int],
    vantage: int,
    offset: int,
    flow_count: int,
    hosts: dict[int, tuple[int, int]],
    quotes: Sequence[tuple[int, int]],
) -> PacketTable:
    n = len(seen)

    def column(values: Any, dtype: Any = np.int64) -> Any:
        return frozen(list(values), dtype)

    zero = {name: np.zeros(n, _dtype(name)) for name in PacketColumns._fields}
    zero.update(
        ts_ns=column(START_NS + round((p.at[vantage] or 0) * MS) + offset for p in seen),
        frame=column(range(1, n + 1)),
        tuple_id=column((2 * p.flow + (not p.out) for p in seen), np.int32),
        proto=column((p.proto for p in seen), np.uint8),
        flags=column((_flags(p) for p in seen), np.uint32),
        ip_len=column((40 + p.length for p in seen), np.int32),
        payload_len=column((p.length for p in seen), np.int32),
        payload_cap=column((p.length if p.content else 0 for p in seen), np.int32),
        digest=column(p.content for p in seen),
        head_digest=column(p.content for p in seen),
        seq=column((p.seq % 2**32 for p in seen), np.uint32),
        ack=column((p.ack % 2**32 for p in seen), np.uint32),
        tcp_flags=column((p.tcp_flags for p in seen), np.uint16),
        tsval=column((p.tsval for p in seen), np.uint32),
        tsecr=column((p.tsecr for p in seen), np.uint32),
        sack_left=column(((p.sack or (0, 0))[0] for p in seen), np.uint32),
        sack_right=column(((p.sack or (0, 0))[1] for p in seen), np.uint32),
        ttl=column(((p.ttl[vantage] if p.ttl else 60) for p in seen), np.uint8),
        ip_id=column((p.ip_id for p in seen), np.uint32),
    )
    here = [(held.index(error), quoted) for error, quoted in quotes if error in held]
    return PacketTable(
        columns=PacketColumns(**{name: frozen(values) for name, values in zero.items()}),
        tuples=_tuples(flow_count, hosts),
        quotes=QuoteColumns(
            row=column(row for row, _ in here),
            tuple_id=np.zeros(len(here), np.int32),
            ip_id=column(q for _, q in here),
            ip_len=np.zeros(len(here), np.int32),
            ttl=np.zeros(len(here), np.uint8),
            seq=np.full(len(here), -1, np.int64),
            l4_csum=np.full(len(here), -1, np.int32),
            payload_sum=np.full(len(here), -1, np.int32),
        ),
    )


def _dtype(name: str) -> Any:
    kinds = {"I64": np.int64, "I32": np.int32, "I16": np.int16, "U32": np.uint32, "U16": np.uint16, "U8": np.uint8}
    return next(kind for word, kind in kinds.items() if word in str(PacketColumns.__annotations__[name]))


def _flags(packet: Seen) -> int:
    flags = int(PacketFlag.TRANSPORT | PacketFlag.HAS_IP_ID)
    flags |= int(PacketFlag.HAS_TS) if packet.tsval else 0
    flags |= int(PacketFlag.HAS_SACK) if packet.sack else 0
    return flags | (int(PacketFlag.NO_TIME) if packet.no_time else 0)


def _tuples(flow_count: int, hosts: dict[int, tuple[int, int]]) -> TupleColumns:
    src = np.zeros((2 * flow_count, 16), np.uint8)
    dst = np.zeros((2 * flow_count, 16), np.uint8)
    for flow in range(flow_count):
        a, b = hosts.get(flow, (1, 2))
        src[2 * flow, 15] = dst[2 * flow + 1, 15] = a
        dst[2 * flow, 15] = src[2 * flow + 1, 15] = b
    ports = np.arange(2 * flow_count, dtype=np.int32)
    return TupleColumns(
        src=frozen(src),
        dst=frozen(dst),
        sport=frozen(ports),
        dport=frozen(ports),
        proto=np.full(2 * flow_count, 6, np.uint8),
        version=np.full(2 * flow_count, 4, np.uint8),
    )


def _flows(seen: list[Seen], flow_count: int) -> FlowTable:
    ids = np.arange(flow_count)
    zero = np.zeros(flow_count, np.int64)
    return FlowTable(
        columns=FlowColumns(
            tuple_out=frozen(2 * ids, np.int32),
            tuple_back=frozen(2 * ids + 1, np.int32),
            proto=np.full(flow_count, 6, np.uint8),
            packets=zero,
            bytes=zero,
            first_ns=zero,
            last_ns=zero,
            isn_out=zero,
            isn_back=zero,
            has_known_initiator=np.ones(flow_count, np.bool_),
        ),
        of_packet=frozen([p.flow for p in seen], np.int32),
        is_outbound=frozen([p.out for p in seen], np.bool_),
    )
