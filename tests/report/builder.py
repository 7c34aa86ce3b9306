"""Hand-built results: a list of packets and where each was seen becomes a ``Correlation``.

No stage runs: tables are filled directly, so the reports are tested against the model alone.
"""

from __future__ import annotations

import socket
from typing import Any

import attrs
import numpy as np

from correlate.model.arrays import freeze, frozen
from correlate.model.clocks import UNBOUNDED, ClockModel, HopClock, OffsetCurve, VantageClock
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding, FrameRef
from correlate.model.flows import FlowColumns, FlowTable, JoinedFlows
from correlate.model.frames import CaptureFile, Interface, Problem
from correlate.model.ledger import Ledger
from correlate.model.matches import CopyColumns, MatchTable
from correlate.model.metrics import (
    DirectionMetrics,
    ExchangeTable,
    HopMetrics,
    HostMetrics,
    MetricsTable,
    OneWayDelay,
    Quantiles,
    TranslationGroup,
)
from correlate.model.mutations import MutationColumns, MutationKind, MutationTable
from correlate.model.packets import (
    ChecksumState,
    PacketColumns,
    PacketFlag,
    PacketTable,
    QuoteColumns,
    TupleColumns,
)
from correlate.model.path import Direction, Path
from correlate.model.trajectories import NO_DELAY, Fate, FateColumns, FateGrade, Reason, TrajectoryTable
from correlate.model.vantage import Vantage

DTYPES = {
    "ts_ns": "i8", "frame": "i8", "file": "i2", "interface": "i4", "cap_len": "i4", "wire_len": "i4",
    "l3_offset": "u2", "payload_offset": "u2", "vlan": "i4", "link_hash": "u4", "tuple_id": "i4", "proto": "u1",
    "flags": "u4", "stop": "u1", "len_owner": "u1", "ip_len": "i4", "ip_id": "u4", "ttl": "u1", "tos": "u1",
    "frag_offset": "u2", "flow_label": "u4", "ip_csum": "u2", "ip_options": "u4", "l4_csum": "u2",
    "l4_csum_state": "u1", "payload_len": "i4", "payload_cap": "i4", "payload_sum": "u2", "digest": "i8",
    "head_digest": "i8", "seq": "u4", "ack": "u4", "tcp_flags": "u2", "window": "u2", "urgent": "u2", "tsval": "u4",
    "tsecr": "u4", "mss": "u2", "wscale": "u1", "sack_count": "u1", "sack_left": "u4", "sack_right": "u4",
    "options": "u4", "mapping": "u4", "icmp_type": "u1", "icmp_code": "u1", "tunnel": "i4", "tunnel_bytes": "u2", "outer_ttl": "u1",
    "outer_tos": "u1", "outer_id": "u2",
}  # fmt: skip
SYN, ACK, RST, PSH = 2, 16, 4, 8
MS = 1_000_000
EPOCH = 1_335_876_272_000_000_000


@attrs.frozen(kw_only=True)
class Seen:
    """One packet: its flow, its way, its fields, and where it was seen (vantage index -> time on reference, frame)."""

    flow: int
    outbound: bool
    at: dict[int, tuple[int, int]]
    fields: dict[str, Any]
    there: dict[int, dict[str, Any]] = attrs.field(factory=dict)
    """Fields that differ at one vantage."""
    copies: tuple[tuple[int, int, int], ...] = ()
    """(vantage, time, frame) of further sightings."""
    fates: tuple[tuple[int, Fate, FateGrade, Reason], ...] = ()
    """(hop, fate, grade, reason); hops not named are delivered where both ends saw it."""
    duplicate_of: int = -1


@attrs.frozen(kw_only=True)
class Talk:
    """A joined flow: protocol and (src, sport, dst, dport) per vantage, initiator first."""

    proto: int
    tuples: dict[int, tuple[str, int, str, int]]
    direction: Direction = Direction.FORWARD


@attrs.frozen(kw_only=True)
class Change:
    """One mutation."""

    packet: int
    hop: int
    field: str
    before: Any
    after: Any
    expected: bool = False
    kind: MutationKind = MutationKind.CHANGED


