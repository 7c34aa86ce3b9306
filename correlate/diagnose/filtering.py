"""Findings about captures that leave out whole hosts or classes of packets.

In: fates ``not_captured`` because of a filter or of another way. Out: ``capture-filtered`` per vantage.
Method: a filter that the file records is a fact. An unrecorded one shows as hosts of which the capture holds nothing at
all although their conversations, answers included, are seen before it. Where the vantage is the very host that gives
those answers there is no other way for them; elsewhere they may take one, and this is only suspected.
Not here: single packets that a capture lacks (``capture.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.targets import address_text, find_targets, is_own_host
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, verb
from correlate.model.arrays import I64
from correlate.model.findings import Finding
from correlate.model.trajectories import Fate, Reason

LEAST_HOSTS = 2
"""Hosts that must be wholly absent before a filter is suspected."""


def find_filters(view: View) -> Iterator[Finding]:
    """Yield at most one finding per vantage."""
    for place in range(view.places):
        yield from _recorded(view, place)
    for hop, direction in view.ways():
        yield from _suspected(view, hop, direction)


def _recorded(view: View, place: int) -> Iterator[Finding]:
    """Tell of packets that a filter recorded in the file kept out."""
    vantage = view.run.vantages[view.run.path.order[place]]
    filters = sorted({one.capture_filter for one in vantage.interfaces if one.capture_filter})
    if not filters:
        return
    fates = view.run.fates
    rows = np.flatnonzero(fates.reason == Reason.FILTERED)
    rows = rows[view.blamed_place(rows) == place]
    if len(rows) == 0:
        return
    packets = np.unique(fates.packet[rows])
    yield Finding(
        id=f"capture-filtered/{place}",
        code="capture-filtered",
        severity=CATALOGUE["capture-filtered"].severity,
        grade="proven",
        title=f"The capture at {vantage.name} was taken with the filter '{filters[0]}'",
        explanation=(
            f"{counted(len(packets), 'packet')} seen before it {verb(len(packets), 'is', 'are')} not in it; the filter "
            "explains that, so nothing is said about their fate."
        ),
        vantage=vantage.name,
        quantity=len(packets),
        unit="packets",
        packet=int(packets[0]),
        evidence=view.refs(packets[:3].tolist(), note=f"not in the capture at {vantage.name}", limit=4),
    )


def _suspected(view: View, hop: int, direction: int) -> Iterator[Finding]:
    """Tell of initiators whose conversations are whole before the hop and leave no packet beyond it."""
    up, down = view.upstream(hop, direction), view.downstream(hop, direction)
    packets = _hidden(view, hop, direction, (up, down))
    hosts, _ = _initiators(view, packets, up)
    if hosts < LEAST_HOSTS:
        return
    targets, _ = find_targets(view, packets, up)
    is_end = bool(targets) and all(is_own_host(view, target, down) for target in targets)
    name = view.name(down)
    examples = sorted({address_text(target.address, target.version) for target in targets})
    to = f"{', '.join(examples[:3])}{' ...' if len(examples) > 3 else ''}"
    flows = len(np.unique(view.run.trajectories.flow[packets]))
    yield Finding(
        id=f"capture-filtered/suspected/{down}/{direction}",
        code="capture-filtered",
        severity=CATALOGUE["capture-filtered"].severity,
        grade="likely" if is_end else "inconclusive",
        title=(
            f"The capture at {name} holds nothing of {counted(hosts, 'host')}"
            f"{': filtered out' if is_end else ': filtered out, or on another path'}"
        ),
        explanation=(
            f"{counted(flows, 'conversation')} of {verb(hosts, 'it', 'them')} with {to} "
            f"{verb(flows, 'is', 'are')} seen at {view.name(up)}, answers included, and not one packet at {name}, "
            "which holds others. Whole hosts are left out by a filter, not by loss."
        ),
        vantage=name,
        quantity=len(packets),
        unit="packets",
        flows=view.flows_of(packets),
        packet=int(packets[0]),
        evidence=view.refs(packets[:3].tolist(), note=f"its host is not in the capture at {name}", limit=4),
        settle=f"How the capture at {name} was filtered; the unfiltered file.",
    )


def _hidden(view: View, hop: int, direction: int, places: tuple[int, int]) -> I64:
    """Return packets of answered flows of this direction of which the far vantage holds nothing, as whole hosts."""
    up, down = places
    table, fates = view.run.trajectories, view.run.fates
    flows = len(view.run.joined)
    rows = view.on_way(view.undelivered, hop, direction)
    rows = rows[(fates.fate[rows] == Fate.NOT_CAPTURED) & (fates.reason[rows] == Reason.BYPASS)]
    packets: I64 = fates.packet[rows[view.blamed_place(rows) == down]]
    packets = packets[table.is_outbound[packets]]
    if len(packets) == 0:
        return packets
    is_shown = np.bincount(table.flow[view.is_seen[:, down]], minlength=flows) > 0
    answered = np.bincount(table.flow[view.is_seen[:, up] & ~table.is_outbound], minlength=flows) > 0
    packets = packets[(~is_shown & answered)[table.flow[packets]] & view.is_seen[packets, up]]
    if len(packets) == 0:
        return packets
    # A host that shows anywhere beyond is not left out as a whole.
    source = _sources(view, up)
    outbound = np.flatnonzero(view.is_seen[:, up] & table.is_outbound & (table.direction == direction))
    mine = source[view.values("tuple_id", outbound, up)]
    visible = np.unique(mine[is_shown[table.flow[outbound]]])
    hidden: I64 = packets[~np.isin(source[view.values("tuple_id", packets, up)], visible)]
    return hidden


def _sources(view: View, place: int) -> I64:
    """Return a number for each tuple's source address."""
    tuples = view.run.packets[view.run.path.order[place]].tuples
    raw = np.ascontiguousarray(tuples.src).view(np.dtype((np.void, 16))).reshape(-1)
    number: I64 = np.unique(raw, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return number


def _initiators(view: View, packets: I64, place: int) -> tuple[int, I64]:
    """Return how many hosts sent these packets, and which."""
    if len(packets) == 0:
        return 0, packets
    hosts = np.unique(_sources(view, place)[view.values("tuple_id", packets, place)])
    return len(hosts), hosts
