"""Findings about packets born on a hop.

In: fates ``originated``. Out: ``rst-injected``, ``packet-injected``, ``duplicated``.
Method: a packet that no upstream capture holds although that capture is complete around it (rules 0 and 4 of
algorithms section 3). TTL and IP ID only support the claim (Weaver, Sommer, Paxson, NDSS 2009); they never make it.
Not here: deciding that it was born there (``trajectories``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import TCP_RST, View
from correlate.diagnose.wording import counted, verb
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding
from correlate.model.trajectories import Fate, FateGrade, Reason


def find_origins(view: View) -> Iterator[Finding]:
    """Yield a finding per hop, direction and kind of newborn packet."""
    fates = view.run.fates
    directions = view.run.trajectories.direction[fates.packet]
    is_born = (fates.fate == Fate.ORIGINATED) & (fates.grade != FateGrade.INCONCLUSIVE)
    for hop in range(view.run.path.hop_count):
        for direction in (1, -1):
            rows = np.flatnonzero(is_born & (fates.hop == hop) & (directions == direction))
            rows = rows[~_is_of_proxy(view, hop, rows)]
            copies = fates.reason[rows] == Reason.NETWORK_DUPLICATE
            born = rows[~copies & (fates.reason[rows] == Reason.BORN_ON_HOP)]
            is_rst = (view.tcp_flags[fates.packet[born]] & TCP_RST) != 0
            for code, chosen in (
                ("rst-injected", born[is_rst]),
                ("packet-injected", born[~is_rst]),
                ("duplicated", rows[copies]),
            ):
                if len(chosen):
                    yield _finding(view, code, hop, direction, chosen)


def _is_of_proxy(view: View, hop: int, rows: I64) -> Bool:
    """Tell which newborn packets belong to a flow that a device on the hop ends on purpose: a proxy makes its own."""
    fates, table = view.run.fates, view.run.trajectories
    is_proxied = np.zeros(len(view.run.joined), np.bool_)
    is_proxied[table.flow[fates.packet[(fates.hop == hop) & (fates.fate == Fate.ABSORBED)]]] = True
    is_copy = fates.reason[rows] == Reason.NETWORK_DUPLICATE
    return np.asarray(is_proxied[table.flow[fates.packet[rows]]] & ~is_copy, np.bool_)


def _finding(view: View, code: str, hop: int, direction: int, rows: I64) -> Finding:
    fates = view.run.fates
    packets = fates.packet[rows]
    up, down = view.upstream(hop, direction), view.downstream(hop, direction)
    count = len(packets)
    where = view.between(hop, direction)
    noun = {"rst-injected": "RST", "packet-injected": "packet", "duplicated": "duplicate"}[code]
    is_copy = code == "duplicated"
    is_proven = not is_copy and bool((fates.grade[rows] == FateGrade.PROVEN).all())
    explanation = (
        f"{view.name(up)} holds each of these packets once, {view.name(down)} holds it again."
        if is_copy
        else f"Seen at {view.name(down)} and not at {view.name(up)}, whose capture holds the rest of "
        f"{verb(count, 'its flow', 'their flows')}.{_ttl_sentence(view, packets, down)}"
    )
    settle = (
        f"A capture on the link between {where} would tell which device makes the copies."
        if is_copy
        else f"A capture with drop counters at {view.name(up)} would prove its completeness."
    )
    return Finding(
        id=f"{code}/{hop}/{direction}",
        code=code,
        severity=CATALOGUE[code].severity,
        grade="proven" if is_proven else "likely",
        title=f"{counted(count, noun)} born between {where}",
        explanation=explanation,
        hop=view.hop(hop),
        direction=view.direction_name(direction),
        quantity=count,
        unit="packets",
        flows=view.flows_of(packets),
        packet=int(packets[0]),
        evidence=view.refs(packets.tolist(), note="first seen here", limit=6),
        settle=None if is_proven else settle,
    )


def _ttl_sentence(view: View, packets: I64, place: int) -> str:
    """Compare the newborn's TTL with that of its flow's other packets of the same direction at the same vantage."""
    table = view.run.trajectories
    packet = int(packets[0])
    peers = np.flatnonzero(
        (table.flow == table.flow[packet])
        & (table.is_outbound == table.is_outbound[packet])
        & view.is_seen[:, place]
        & ~np.isin(np.arange(len(table)), packets)
    )
    if len(peers) == 0:
        return ""
    usual = np.bincount(view.values("ttl", peers, place)).argmax()
    mine = int(view.values("ttl", packets[:1], place)[0])
    if abs(mine - int(usual)) < 2:
        return ""
    return f" Its TTL there is {mine}, that of the flow's other packets {int(usual)} (supports, does not prove)."