CODECS = {
    "tcp.payload": "text", "ip.src": "text", "ip.dst": "text", "tcp.checksum": "hex4", "ip.checksum": "hex4",
    "ip.id": "hex4", "ip.flags.df": "bool",
}  # fmt: skip


def packed(address: str) -> list[int]:
    if ":" in address:
        return list(socket.inet_pton(socket.AF_INET6, address))
    return [0] * 12 + list(socket.inet_aton(address))


def build(
    names: list[str],
    talks: list[Talk],
    seen: list[Seen],
    *,
    changes: list[Change] | None = None,
    findings: tuple[Finding, ...] = (),
    offsets: list[int] | None = None,
    half_width: int | None = 40_000,
    translations: tuple[TranslationGroup, ...] = (),
    notes: tuple[str, ...] = (),
    unplaced: tuple[int, ...] = (),
    problems: dict[int, tuple[Problem, ...]] | None = None,
    files: int = 1,
    exchanges: list[tuple[int, int, list[int]]] | None = None,
) -> Correlation:
    """Return the Correlation; ``offsets`` are vantage minus reference (vantage 0), ``half_width`` of every bound."""
    count = len(names)
    offsets = offsets or [0] * count
    order = tuple(v for v in range(count) if v not in unplaced)
    tables, rows, copies, tuple_ids = _packet_tables(names, talks, seen, offsets, files)
    flows, member = _flow_tables(talks, tables, tuple_ids, seen, rows, count)
    direction = np.array([talks[p.flow].direction * (1 if p.outbound else -1) for p in seen], np.int8)
    time_ns = np.zeros((len(seen), len(order)), np.int64)
    for index, packet in enumerate(seen):
        for place, vantage in enumerate(order):
            if vantage in packet.at:
                time_ns[index, place] = EPOCH + packet.at[vantage][0]
    placed = rows[:, list(order)]
    slack = np.array([0 if v == 0 else (half_width or 0) for v in order])
    is_free = half_width is None
    lo = np.where(placed >= 0, time_ns - slack, 0)
    hi = np.where(placed >= 0, time_ns + slack, 0)
    if is_free:
        lo[:, 1:], hi[:, 1:] = -UNBOUNDED, UNBOUNDED
    match = MatchTable(
        rows=frozen(rows),
        flow=frozen([p.flow for p in seen], np.int32),
        is_outbound=frozen([p.outbound for p in seen], np.bool_),
        tier=frozen(np.zeros(len(seen)), np.int8),
        is_ambiguous=frozen(np.zeros(len(seen)), np.bool_),
        copies=CopyColumns(
            packet=frozen([c[0] for c in copies], np.int64),
            vantage=frozen([c[1] for c in copies], np.int16),
            row=frozen([c[2] for c in copies], np.int64),
        ),
        network_duplicate_of=frozen([p.duplicate_of for p in seen], np.int64),
        incomplete_fragments=tuple(frozen(np.zeros(len(t)), np.bool_) for t in tables),
    )
    trajectories = TrajectoryTable(
        rows=frozen(placed),
        match_packet=frozen(np.arange(len(seen)), np.int64),
        flow=match.flow,
        direction=frozen(direction),
        is_outbound=match.is_outbound,
        tier=match.tier,
        is_ambiguous=match.is_ambiguous,
        time_ns=frozen(time_ns),
        lo_ns=frozen(lo),
        hi_ns=frozen(hi),
        copies=(
            frozen([c[0] for c in copies if c[1] in order], np.int64),
            frozen([order.index(c[1]) for c in copies if c[1] in order], np.int16),
            frozen([c[2] for c in copies if c[1] in order], np.int64),
        ),
        duplicate_of=match.network_duplicate_of,
        is_paired_stamp=frozen(np.ones(placed.shape), np.bool_),
    )
    fates = _fates(seen, order, placed, time_ns, direction, half_width)
    mutations = _mutations(changes or [])
    clocks = _clocks(order, offsets, half_width, notes)
    vantages = tuple(
        Vantage(
            name=name,
            files=tuple(
                CaptureFile(path=f"{name}{'' if files == 1 else n}.pcap", frames=len(tables[v]), bytes=1000)
                for n in range(files)
            ),
            interfaces=(Interface(link_type=1, snaplen=0),),
            frames=len(tables[v]),
            first_captured_ns=int(tables[v].columns.ts_ns.min()) if len(tables[v]) else None,
            last_captured_ns=int(tables[v].columns.ts_ns.max()) if len(tables[v]) else None,
            tick_ns=1000,
            problems=(problems or {}).get(v, ()),
        )
        for v, name in enumerate(names)
    )
    return Correlation(
        vantages=vantages,
        packets=tuple(tables),
        flows=tuple(flows),
        joined=JoinedFlows(
            of_flow=tuple(frozen(np.flatnonzero(member[:, v] >= 0), np.int32) for v in range(count)),
            member=frozen(member, np.int32),
            is_swapped=tuple(frozen(np.zeros(len(f)), np.bool_) for f in flows),
            proto=frozen([t.proto for t in talks], np.uint8),
        ),
        match=match,
        path=Path(
            order=order,
            unplaced=unplaced,
            flow_direction=frozen([t.direction for t in talks], np.int8),
            is_inferred=True,
            contradicts_given=False,
            evidence=(),
        ),
        clocks=clocks,
        trajectories=trajectories,
        fates=fates,
        mutations=mutations,
        metrics=_metrics(order, trajectories, fates, mutations, half_width, translations, exchanges),
        findings=findings,
        ledgers=tuple(
            Ledger(
                read=len(t),
                matched=int(len(t) - sum(1 for c in copies if c[1] == v)),
                copy=sum(1 for c in copies if c[1] == v),
            )
            for v, t in enumerate(tables)
        ),
        options={"order": "inferred", "reference": None, "kinds": {}, "sha256": False},
        captures={name: (f"{name}.pcap",) for name in names},
    )


