"""Flows that a device on a hop resets because it dropped their state while they were silent.

In: resets that one end of a hop holds and the other does not. Out: ``nat-state-lost`` per hop and direction.
Method: RFC 5382 REQ-5: firewalls and NAT drop idle connections. A flow crosses both ways, falls silent, is used again;
what is sent then does not cross and is reset. That the device did it and not the far end, missed by a capture, is shown
by time (the reset comes in less than half of the flow's quickest round trip at that vantage) or by what fates say of
the reset; other traffic of the same hosts crosses before and after, so both captures ran.
Not here: flows that die in silence (``forgotten.py``), flows that get another mapping (``remapped.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import TCP_FIN, TCP_RST, View
from correlate.diagnose.wording import counted, duration, verb
from correlate.model.arrays import I64, Bool, take
from correlate.model.findings import Finding, FrameRef
from correlate.model.metrics import NO_RTT
from correlate.model.packets import TCP
from correlate.model.trajectories import Fate, FateGrade, Reason

IDLE_NS = 25_000_000_000
"""The shortest common timeout is 30 s; what comes earlier was not forgotten by a timer."""

NEARBY_NS = 600_000_000_000
"""Other traffic that crosses within ten minutes before and after shows that both captures ran."""

LEAST_CONTROLS = 3
QUICK = 2
"""A reset this many times sooner than the flow's quickest round trip did not come from the far end."""


class Cut(NamedTuple):
    """One row per flow that was reset after a silence."""

    flow: I64
    quiet: I64
    """Last packet before the silence; trajectory rows, as the next two."""
    used: I64
    """First packet after it."""
    reset: I64
    idle_ns: I64
    gap_ns: I64
    """From ``used`` to ``reset`` at the near vantage."""


