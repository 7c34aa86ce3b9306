"""Which packets the ladder shows, and what each is called.

**In:** the main finding's story. **Out:** packets in the order of time, with label and remark.
**Method:** the evidence of the story, the handshake of its flow, what was lost, made or changed in it, its resets; the
rest of the flow is counted between the lines.
**Not here:** drawing (``ladder.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding, FrameRef
from correlate.model.packets import ICMP, ICMPV6, TCP, UDP, PacketColumns, PacketFlag
from correlate.model.trajectories import Fate
from correlate.report.endpoints import protocol_name
from correlate.report.verdict import Story

MOST = 8
"""Packets in the ladder: one screen."""
HANDSHAKE, MAIN_SHARE, CONSEQUENCE_SHARE = 3, 4, 2
"""How many of them the flow's beginning, the main finding's and a consequence's evidence may claim."""
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
EVIDENCE = 16
"""Evidence frames looked up per finding."""


def scene_flow(correlation: Correlation, story: Story) -> int | None:
    """Return the joined flow that the ladder is about."""
    for finding in story.members:
        if finding.packet is not None:
            return int(correlation.trajectories.flow[finding.packet])
        if finding.flows:
            return int(finding.flows[0])
    return None


def scene_packets(correlation: Correlation, story: Story) -> list[int]:
    """Return at most ``MOST`` packets, in the order of first time: those that matter most are kept."""
    flow = scene_flow(correlation, story)
    if flow is None:
        return []
    members = np.flatnonzero(correlation.trajectories.flow == flow)
    is_seen = (correlation.trajectories.rows[members] >= 0).any(axis=1)
    members = members[is_seen]
    wishes: list[int] = [finding.packet for finding in story.members if finding.packet is not None]
    wishes += members[:HANDSHAKE].tolist()
    for finding in story.members:
        share = MAIN_SHARE if finding is story.main else CONSEQUENCE_SHARE
        wishes += _evidence_packets(correlation, finding, members)[:share]
    wishes += _resets(correlation, members)[:2]
    wishes += _remarkable(correlation, members)[:MOST].tolist()
    chosen = list(dict.fromkeys(wishes))[:MOST]
    return sorted(chosen)


def _evidence_packets(correlation: Correlation, finding: Finding, members: I64) -> list[int]:
    """Return the packets of the flow that a finding's evidence frames carry."""
    found = []
    for reference in finding.evidence[:EVIDENCE]:
        packet = _packet_of(correlation, reference, members)
        if packet is not None:
            found.append(packet)
    return list(dict.fromkeys(found))


def _packet_of(correlation: Correlation, reference: FrameRef, members: I64) -> int | None:
    """Return the packet among ``members`` that a frame carries; None = none of them."""
    names = [vantage.name for vantage in correlation.vantages]
    if reference.vantage not in names or names.index(reference.vantage) not in correlation.path.order:
        return None
    vantage = names.index(reference.vantage)
    place = correlation.path.order.index(vantage)
    paths = [file.path for file in correlation.vantages[vantage].files]
    columns = correlation.packets[vantage].columns
    here = members[correlation.trajectories.rows[members, place] >= 0]
    rows = correlation.trajectories.rows[here, place]
    is_it = columns.frame[rows] == reference.frame
    if reference.file in paths and len(paths) > 1:
        is_it &= columns.file[rows] == paths.index(reference.file)
    at = np.flatnonzero(is_it)
    return int(here[at[0]]) if len(at) else None


def _remarkable(correlation: Correlation, members: I64) -> I64:
    """Return packets of the flow that were not simply delivered unchanged, first ones first."""
    fates, changes = correlation.fates, correlation.mutations.odd
    odd = (fates.fate == Fate.LOST) | (fates.fate == Fate.ABSORBED) | (fates.fate == Fate.ORIGINATED)
    candidates = np.concatenate([fates.packet[odd], changes.packet[~changes.expected]])
    return np.asarray(members[np.isin(members, candidates)], np.int64)


def _resets(correlation: Correlation, members: I64) -> list[int]:
    """Return packets with RST or FIN, the last few packets of the flow only."""
    found = []
    for packet in members[-50:].tolist():
        columns, row = first_sighting(correlation, packet)
        if int(columns.proto[row]) == TCP and int(columns.tcp_flags[row]) & (RST | FIN):
            found.append(packet)
    return found


def first_sighting(correlation: Correlation, packet: int, *, is_last: bool = False) -> tuple[PacketColumns, int]:
    """Return the columns and row where the packet was seen first (or last) on its way."""
    table = correlation.trajectories
    places = np.flatnonzero(table.rows[packet] >= 0)
    is_reverse = int(table.direction[packet]) < 0
    place = int(places[-1] if is_reverse != is_last else places[0])
    return correlation.packets[correlation.path.order[place]].columns, int(table.rows[packet, place])


def label_of(correlation: Correlation, packet: int) -> str:
    """Return what the packet is, as sent: ``SYN-ACK``, ``ACK ..888``, ``127 B``, ``UDP 30``, ``echo request``."""
    columns, row = first_sighting(correlation, packet)
    proto, payload = int(columns.proto[row]), int(columns.payload_len[row])
    if not int(columns.flags[row]) & PacketFlag.TRANSPORT:
        return f"{protocol_name(proto).upper()} {payload}"
    if proto == TCP:
        return _tcp_label(columns, row)
    if proto in (ICMP, ICMPV6):
        return _icmp_label(proto, int(columns.icmp_type[row]))
    return f"{'UDP' if proto == UDP else protocol_name(proto).upper()} {payload}"


def _tcp_label(columns: PacketColumns, row: int) -> str:
    flags, payload = int(columns.tcp_flags[row]), int(columns.payload_len[row])
    names = [name for bit, name in ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST")) if flags & bit]
    if names:
        text = "-".join(names + (["ACK"] if flags & ACK and not flags & RST else []))
        return f"{text} {payload} B" if payload else text
    if payload:
        return f"{payload} B"
    return f"ACK ..{int(columns.ack[row]) % 1000:03d}"


def _icmp_label(proto: int, kind: int) -> str:
    echo = {8: "echo request", 0: "echo reply"} if proto == ICMP else {128: "echo request", 129: "echo reply"}
    return echo.get(kind, f"ICMP {kind}")


def growth_of(correlation: Correlation, packet: int, hop: int) -> str:
    """Return ``+2`` where the packet's IP length changed on a hop, seen along its travel."""
    columns = correlation.mutations.odd
    if "ip.len" not in correlation.mutations.fields:
        return ""
    field = correlation.mutations.fields.index("ip.len")
    at = np.flatnonzero((columns.packet == packet) & (columns.hop == hop) & (columns.field == field))
    if len(at) == 0 or min(int(columns.before[at[0]]), int(columns.after[at[0]])) < 0:
        return ""
    return f"{int(columns.after[at[0]]) - int(columns.before[at[0]]):+d}"


def repeats(correlation: Correlation, packets: list[int]) -> set[int]:
    """Return those of the packets that send again what an earlier one of them sent."""
    earlier: set[tuple[int, ...]] = set()
    again = set()
    for packet in packets:
        columns, row = first_sighting(correlation, packet)
        flags, payload = int(columns.tcp_flags[row]), int(columns.payload_len[row])
        if int(columns.proto[row]) != TCP or not (payload or flags & (SYN | FIN)):
            continue
        key = (int(correlation.trajectories.is_outbound[packet]), flags, int(columns.seq[row]), payload)
        if key in earlier:
            again.add(packet)
        earlier.add(key)
    return again