def _packet_tables(names, talks, seen, offsets, files):
    tables, copies = [], []
    rows = np.full((len(seen), len(names)), -1, np.int64)
    tuple_ids: list[dict[tuple[int, bool], int]] = []
    for vantage in range(len(names)):
        ids: dict[tuple[int, bool], int] = {}
        columns: dict[str, list[int]] = {name: [] for name in DTYPES}
        tuples: list[tuple[int, str, int, str, int]] = []
        sightings = []
        for index, packet in enumerate(seen):
            if vantage in packet.at:
                sightings.append((*packet.at[vantage], index, False))
            sightings += [(t, f, index, True) for v, t, f in packet.copies if v == vantage]
        for time, frame, index, is_copy in sorted(sightings, key=lambda s: s[1]):
            packet = seen[index]
            talk = talks[packet.flow]
            key = (packet.flow, packet.outbound)
            if key not in ids:
                src, sport, dst, dport = talk.tuples[vantage]
                ids[key] = len(tuples)
                tuples.append(
                    (talk.proto, src, sport, dst, dport) if packet.outbound else (talk.proto, dst, dport, src, sport)
                )
            values = dict.fromkeys(DTYPES, 0) | {
                "ts_ns": EPOCH + time + offsets[vantage],
                "frame": frame,
                "tuple_id": ids[key],
                "proto": talk.proto,
                "vlan": -1,
                "flags": int(PacketFlag.TRANSPORT | PacketFlag.HAS_IP_ID),
                "l4_csum_state": ChecksumState.GOOD,
                "ttl": 64,
                "ip_len": 40,
                "file": frame % files,
            }
            values |= packet.fields | packet.there.get(vantage, {})
            row = len(columns["ts_ns"])
            for name, value in values.items():
                columns[name].append(int(value))
            if is_copy:
                copies.append((index, vantage, row))
            else:
                rows[index, vantage] = row
        tables.append(
            PacketTable(
                columns=freeze(PacketColumns(**{n: np.array(c, DTYPES[n]) for n, c in columns.items()})),
                tuples=TupleColumns(
                    src=frozen(np.array([packed(t[1]) for t in tuples], np.uint8).reshape(-1, 16)),
                    dst=frozen(np.array([packed(t[3]) for t in tuples], np.uint8).reshape(-1, 16)),
                    sport=frozen([t[2] for t in tuples], np.int32),
                    dport=frozen([t[4] for t in tuples], np.int32),
                    proto=frozen([t[0] for t in tuples], np.uint8),
                    version=frozen([6 if ":" in t[1] else 4 for t in tuples], np.uint8),
                ),
                quotes=QuoteColumns(*(frozen([], d) for d in ("i8", "i4", "i8", "i4", "u1", "i8", "i4", "i4"))),
            )
        )
        tuple_ids.append(ids)
    return tables, rows, copies, tuple_ids


