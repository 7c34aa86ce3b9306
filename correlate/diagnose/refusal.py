"""Findings about connections that a device on a hop refuses in the name of their target.

In: attempts that fates call answered on a hop, and the resets born there. Out: ``rst-injected`` per target; where the
target itself may have refused, ``cannot-tell``.
Method: rule 0 of algorithms section 3 has been kept by the fates: other flows of the same hosts cross. A capture that
leaves one port out would show the same, so the reset must also come sooner than anything from the target can: less than
half of the quickest of its other round trips at the same vantage, on the same clock.
Not here: resets forged into flows that cross (``origin.py``), ports that swallow attempts (``blocked.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.targets import Target, find_targets, is_own_host, may_have_arrived
from correlate.diagnose.view import TCP_ACK, TCP_RST, TCP_SYN, View
from correlate.diagnose.wording import counted, duration, verb
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding, FrameRef
from correlate.model.metrics import NO_RTT
from correlate.model.trajectories import Fate, Reason

MIN_REFUSED_TUPLES = 2
"""Several 5-tuples must be refused before a hop is blamed; one suffices where the far vantage is the target itself."""

LEAST_TRIPS = 3
"""Round trips to the target that show how quick it can be."""

QUICK = 2
"""A reset this many times sooner than the quickest of them does not come from the target: a stack refuses a little
sooner than it accepts, but not by half of the way."""


@attrs.frozen(kw_only=True)
class Refusals:
    """Attempts to one target that were answered by resets born on a hop."""

    hop: int
    direction: int
    """Of the attempts."""
    target: Target
    flows: I64
    resets: I64
    """First reset of each flow, in the order of ``flows``."""
    gap_ns: I64
    """From the first attempt of each flow to its reset, at the near vantage."""


def find_refusals(view: View) -> Iterator[Finding]:
    """Yield one finding per hop, direction and target."""
    for hop, direction in view.ways():
        attempts = _refused_attempts(view, hop, direction)
        targets, _ = find_targets(view, attempts, view.upstream(hop, direction))
        for target in targets:
            yield _finding(view, _refusals(view, hop, direction, target))


def _refused_attempts(view: View, hop: int, direction: int) -> I64:
    """Return SYNs that ended on the hop, of flows to which the hop answered with resets and nothing else."""
    fates, table = view.run.fates, view.run.trajectories
    over = view.on_way(_plain_rows(view, hop, Fate.ABSORBED, Reason.ANSWERED_ON_HOP), hop, direction)
    born = view.on_way(_plain_rows(view, hop, Fate.ORIGINATED, Reason.BORN_ON_HOP), hop, -direction)
    newborn, packets = fates.packet[born], fates.packet[over]
    is_reset = (view.tcp_flags[newborn] & TCP_RST) != 0
    resets, others = (
        np.bincount(table.flow[newborn[mask]], minlength=len(view.run.joined)) for mask in (is_reset, ~is_reset)
    )
    is_attempt = (view.tcp_flags[packets] & (TCP_SYN | TCP_ACK)) == TCP_SYN
    is_refused = (resets[table.flow[packets]] > 0) & (others[table.flow[packets]] == 0)
    return np.asarray(packets[is_attempt & is_refused], np.int64)


def _plain_rows(view: View, hop: int, fate: Fate, reason: Reason) -> I64:
    """Return rows of the fate table with this fate and reason, of flows that neither end on the hop nor are spliced."""
    fates, rows = view.run.fates, view.undelivered
    rows = rows[(fates.fate[rows] == fate) & (fates.reason[rows] == reason)]
    flow = view.run.trajectories.flow[fates.packet[rows]]
    plain: I64 = rows[~view.is_ended[flow, hop] & ~view.is_spliced[flow, hop]]
    return plain


def _refusals(view: View, hop: int, direction: int, target: Target) -> Refusals:
    table, near = view.run.trajectories, view.upstream(hop, direction)
    packets = target.packets[np.argsort(table.rows[target.packets, near], kind="stable")]
    flows, first = np.unique(table.flow[packets], return_index=True)
    is_reset = (view.tcp_flags & TCP_RST) != 0
    resets = np.flatnonzero(is_reset & view.is_seen[:, near] & np.isin(table.flow, flows))
    resets = resets[table.direction[resets] == -direction]
    resets = resets[np.argsort(table.rows[resets, near], kind="stable")]
    answered, first_reset = np.unique(table.flow[resets], return_index=True)
    asked = view.values("ts_ns", packets[first], near)[np.isin(flows, answered)]
    return Refusals(
        hop=hop,
        direction=direction,
        target=target,
        flows=answered.astype(np.int64),
        resets=resets[first_reset],
        gap_ns=view.values("ts_ns", resets[first_reset], near) - asked,
    )


def _quickest(view: View, found: Refusals) -> int | None:
    """Return the quickest round trip to the target at the near vantage, ns; None = too few to say."""
    near = view.upstream(found.hop, found.direction)
    exchanges = view.run.metrics.exchanges
    rtt = exchanges.rtt_ns[:, near]
    at = np.flatnonzero((rtt != NO_RTT) & (rtt > 0) & ~np.isin(exchanges.flow, found.flows))
    # What a proxy on the way answers says nothing of the target.
    at = at[~view.is_ended[exchanges.flow[at]].any(axis=1) & ~view.is_spliced[exchanges.flow[at]].any(axis=1)]
    tuples = view.run.packets[view.run.path.order[near]].tuples
    is_target = (tuples.dst == found.target.address).all(axis=1) & (tuples.version == found.target.version)
    at = at[is_target[view.values("tuple_id", exchanges.request[at], near)]]
    return int(rtt[at].min()) if len(at) >= LEAST_TRIPS else None


def _is_one_port(view: View, place: int) -> bool:
    """Tell whether one port stands in all that the capture holds: a filter on it explains what is missing."""
    tuples = view.run.packets[view.run.path.order[place]].tuples
    has_ports = tuples.sport >= 0
    if not has_ports.all() or not len(has_ports):
        return False
    return any(((tuples.sport == port) | (tuples.dport == port)).all() for port in (tuples.sport[0], tuples.dport[0]))


def _is_quick(view: View, found: Refusals, quickest: int | None) -> Bool:
    if quickest is None:
        return np.zeros(len(found.gap_ns), np.bool_)
    tick = view.run.vantages[view.run.path.order[view.upstream(found.hop, found.direction)]].tick_ns
    return np.asarray(QUICK * found.gap_ns + 2 * tick <= quickest, np.bool_)


def _finding(view: View, found: Refusals) -> Finding:
    near, far = (at(found.hop, found.direction) for at in (view.upstream, view.downstream))
    quickest = _quickest(view, found)
    is_quick = _is_quick(view, found, quickest)
    is_enough = len(found.flows) >= MIN_REFUSED_TUPLES or is_own_host(view, found.target, far)
    is_enough &= not may_have_arrived(view, found.target, (near, far)) and not _is_one_port(view, far)
    is_sure = is_enough and 2 * int(is_quick.sum()) >= len(found.flows)
    where = view.between(found.hop, found.direction)
    tries = f"{counted(len(found.target.packets), 'attempt')} in {counted(len(found.flows), 'flow')}"
    count = len(found.resets)
    gap = duration(int(np.median(found.gap_ns)))
    trip = "" if quickest is None else f", whose quickest round trip is {duration(quickest)}"
    seen = (
        f"{tries}: none of it is at {view.name(far)}, while other traffic of the same hosts crosses. At "
        f"{view.name(near)} the {verb(count, 'reset comes', 'resets come')} {gap} after the attempt"
    )
    said = Finding(
        id=f"rst-injected/{found.hop}/{-found.direction}/{found.target.text}",
        code="rst-injected",
        severity=CATALOGUE["rst-injected"].severity,
        grade="likely",
        title=f"{found.target.text} is refused between {where}: {counted(count, 'RST')} born there",
        explanation=f"{seen}, sooner than anything from {_host(found)} can{trip}: a filter answers in its name.",
        hop=view.hop(found.hop),
        direction=view.direction_name(-found.direction),
        quantity=count,
        unit="packets",
        flows=view.flows_of(found.resets),
        packet=int(found.resets[0]),
        evidence=_evidence(view, found),
        against=(f"A capture at {view.name(far)} that leaves this port out would lack these packets too.",),
        settle=f"The rules and counters of filters between {where}.",
    )
    return said if is_sure else _open(view, found, said, f"{seen}{trip}.")


def _open(view: View, found: Refusals, said: Finding, seen: str) -> Finding:
    """Return the finding where the target itself may have refused."""
    far = view.name(view.downstream(found.hop, found.direction))
    where = view.between(found.hop, found.direction)
    return attrs.evolve(
        said,
        id=f"cannot-tell/refused/{found.hop}/{found.direction}/{found.target.text}",
        code="cannot-tell",
        severity=CATALOGUE["cannot-tell"].severity,
        grade="inconclusive",
        title=f"{found.target.text} is refused: between {where}, or by the host itself",
        explanation=f"{seen} Nothing tells a filter's reset from the host's own, passed by a capture that missed it.",
        against=(),
        settle=f"A capture at {far} that surely holds this port (no filter, drop counters), or the host's own.",
    )


def _host(found: Refusals) -> str:
    return found.target.text.rpartition(" of ")[2]


def _evidence(view: View, found: Refusals) -> tuple[FrameRef, ...]:
    near = view.upstream(found.hop, found.direction)
    refs: list[FrameRef] = []
    for reset in found.resets[:3].tolist():
        mine = found.target.packets[
            view.run.trajectories.flow[found.target.packets] == view.run.trajectories.flow[reset]
        ]
        refs += [*view.cite(int(mine[0]), near, "attempt"), *view.cite(reset, near, "its reset")]
    return tuple(refs)
