"""Findings about packets that a hop did not deliver.

In: fates ``lost``. Out: ``loss`` per hop and direction, ``port-blocked`` per hop and responder's port.
Method: counts over the fate table; terms of RFC 7680 (loss) and RFC 3357 (loss runs). Every claim rests on a fate that
``trajectories`` graded; nothing is called lost here that was not called lost there.
Not here: deciding fates.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, percent, share_of, verb
from correlate.model.arrays import I64, U8, Bool
from correlate.model.findings import Finding, FrameRef, Grade
from correlate.model.packets import ICMP, ICMPV6, TCP, UDP
from correlate.model.trajectories import Fate, FateGrade, Reason

ERROR_RATE_PERCENT = 1.0
"""findings.md: loss of 1 % or more is an error."""

MAX_TARGETS = 20
"""A scan of a thousand filtered ports is one story; more targets than this are only counted."""

MIN_BLOCKED_TUPLES = 2
"""Several 5-tuples must die before a port is called blocked; one suffices where the far vantage is the host itself."""


@attrs.frozen(kw_only=True)
class LossGroup:
    """Lost packets of one hop and direction that are told together."""

    hop: int
    direction: int
    packets: I64
    grades: I64
    witnesses: I64
    sent: int


def find_losses(view: View) -> Iterator[Finding]:
    """Yield ``loss`` and ``port-blocked`` findings."""
    fates = view.run.fates
    is_lost = (fates.fate == Fate.LOST) & (fates.grade != FateGrade.INCONCLUSIVE)
    is_lost &= ~view.is_ended[view.run.trajectories.flow[fates.packet], fates.hop]
    directions = view.run.trajectories.direction[fates.packet]
    for hop in range(view.run.path.hop_count):
        for direction in (1, -1):
            here = (fates.hop == hop) & (directions == direction)
            rows = np.flatnonzero(here & is_lost)
            if len(rows) == 0:
                continue
            blocked = fates.reason[rows] == Reason.FLOW_BLOCKED
            sent = int((here & (fates.fate != Fate.ORIGINATED)).sum())
            yield from _blocked(view, _group(view, hop, direction, rows[blocked], sent))
            rest = rows[~blocked]
            for part in _split_by_wrong_ack(view, rest):
                yield from _loss(view, _group(view, hop, direction, part, sent))


def _group(view: View, hop: int, direction: int, rows: I64, sent: int) -> LossGroup:
    fates = view.run.fates
    return LossGroup(
        hop=hop,
        direction=direction,
        packets=fates.packet[rows],
        grades=fates.grade[rows].astype(np.int64),
        witnesses=fates.witness[rows],
        sent=sent,
    )


def _split_by_wrong_ack(view: View, rows: I64) -> list[I64]:
    """Keep refused packets apart from lost ones: the first were delivered to a device that did not want them."""
    refused = view.run.fates.reason[rows] == Reason.REJECTED
    return [part for part in (rows[refused], rows[~refused]) if len(part)]


def _loss(view: View, group: LossGroup) -> Iterator[Finding]:
    count = len(group.packets)
    if count == 0:
        return
    dead = _dead_flows(view, group)
    is_error = 100.0 * count >= ERROR_RATE_PERCENT * group.sent or len(dead) > 0
    grade = _grade(group.grades)
    where = view.between(group.hop, group.direction)
    lost, share = share_of(count, group.sent, "packet"), percent(count, group.sent)
    yield Finding(
        id=f"loss/{group.hop}/{group.direction}/{int(group.packets[0])}",
        code="loss",
        severity="error" if is_error else CATALOGUE["loss"].severity,
        grade=grade,
        title=f"{lost} lost between {where} ({share})",
        explanation=" ".join(_loss_sentences(view, group, dead)),
        hop=view.hop(group.hop),
        direction=view.direction_name(group.direction),
        quantity=count,
        unit="packets",
        flows=view.flows_of(group.packets),
        packet=int(group.packets[0]),
        evidence=_evidence(view, group),
        against=_against(view, group),
        settle=None
        if grade == "proven"
        else f"Captures between {where} with drop counters (pcapng) at both would turn likely into proven.",
    )


def _loss_sentences(view: View, group: LossGroup, dead: list[int]) -> Iterator[str]:
    up = view.upstream(group.hop, group.direction)
    down = view.downstream(group.hop, group.direction)
    count = len(group.packets)
    proven = int((group.grades == FateGrade.PROVEN).sum())
    sure = "all proven" if proven == count else "none of them proven" if proven == 0 else f"{proven} of them proven"
    yield (
        f"{counted(count, 'packet')} {verb(count, 'is', 'are')} seen at {view.name(up)} and never at "
        f"{view.name(down)}; {'this is likely, not proven' if count == 1 and not proven else sure}."
    )
    yield from _logged(view, group)
    yield f"Pattern: {_pattern(view, group)}."
    if dead:
        yield f"{counted(len(dead), 'flow')} lost everything sent this way."


def _logged(view: View, group: LossGroup) -> Iterator[str]:
    """Say how many of them a box itself tells to have dropped."""
    matched = view.run.trajectories.match_packet[group.packets]
    for index, vantage in enumerate(view.run.vantages):
        count = int((view.run.match.rows[matched, index] >= 0).sum()) if vantage.kind == "drop-log" else 0
        if count:
            yield f"The drop log {vantage.name} holds {counted(count, 'packet')} of them."


def _pattern(view: View, group: LossGroup) -> str:
    """Say whether the losses come in runs (RFC 3357), and whether only large packets die."""
    table = view.run.trajectories
    up = view.upstream(group.hop, group.direction)
    crossing = np.flatnonzero(view.is_seen[:, up] & (table.direction == group.direction))
    order = crossing[np.argsort(table.time_ns[crossing, up], kind="stable")]
    gone = np.zeros(len(table), np.bool_)
    gone[group.packets] = True
    is_lost = gone[order]
    starts = int((is_lost[1:] & ~is_lost[:-1]).sum()) + int(len(is_lost) > 0 and bool(is_lost[0]))
    longest = _longest_run(is_lost)
    lengths = view.values("ip_len", group.packets, up)
    delivered = order[~is_lost]
    passed = int(view.values("ip_len", delivered, up).max()) if len(delivered) else 0
    text = f"{counted(starts, 'run')}, the longest of {counted(longest, 'packet')}"
    if len(group.packets) >= 3 and len(delivered) and int(lengths.min()) > passed:
        text += f"; only large packets (largest that passed {passed} bytes, smallest lost {int(lengths.min())})"
    return text


def _longest_run(is_lost: Bool) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_lost, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _dead_flows(view: View, group: LossGroup) -> list[int]:
    """Return flows of which at least three packets were lost this way and none was delivered."""
    table = view.run.trajectories
    fates = view.run.fates
    lost_flows, counts = np.unique(table.flow[group.packets], return_counts=True)
    here = (fates.hop == group.hop) & (table.direction[fates.packet] == group.direction)
    delivered = np.unique(table.flow[fates.packet[here & (fates.fate == Fate.DELIVERED)]])
    return [int(flow) for flow in np.setdiff1d(lost_flows[counts >= 3], delivered)]


def _grade(grades: I64) -> Grade:
    """Grade a group by its best-proven member only if most are: a claim about all needs most."""
    proven = int((grades == FateGrade.PROVEN).sum())
    return "proven" if 2 * proven > len(grades) else "likely"


def _evidence(view: View, group: LossGroup) -> tuple[FrameRef, ...]:
    up = view.upstream(group.hop, group.direction)
    found: list[FrameRef] = []
    for packet, witness in list(zip(group.packets[:5].tolist(), group.witnesses[:5].tolist(), strict=True)):
        found.extend(view.cite(packet, up, "sent, never seen beyond"))
        if witness >= 0:
            found.extend(view.cite(witness, int(view.first_place[witness]), "shows that it never arrived"))
    return tuple(found)


def _against(view: View, group: LossGroup) -> tuple[str, ...]:
    down = view.downstream(group.hop, group.direction)
    vantage = view.run.vantages[view.run.path.order[down]]
    dropped = [interface.dropped for interface in vantage.interfaces]
    if any(count is None for count in dropped):
        return (f"The capture at {vantage.name} carries no drop counter, so it is not proven to be complete.",)
    total = sum(count or 0 for count in dropped)
    return (f"The capture at {vantage.name} says that it dropped {total} frames itself.",) if total else ()


@attrs.frozen(kw_only=True)
class Target:
    """Who could not be reached: an address as interned, a port (-1 = none), an IP protocol."""

    address: U8
    version: int
    port: int
    proto: int
    packets: I64

    @property
    def text(self) -> str:
        """``TCP port 8443 of 10.0.0.1``."""
        protocol = {TCP: "TCP", UDP: "UDP", ICMP: "ICMP", ICMPV6: "ICMPv6"}.get(self.proto, f"IP protocol {self.proto}")
        port = "" if self.port < 0 else f" port {self.port}"
        return f"{protocol}{port} of {address_text(self.address, self.version)}"


def _blocked(view: View, group: LossGroup) -> Iterator[Finding]:
    """Yield one finding per responder address and port whose attempts all died on the hop, the most tried first."""
    targets, count = _targets(view, group.packets, view.upstream(group.hop, group.direction))
    for number, target in enumerate(targets):
        yield _blocked_finding(view, group, target, untold=count - len(targets) if number == 0 else 0)


def _blocked_finding(view: View, group: LossGroup, target: Target, *, untold: int) -> Finding:
    up = view.upstream(group.hop, group.direction)
    down = view.downstream(group.hop, group.direction)
    packets = target.packets
    flows = np.unique(view.run.trajectories.flow[packets]).astype(np.int64)
    is_end = _is_own_host(view, target, down)
    # A tap on the way may stand on one of several paths; only several attempts, or the host itself, can accuse.
    is_enough = (len(flows) >= MIN_BLOCKED_TUPLES or is_end) and not _may_have_arrived(view, target, (up, down))
    where = view.between(group.hop, group.direction)
    attempts = f"{counted(len(packets), 'attempt')} in {counted(len(flows), 'flow')}"
    cause = "a filter, not a lossy path" if is_enough else "a filter, another path, or packets that found no partner"
    more = f" {counted(untold, 'more target')} fared the same." if untold > 0 else ""
    return Finding(
        id=f"port-blocked/{group.hop}/{group.direction}/{target.text}",
        code="port-blocked",
        severity=CATALOGUE["port-blocked"].severity if is_enough else "info",
        grade="likely" if is_enough else "inconclusive",
        title=f"{target.text} {'is' if is_enough else 'may be'} blocked between {where}",
        explanation=(
            f"{verb(len(packets), 'The', 'All')} {attempts} to it {verb(len(packets), 'is', 'are')} seen at "
            f"{view.name(up)} and none at {view.name(down)}, while other traffic of the same two hosts crosses this "
            f"hop meanwhile: {cause}.{more}"
        ),
        hop=view.hop(group.hop),
        direction=view.direction_name(group.direction),
        quantity=len(packets),
        unit="packets",
        flows=view.flows_of(packets),
        packet=int(packets[0]),
        evidence=(*view.refs(packets.tolist(), note="attempt", limit=6), *_controls(view, flows, group.hop)),
        against=() if is_end else (f"{view.name(down)} may stand on one of several paths.",),
        settle=f"The counters of filters between {where}, or a capture of dropped packets there (drop log).",
    )


def _targets(view: View, packets: I64, place: int) -> tuple[list[Target], int]:
    """Return the most tried destinations of these packets, the most tried first, and how many there are in all."""
    packets = packets[view.is_seen[packets, place]]
    if len(packets) == 0:
        return [], 0
    tuples = view.run.packets[view.run.path.order[place]].tuples
    used, of_packet = np.unique(view.values("tuple_id", packets, place), return_inverse=True)
    numbers = np.stack([tuples.version[used], tuples.dport[used], tuples.proto[used]], axis=1).astype(np.int64)
    keys = np.concatenate([tuples.dst[used].astype(np.int64), numbers], axis=1)
    first, of_tuple = np.unique(keys, axis=0, return_index=True, return_inverse=True)[1:]
    of_target = of_tuple.reshape(-1)[of_packet.reshape(-1)]
    order = np.argsort(-np.bincount(of_target, minlength=len(first)), kind="stable")[:MAX_TARGETS]
    found = [
        Target(
            address=tuples.dst[used[first[i]]],
            version=int(numbers[first[i], 0]),
            port=int(numbers[first[i], 1]),
            proto=int(numbers[first[i], 2]),
            packets=packets[of_target == i],
        )
        for i in order.tolist()
    ]
    return found, len(first)


def address_text(raw: U8, version: int) -> str:
    """Return an interned address as text."""
    data = bytes(raw)
    return str(ipaddress.IPv4Address(data[12:])) if version == 4 else str(ipaddress.IPv6Address(data))


def _is_own_host(view: View, target: Target, place: int) -> bool:
    """Tell whether the vantage is that host: what the host sends there has an initial TTL (64, 128 or 255)."""
    vantage = view.run.path.order[place]
    if view.run.vantages[vantage].kind == "end-host":
        return True
    table = view.run.packets[vantage]
    sent_by = (table.tuples.src == target.address).all(axis=1) & (table.tuples.version == target.version)
    ttl = table.columns.ttl[sent_by[table.columns.tuple_id]] if len(sent_by) else table.columns.ttl[:0]
    return len(ttl) > 0 and bool(np.isin(ttl, (64, 128, 255)).all())


def _may_have_arrived(view: View, target: Target, places: tuple[int, int]) -> bool:
    """Tell whether the far capture holds packets without a partner that may be these: one port or the other is theirs.

    Translation changes addresses and the initiator's port; cut frames or renumbered ones may have no partner.
    """
    up, down = places
    alone = np.flatnonzero(view.is_seen[:, down] & (view.is_seen.sum(axis=1) == 1))
    if len(alone) == 0:
        return False
    near = view.run.packets[view.run.path.order[up]].tuples
    far = view.run.packets[view.run.path.order[down]].tuples
    mine = np.unique(view.values("tuple_id", target.packets, up))
    theirs = np.unique(view.values("tuple_id", alone, down))
    shares = (far.dport[theirs] == target.port) | np.isin(far.sport[theirs], near.sport[mine])
    return bool((shares & (far.proto[theirs] == target.proto)).any())


def _controls(view: View, flows: I64, hop: int) -> tuple[FrameRef, ...]:
    """Cite one packet of another flow that crossed the hop."""
    table = view.run.trajectories
    crossing = view.is_seen[:, hop] & view.is_seen[:, hop + 1] & ~np.isin(table.flow, flows)
    found = np.flatnonzero(crossing)
    return view.refs([int(found[0])], note="crosses meanwhile") if len(found) else ()