def _flow_tables(talks, tables, tuple_ids, seen, rows, count):
    member = np.full((len(talks), count), -1, np.int32)
    flows = []
    for vantage in range(count):
        here = [f for f in range(len(talks)) if any(key[0] == f for key in tuple_ids[vantage])]
        for row, flow in enumerate(here):
            member[flow, vantage] = row
        columns = tables[vantage].columns
        of_tuple = {tuple_id: key for key, tuple_id in tuple_ids[vantage].items()}
        of_packet = np.array([here.index(of_tuple[int(t)][0]) for t in columns.tuple_id], np.int32)
        n = len(here)
        flows.append(
            FlowTable(
                columns=FlowColumns(
                    tuple_out=frozen([tuple_ids[vantage].get((f, True), -1) for f in here], np.int32),
                    tuple_back=frozen([tuple_ids[vantage].get((f, False), -1) for f in here], np.int32),
                    proto=frozen([talks[f].proto for f in here], np.uint8),
                    packets=frozen(np.bincount(of_packet, minlength=n), np.int64),
                    bytes=frozen(np.bincount(of_packet, weights=columns.ip_len, minlength=n), np.int64),
                    first_ns=frozen(np.zeros(n), np.int64),
                    last_ns=frozen(np.zeros(n), np.int64),
                    isn_out=frozen(np.full(n, -1), np.int64),
                    isn_back=frozen(np.full(n, -1), np.int64),
                    has_known_initiator=frozen(np.ones(n), np.bool_),
                ),
                of_packet=frozen(of_packet),
                is_outbound=frozen([of_tuple[int(t)][1] for t in columns.tuple_id], np.bool_),
            )
        )
    return flows, member


def _fates(seen, order, placed, time_ns, direction, half_width):
    out = []
    for index, packet in enumerate(seen):
        told = {hop: rest for hop, *rest in packet.fates}
        for hop in range(len(order) - 1):
            both = placed[index, hop] >= 0 and placed[index, hop + 1] >= 0
            if hop in told:
                fate, grade, reason = told[hop]
                out.append((index, hop, fate, grade, reason, NO_DELAY, NO_DELAY, NO_DELAY, -1))
            elif both:
                owd = int((time_ns[index, hop + 1] - time_ns[index, hop]) * direction[index])
                bounds = (-UNBOUNDED, UNBOUNDED) if half_width is None else (owd - half_width, owd + half_width)
                out.append((index, hop, Fate.DELIVERED, FateGrade.PROVEN, Reason.SEEN, owd, *bounds, -1))
    kinds = (np.int64, np.int16, np.int8, np.int8, np.int8, np.int64, np.int64, np.int64, np.int64)
    return FateColumns(*(frozen([row[i] for row in out], kind) for i, kind in enumerate(kinds)))


def _mutations(changes):
    changes = sorted(changes, key=lambda c: (c.packet, c.hop))
    fields = sorted({c.field for c in changes})
    codecs = tuple(CODECS.get(f, "dec") for f in fields)
    texts: list[str] = []

    def value(change, raw):
        if raw is None:
            return -1
        if CODECS.get(change.field) == "text":
            if raw not in texts:
                texts.append(raw)
            return texts.index(raw)
        return int(raw)

    return MutationTable(
        odd=MutationColumns(
            packet=frozen([c.packet for c in changes], np.int64),
            hop=frozen([c.hop for c in changes], np.int16),
            field=frozen([fields.index(c.field) for c in changes], np.int16),
            kind=frozen([c.kind for c in changes], np.int8),
            expected=frozen([c.expected for c in changes], np.bool_),
            before=frozen([value(c, c.before) for c in changes], np.int64),
            after=frozen([value(c, c.after) for c in changes], np.int64),
        ),
        fields=tuple(fields),
        codecs=codecs,
        texts=tuple(texts),
    )


