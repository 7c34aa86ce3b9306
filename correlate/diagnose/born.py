"""What is said of packets born on a hop: sentences, evidence, what speaks against it, what would settle it.

In: rows of the fate table that a rule has chosen. Out: ``Finding``.
Method: a reset is told by its absence upstream, a copy by what it repeats, any other packet by what its claimed sender
sent in its place. TTL only supports (Weaver, Sommer, Paxson, NDSS 2009).
Not here: choosing them (``origin.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.miss_rates import known_passes, most_hidden_copies
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, verb
from correlate.model.arrays import I64
from correlate.model.findings import Finding, FrameRef
from correlate.model.trajectories import FateGrade


def open_finding(view: View, hop: int, direction: int, rows: I64) -> Finding:
    """Return resets of which nothing tells whether they were born or left out by a filter."""
    up = view.name(view.upstream(hop, direction))
    return attrs.evolve(
        born_finding(view, "rst-injected", hop, direction, rows),
        id=f"rst-injected/open/{hop}/{direction}",
        severity="info",
        grade="inconclusive",
        against=(f"The capture at {up} holds no reset at all: a filter may have taken them out.",),
        settle=f"A capture at {up} without a filter on TCP flags.",
    )


def born_finding(view: View, code: str, hop: int, direction: int, rows: I64) -> Finding:
    """Return the finding about newborn packets of one kind; ``rows`` are those of the fate table."""
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
        f"{verb(count, 'its flow', 'their flows')}.{_place_sentence(view, code, rows, (up, down))}"
        f"{_ttl_sentence(view, packets, down)}"
    )
    what = {"duplicated": "the copies", "packet-injected": "them"}.get(code)
    settle = (
        f"A capture on the link between {where} would tell which device makes {what}."
        if what
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
        evidence=_evidence(view, code, rows, up),
        against=_against(view, code, rows, up),
        settle=None if is_proven else settle,
    )


def _evidence(view: View, code: str, rows: I64, up: int) -> tuple[FrameRef, ...]:
    """Cite the newborns; those that took another packet's place with that packet."""
    fates = view.run.fates
    if code != "packet-injected":
        return view.refs(fates.packet[rows].tolist(), note="first seen here", limit=6)
    refs: list[FrameRef] = []
    for packet, real in zip(fates.packet[rows[:3]].tolist(), fates.witness[rows[:3]].tolist(), strict=True):
        refs += view.refs([packet], note="first seen here", limit=1)
        if real >= 0:
            refs += view.cite(real, up, "what was sent in its place")
    return tuple(refs)


def _place_sentence(view: View, code: str, rows: I64, places: tuple[int, int]) -> str:
    """Say what the claimed sender sent in the newborns' place, and which came first: a receiver takes that one."""
    packets, real = view.run.fates.packet[rows], view.run.fates.witness[rows]
    packets, real = packets[real >= 0], real[real >= 0]
    if code != "packet-injected" or len(packets) == 0:
        return ""
    table, (up, down) = view.run.trajectories, places
    ahead = int((table.rows[packets, down] < table.rows[real, down]).sum())
    their = verb(len(packets), "its", "their")
    return (
        f" {view.name(up)} shows what was really sent in {their} place: other bytes of the same sequence number, or "
        f"another answer to the same query. {ahead} of {len(packets)} came to {view.name(down)} before that."
    )


def _against(view: View, code: str, rows: I64, up: int) -> tuple[str, ...]:
    """Say what the capture upstream may have missed instead."""
    fates = view.run.fates
    if code == "duplicated":
        direction = int(view.run.trajectories.direction[fates.packet[rows[0]]])
        halves = most_hidden_copies(view, up, direction) if view.misses(up) else 0
        if not halves:
            return ()
        return (f"{view.name(up)} misses packets: up to {halves} of these may have come there twice and once unseen.",)
    return () if bool((fates.witness[rows] >= 0).all()) else _may_have_missed(view, up)


def _may_have_missed(view: View, place: int) -> tuple[str, ...]:
    """Say what a claim assumes that nothing but odds shows: the capture at a place did not miss these packets."""
    interfaces = view.run.vantages[view.run.path.order[place]].interfaces
    if all(one.dropped == 0 for one in interfaces):
        return ()
    missed, passed = known_passes(view, place)
    odds = f"{missed} missed of {counted(passed, 'packet')} that surely passed it"
    name = view.name(place)
    return (f"No drop counters say that the capture at {name} is whole: only odds say that it missed none ({odds}).",)


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
    first = "Its TTL" if len(packets) == 1 else "The TTL of the first"
    return f" {first} is {mine} there, that of its flow's other packets {int(usual)} (supports, does not prove)."
