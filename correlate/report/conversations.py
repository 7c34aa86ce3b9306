"""Flows and learned translations of report.json.

**In:** joined flows, trajectories, translation groups. **Out:** plain dicts; tuples run initiator -> responder.
**Method:** counts and times over distinct packets (each once, however many vantages saw it), in one pass
(``totals_kernel.py``).
**Not here:** how a translation was learned (``match``, ``metrics``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from correlate.model.arrays import I64, frozen
from correlate.model.correlation import Correlation
from correlate.model.metrics import TranslationGroup
from correlate.model.path import Direction
from correlate.report.endpoints import (
    endpoints_of,
    flow_endpoints,
    icmp_types,
    oriented_tuple,
    protocol_name,
    tuple_community_id,
)
from correlate.report.limits import EXAMPLES, LIMIT
from correlate.report.places import hop_names, in_path_order
from correlate.report.rewritten import rewritten_json
from correlate.report.totals_kernel import shorten, sum_flows

NEVER = 2**63 - 1


class FlowTotals(NamedTuple):
    """Per joined flow: packets, IP bytes, first and last time on the reference clock (``NEVER``, -``NEVER``: none)."""

    packets: I64
    bytes: I64
    first_ns: I64
    last_ns: I64


def flow_totals(correlation: Correlation) -> FlowTotals:
    """Return the totals of every joined flow over packets seen on the path.

    A packet counts once, with the least ``ip_len`` that any vantage saw: a super-segment that others hold in pieces
    would else count once per piece.
    """
    size, table = len(correlation.joined), correlation.trajectories
    totals = FlowTotals(np.zeros(size, np.int64), np.zeros(size, np.int64), np.full(size, NEVER), np.full(size, -NEVER))
    rows, length = frozen(table.rows, np.int64), np.full(len(table), np.iinfo(np.int32).max, np.int32)
    for place, vantage in enumerate(correlation.path.order):
        shorten(rows, place, frozen(correlation.packets[vantage].columns.ip_len, np.int32), length)
    kept = frozen(np.zeros(0) if correlation.in_scope is None else correlation.in_scope, np.bool_)
    sum_flows(rows, frozen(table.time_ns, np.int64), frozen(table.flow, np.int32), kept, frozen(length), *totals)
    return totals


def flows_json(correlation: Correlation) -> dict[str, Any]:
    """Return the count of flows and at most 1000 of them: those that findings name, then the largest."""
    totals = flow_totals(correlation)
    told = _told_flows(correlation, totals)
    types = [icmp_types(packets) for packets in correlation.packets]
    named = [flow for finding in correlation.findings for flow in finding.flows]
    largest = told[np.argsort(-totals.packets[told], kind="stable")][:LIMIT].tolist()
    chosen = sorted(int(flow) for flow in list(dict.fromkeys([*named, *largest]))[:LIMIT])
    rewritten = rewritten_json(correlation, chosen)
    items = [{**_flow_json(correlation, flow, totals, types), "rewritten": rewritten[flow]} for flow in chosen]
    return {"count": len(told), "items": items}


def _told_flows(correlation: Correlation, totals: FlowTotals) -> I64:
    """Return the flows to tell of: all, or those with packets that the user's options keep."""
    if correlation.in_scope is None:
        return np.arange(len(correlation.joined), dtype=np.int64)
    return np.flatnonzero(totals.packets > 0)


def _flow_json(
    correlation: Correlation, flow: int, totals: FlowTotals, types: list[dict[int, tuple[int, int]]]
) -> dict[str, Any]:
    tuples, labels = {}, {}
    for vantage in in_path_order(correlation):
        found = oriented_tuple(correlation, flow, vantage)
        if found is not None:
            name, (row, is_turned) = correlation.vantages[vantage].name, found
            endpoints = endpoints_of(correlation.packets[vantage].tuples, row)
            tuples[name] = list(endpoints.reversed() if is_turned else endpoints)
            labels[name] = tuple_community_id(correlation.packets[vantage].tuples, row, types[vantage])
    is_on_path = int(totals.packets[flow]) > 0
    packets, size = int(totals.packets[flow]), int(totals.bytes[flow])
    if not is_on_path:
        packets, size = _own_totals(correlation, flow)
    return {
        "flow": flow,
        "protocol": protocol_name(int(correlation.joined.proto[flow])),
        "initiator": _initiator_side(int(correlation.path.flow_direction[flow])),
        "tuples": tuples,
        "packets": packets,
        "bytes": size,
        "first_ns": int(totals.first_ns[flow]) if is_on_path else None,
        "last_ns": int(totals.last_ns[flow]) if is_on_path else None,
        "community_id": labels,
    }


def _own_totals(correlation: Correlation, flow: int) -> tuple[int, int]:
    """Return packets and bytes of a flow that only an unplaced vantage saw."""
    for vantage, table in enumerate(correlation.flows):
        member = int(correlation.joined.member[flow, vantage])
        if member >= 0:
            return int(table.columns.packets[member]), int(table.columns.bytes[member])
    return 0, 0


def _initiator_side(direction: int) -> str | None:
    if direction == Direction.FORWARD:
        return "client-side"
    return "server-side" if direction == Direction.REVERSE else None


def translations_json(correlation: Correlation) -> list[dict[str, Any]]:
    """Return one entry per hop and kind of translation, with examples."""
    return [
        {
            "hop": list(hop_names(correlation, group.hop)),
            "kind": group.kind,
            "flows": len(group.flows),
            "examples": translation_examples(correlation, group, EXAMPLES),
        }
        for group in correlation.metrics.translations
    ]


def translation_examples(correlation: Correlation, group: TranslationGroup, count: int) -> list[dict[str, Any]]:
    """Return up to ``count`` flows with their tuple at both ends of the hop, initiator first."""
    near, far = correlation.path.order[group.hop], correlation.path.order[group.hop + 1]
    examples: list[dict[str, Any]] = []
    for flow in group.flows:
        before, after = (flow_endpoints(correlation, int(flow), vantage) for vantage in (near, far))
        if before is not None and after is not None:
            examples.append({"flow": int(flow), "from": list(before), "to": list(after)})
        if len(examples) == count:
            break
    return examples