def _clocks(order, offsets, half_width, notes):
    def curve(slack, base):
        return OffsetCurve(
            at_ns=frozen([EPOCH + base], np.int64),
            lo=frozen([-slack], np.float64),
            hi=frozen([slack], np.float64),
            estimate=frozen([0.0], np.float64),
        )

    infinite = float("inf")
    slack = infinite if half_width is None else float(half_width)
    hops = tuple(
        HopClock(
            base_ns=offsets[order[h + 1]] - offsets[order[h]],
            curve=curve(slack, offsets[order[h]]),
            pieces=(),
            steps=(),
            skew_ppb=0,
            skew_lo_ppb=None,
            skew_hi_ppb=None,
            samples_forward=5,
            samples_reverse=4,
            min_two_way_ns=80_000,
            violation_ns=0,
            constant_violation_ns=0,
            grade="proven",
            notes=notes if h == 0 else (),
        )
        for h in range(len(order) - 1)
    )
    vantages = tuple(
        VantageClock(
            vantage=v,
            base_ns=offsets[v],
            curve=curve(0.0 if v == 0 else slack, offsets[v]),
            skew_ppb=0,
            skew_lo_ppb=0 if v == 0 else None,
            skew_hi_ppb=0 if v == 0 else None,
            steps=(),
            pieces=(),
            samples_forward=5,
            samples_reverse=4,
            evidence_age_ns=0,
            extrapolated=False,
            tier="symmetric",
            grade="proven",
        )
        for v in order
    )
    return ClockModel(reference=0, hops=hops, vantages=vantages)


def quantiles(values) -> Quantiles | None:
    if len(values) == 0:
        return None
    p = [int(np.quantile(values, q)) for q in (0, 0.5, 0.95, 0.99, 1)]
    return Quantiles(min=p[0], p50=p[1], p95=p[2], p99=p[3], max=p[4], count=len(values))


def _metrics(order, trajectories, fates, mutations, half_width, translations, exchanges):
    unexpected = mutations.columns.packet[~mutations.columns.expected]
    on_hop = mutations.columns.hop[~mutations.columns.expected]

    def direction_metrics(hop, sign):
        mask = (fates.hop == hop) & (trajectories.direction[fates.packet] == sign)
        fate = fates.fate[mask]
        owd = fates.owd_ns[mask & (fates.owd_ns != NO_DELAY)]
        figures = quantiles(owd)
        bound = half_width
        changed = {int(p) for p, h in zip(unexpected, on_hop, strict=True) if h == hop}
        return DirectionMetrics(
            **{f.code: int((fate == f).sum()) for f in Fate},
            duplicated=0,
            reordered=0,
            mutated=len([p for p in changed if trajectories.direction[p] == sign]),
            owd_ns=None
            if figures is None
            else OneWayDelay(quantiles=figures, lo_ns=None if bound is None else -bound, hi_ns=bound),
            excess_ns=None,
        )

    hops = tuple(
        HopMetrics(
            hop=h,
            forward=direction_metrics(h, 1),
            reverse=direction_metrics(h, -1),
            rtt_ns=Quantiles(min=500_000, p50=584_000, p95=600_000, p99=600_000, max=600_000, count=3),
        )
        for h in range(len(order) - 1)
    )
    empty = frozen([], np.int64)
    pairs = exchanges or []
    return MetricsTable(
        hops=hops,
        hosts=(
            HostMetrics(
                place=max(0, len(order) - 1),
                side="server",
                think_ns=quantiles(np.array([15 * MS])),
                handshake_ns=quantiles(np.array([15 * MS])),
            ),
        )
        if order
        else (),
        exchanges=ExchangeTable(
            request=frozen([p[0] for p in pairs], np.int64),
            reply=frozen([p[1] for p in pairs], np.int64),
            flow=frozen([trajectories.flow[p[0]] for p in pairs], np.int32),
            kind=frozen(np.zeros(len(pairs)), np.int8),
            rtt_ns=frozen(np.array([p[2] for p in pairs]).reshape(len(pairs), len(order)), np.int64),
        ),
        translations=translations,
        reordering=(empty, frozen([], np.int16)),
    )