def find_idle_resets(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and direction in which flows are reset after a silence."""
    for hop, direction in view.ways():
        cut = cut_flows(view, hop, direction)
        if len(cut.flow):
            yield _finding(view, hop, direction, cut)


def cut_flows(view: View, hop: int, direction: int) -> Cut:
    """Return the flows whose packets of ``direction`` are reset on the hop after a silence, unsure ones left out."""
    near, far = view.upstream(hop, direction), view.downstream(hop, direction)
    resets = _lone_resets(view, hop, direction)
    cut = _cuts(view, near, far, direction, resets)
    if not len(cut.flow):
        return cut
    is_sure = _is_quick(view, near, direction, cut) | _is_born(view, hop, cut)
    return take(cut, np.flatnonzero(is_sure & _has_controls(view, (near, far), cut)))


def _lone_resets(view: View, hop: int, direction: int) -> I64:
    """Return resets against ``direction`` that the near end holds and the far end does not."""
    table = view.run.trajectories
    near, far = view.upstream(hop, direction), view.downstream(hop, direction)
    lone = view.resets[view.is_seen[view.resets, near] & ~view.is_seen[view.resets, far]]
    lone = lone[(table.direction[lone] == -direction) & view.kept[lone]]
    plain: I64 = lone[~view.is_ended[table.flow[lone], hop] & ~view.is_spliced[table.flow[lone], hop]]
    return plain


def _cuts(view: View, near: int, far: int, direction: int, resets: I64) -> Cut:
    """Return flows with a silence between what crossed both ways and what was reset."""
    table, count = view.run.trajectories, len(view.run.joined)
    if not len(resets):
        return Cut(*(np.zeros(0, np.int64) for _ in Cut._fields))
    reset = np.full(count, -1, np.int64)
    order = np.argsort(-table.rows[resets, near], kind="stable")
    reset[table.flow[resets[order]]] = resets[order]
    members = np.flatnonzero(view.is_seen[:, near] & (reset[table.flow] >= 0))
    members = members[view.values("proto", members, near) == TCP]
    members = members[np.argsort(table.rows[members, near], kind="stable")]
    flow, row = table.flow[members], table.rows[members, near]
    is_before = row < table.rows[reset[flow], near]
    crosses = is_before & view.is_seen[members, far]
    quiet = np.full(count, -1, np.int64)
    quiet[flow[crosses]] = members[crosses]
    both = np.ones(count, np.bool_)
    for way in (1, -1):
        both &= np.bincount(flow[crosses & (table.direction[members] == way)], minlength=count) > 0
    is_closing = crosses & ((view.tcp_flags[members] & (TCP_FIN | TCP_RST)) != 0)
    is_over = np.bincount(flow[is_closing], minlength=count) > 0
    is_tail = is_before & ~view.is_seen[members, far] & (table.direction[members] == direction)
    is_tail &= row > np.where(quiet[flow] >= 0, table.rows[quiet[flow], near], np.iinfo(np.int64).max)
    used = np.full(count, -1, np.int64)
    used[flow[is_tail][::-1]] = members[is_tail][::-1]
    flows = np.flatnonzero((quiet >= 0) & (used >= 0) & both & ~is_over)
    stamps = [view.values("ts_ns", packets[flows], near) for packets in (quiet, used, reset)]
    cut = Cut(flows, quiet[flows], used[flows], reset[flows], stamps[1] - stamps[0], stamps[2] - stamps[1])
    return take(cut, np.flatnonzero(cut.idle_ns >= IDLE_NS))


def _is_quick(view: View, near: int, direction: int, cut: Cut) -> Bool:
    """Mark flows whose reset came too soon to be the far end's."""
    exchanges, table = view.run.metrics.exchanges, view.run.trajectories
    rtt = exchanges.rtt_ns[:, near]
    at = np.flatnonzero((rtt != NO_RTT) & (rtt > 0) & (table.direction[exchanges.request] == direction))
    least = np.full(len(view.run.joined), np.iinfo(np.int64).max)
    np.minimum.at(least, exchanges.flow[at], rtt[at])
    known = least[cut.flow] < np.iinfo(np.int64).max
    tick = view.run.vantages[view.run.path.order[near]].tick_ns
    return np.asarray(known & (QUICK * cut.gap_ns + 2 * tick <= np.where(known, least[cut.flow], 0)), np.bool_)


def _is_born(view: View, hop: int, cut: Cut) -> Bool:
    """Mark flows whose reset fates take for born on the hop."""
    fates = view.run.fates
    born = (fates.hop == hop) & (fates.fate == Fate.ORIGINATED) & (fates.reason == Reason.BORN_ON_HOP)
    return np.isin(cut.reset, fates.packet[born & (fates.grade != FateGrade.INCONCLUSIVE)])


def _has_controls(view: View, places: tuple[int, int], cut: Cut) -> Bool:
    """Mark flows of whose hosts other packets cross both before and after, near in time."""
    near, far = places
    pair_of_tuple = _host_pairs(view, near)
    crossing = np.flatnonzero(view.is_seen[:, near] & view.is_seen[:, far])
    pair = pair_of_tuple[view.values("tuple_id", crossing, near)]
    stamps = view.values("ts_ns", crossing, near)
    order = np.lexsort((stamps, pair))
    pair, stamps = pair[order], stamps[order]
    mine = pair_of_tuple[view.values("tuple_id", cut.used, near)]
    began, ended = view.values("ts_ns", cut.used, near), view.values("ts_ns", cut.reset, near)
    counts = []
    for low_ns, high_ns in ((began - NEARBY_NS, began), (ended, ended + NEARBY_NS)):
        counts.append(_between(pair, stamps, mine, low_ns, high_ns))
    return np.asarray((counts[0] >= 1) & (counts[1] >= 1) & (counts[0] + counts[1] >= LEAST_CONTROLS), np.bool_)


def _host_pairs(view: View, place: int) -> I64:
    """Return a number per tuple of a place for its two hosts, whichever sends."""
    tuples = view.run.packets[view.run.path.order[place]].tuples
    size = len(tuples.sport)
    every = np.concatenate([tuples.src, tuples.dst])
    number = np.unique(every, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    ends = number[:size], number[size:]
    return np.asarray(np.minimum(*ends) * (2 * size + 1) + np.maximum(*ends), np.int64)


def _between(pair: I64, stamps: I64, mine: I64, low: I64, high: I64) -> I64:
    """Count per row the stamps of its pair in [low, high]; ``pair`` and ``stamps`` are sorted by both."""
    found = np.zeros(len(mine), np.int64)
    for at, number in enumerate(mine.tolist()):
        first, last = np.searchsorted(pair, number), np.searchsorted(pair, number, side="right")
        part = stamps[first:last]
        found[at] = np.searchsorted(part, high[at], side="right") - np.searchsorted(part, low[at])
    return found


def _finding(view: View, hop: int, direction: int, cut: Cut) -> Finding:
    near, far = view.upstream(hop, direction), view.downstream(hop, direction)
    where, flows = view.between(hop, direction), len(cut.flow)
    shortest, longest = duration(int(cut.idle_ns.min())), duration(int(cut.idle_ns.max()))
    pause = shortest if shortest == longest else f"{shortest} to {longest}"
    return Finding(
        id=f"nat-state-lost/reset/{hop}/{direction}",
        code="nat-state-lost",
        severity=CATALOGUE["nat-state-lost"].severity,
        grade="likely",
        title=f"{counted(flows, 'flow')} reset between {where} after a silence of {pause}",
        explanation=(
            f"{verb(flows, 'It', 'They')} crossed this hop in both directions, then nothing was said for {pause}; what "
            f"is sent after that is at {view.name(near)} and not at {view.name(far)}, and a RST answers it within "
            f"{duration(int(cut.gap_ns.max()))}, while other traffic of the same hosts crosses: a NAT or firewall "
            "forgot the flow and answers in its end's name."
        ),
        hop=view.hop(hop),
        direction=view.direction_name(direction),
        quantity=int(cut.idle_ns.min()),
        unit="ns",
        flows=tuple(cut.flow.tolist()[:1000]),
        packet=int(cut.used[0]),
        evidence=_evidence(view, near, cut),
        settle=f"The idle timeout of what keeps state between {where}; keep-alives below it would cure this.",
    )


def _evidence(view: View, near: int, cut: Cut) -> tuple[FrameRef, ...]:
    refs: list[FrameRef] = []
    for at in range(min(3, len(cut.flow))):
        refs += view.cite(int(cut.quiet[at]), near, "last before the silence")
        refs += view.cite(int(cut.used[at]), near, "sent after it, never crosses")
        refs += view.cite(int(cut.reset[at]), near, "the reset that answers it")
    return tuple(refs)