TLS = Talk(
    proto=6,
    tuples={
        0: ("10.110.233.50", 50183, "172.16.1.1", 443),
        1: ("10.110.233.50", 50183, "172.16.1.1", 443),
        2: ("10.110.235.202", 55073, "172.16.1.1", 443),
        3: ("10.110.235.202", 55073, "172.16.1.1", 443),
    },
)
DNS = Talk(
    proto=17,
    tuples={
        0: ("10.110.233.50", 5353, "172.16.1.2", 53),
        1: ("10.110.233.50", 5353, "172.16.1.2", 53),
        2: ("10.110.235.202", 6000, "172.16.1.2", 53),
        3: ("10.110.235.202", 6000, "172.16.1.2", 53),
    },
)
NAMES = ["client", "fw-int", "fw-ext", "server"]


def flagship(**overrides: Any) -> Correlation:
    """The SYN-ACK that grew by two bytes between fw-int and client, and what followed."""
    syn_ack = {"tcp_flags": SYN | ACK, "seq": 2180033885, "ack": 367515136, "ip_len": 44, "ip_id": 1342, "ttl": 120}
    grown = {0: {"ip_len": 46, "payload_len": 2, "l4_csum": 0x365C}}
    blocked = ((1, Fate.LOST, FateGrade.PROVEN, Reason.REJECTED),)
    ack = {"tcp_flags": ACK, "seq": 367515136, "ack": 2180033888, "ip_id": 24041}
    seen = [
        Seen(
            flow=0,
            outbound=True,
            at={0: (0, 453), 1: (290_000, 6457), 2: (350_000, 21), 3: (6 * MS, 3)},
            fields={"tcp_flags": SYN, "seq": 367515135, "ip_len": 48},
        ),
        Seen(
            flow=0,
            outbound=False,
            at={3: (12 * MS, 4), 2: (16 * MS, 22), 1: (16 * MS + 700_000, 6461), 0: (17 * MS, 456)},
            fields=syn_ack | {"l4_csum": 0x365E},
            there=grown,
        ),
        Seen(
            flow=0,
            outbound=True,
            at={0: (17 * MS + 20_000, 457), 1: (17 * MS + 310_000, 6462)},
            fields=ack,
            fates=blocked,
        ),
        Seen(
            flow=0,
            outbound=True,
            at={0: (19 * MS, 458), 1: (19 * MS + 290_000, 6463)},
            fields=ack | {"tcp_flags": ACK | PSH, "payload_len": 127, "ip_len": 167, "ip_id": 24042},
            fates=blocked,
        ),
        Seen(
            flow=1,
            outbound=True,
            at={0: (20 * MS, 460), 1: (20 * MS + 280_000, 6470), 2: (20 * MS + 340_000, 30), 3: (26 * MS, 9)},
            fields={"payload_len": 30, "ip_len": 58},
            copies=((1, 20 * MS + 281_000, 6471),),
        ),
        Seen(
            flow=0,
            outbound=False,
            at={3: (3012 * MS, 14), 2: (3016 * MS, 23), 1: (3016 * MS + 700_000, 6872), 0: (3017 * MS, 512)},
            fields=syn_ack | {"l4_csum": 0x365E},
            there=grown,
        ),
    ]
    changes = [
        change
        for packet in (1, 5)
        for change in (
            Change(packet=packet, hop=0, field="ip.len", before=44, after=46),
            Change(packet=packet, hop=0, field="tcp.len", before=0, after=2),
            Change(packet=packet, hop=0, field="tcp.payload", before=None, after="0000", kind=MutationKind.ADDED),
            Change(packet=packet, hop=0, field="tcp.checksum", before=0x365E, after=0x365C),
            Change(packet=packet, hop=1, field="ip.dst", before="10.110.235.202", after="10.110.233.50", expected=True),
        )
    ]
    findings = (
        Finding(
            id="f1",
            code="syn-ack-altered",
            severity="error",
            grade="proven",
            title="SYN-ACK changed between fw-int and client",
            explanation="fw-int sent it with 0 bytes of data, client received 2 (00 00).",
            hop=("client", "fw-int"),
            direction="reverse",
            quantity=2,
            unit="packets",
            flows=(0,),
            packet=1,
            evidence=(
                FrameRef(vantage="fw-int", file="fw-int.pcap", frame=6461, time_ns=EPOCH + 16 * MS),
                FrameRef(vantage="client", file="client.pcap", frame=456, time_ns=EPOCH + 17 * MS),
            ),
            settle="a capture on the switch port between them",
        ),
        Finding(
            id="f2",
            code="loss",
            severity="error",
            grade="proven",
            caused_by="f1",
            title="fw-int>fw-ext forwards neither the ACK nor the data",
            explanation="The ACK acknowledges 2180033888, 2180033886 was due.",
            hop=("fw-int", "fw-ext"),
            direction="forward",
            quantity=2,
            unit="packets",
            flows=(0,),
            packet=2,
            evidence=(
                FrameRef(
                    vantage="fw-int",
                    file="fw-int.pcap",
                    frame=6462,
                    time_ns=EPOCH + 17 * MS,
                    note="rejected, ..886 was due",
                ),
            ),
        ),
        Finding(
            id="f3",
            code="nat",
            severity="info",
            grade="proven",
            title="NAT between fw-int and fw-ext",
            explanation="Learned.",
        ),
    )
    settings: dict[str, Any] = {
        "changes": changes,
        "findings": findings,
        "offsets": [0, -643_000 * MS, -643_000 * MS + 5, 12 * MS],
        "translations": (TranslationGroup(hop=1, kind="napt", flows=(0, 1)),),
        "exchanges": [(0, 1, [17_020_400, 16_436_000, 15_686_500, 6 * MS])],
        "notes": ("no single straight clock line fits",),
    } | overrides
    return build(NAMES, [TLS, DNS], seen, **settings)


def strangers() -> Correlation:
    """Two captures that share no packet."""
    talks = [
        Talk(proto=17, tuples={0: ("10.0.0.1", 1000, "10.0.0.2", 53)}),
        Talk(proto=1, tuples={1: ("2001:db8::1", -1, "2001:db8::2", -1)}, direction=Direction.UNKNOWN),
    ]
    seen = [
        Seen(flow=0, outbound=True, at={0: (0, 1)}, fields={}),
        Seen(flow=1, outbound=True, at={1: (5, 1)}, fields={}),
    ]
    finding = Finding(
        id="f1",
        code="cannot-tell",
        severity="info",
        grade="inconclusive",
        title="the two captures have no packet in common",
        explanation="Nothing seen at a was seen at b.",
        settle="captures of the same traffic at the same time",
    )
    return build(["a", "b"], talks, seen, findings=(finding,), unplaced=(1,))


def alone() -> Correlation:
    """One capture of one conversation."""
    seen = [
        Seen(flow=0, outbound=True, at={0: (0, 1)}, fields={"tcp_flags": SYN}),
        Seen(flow=0, outbound=False, at={0: (15 * MS, 2)}, fields={"tcp_flags": SYN | ACK}),
    ]
    talk = Talk(proto=6, tuples={0: ("10.0.0.1", 1000, "10.0.0.2", 80)})
    finding = Finding(
        id="f1",
        code="cannot-tell",
        severity="info",
        grade="inconclusive",
        vantage="a",
        title="one capture cannot place anything on a hop",
        explanation="All is seen from one point only.",
        settle="a second capture near the server",
    )
    return build(["a"], [talk], seen, findings=(finding,))
