"""The packets of one direction, step by step along their own way, and what every step holds of each flow.

**In:** :class:`~correlate.trajectories.scene.Scene`. **Out:** :class:`~correlate.trajectories.scene.Travel`.

**Method:** one pass over the packets and one per step, by kernels where there are many; few are done by columns. Tests
hold both ways to one result.

**Not here:** the types (``scene.py``), rules.
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I16, I32, I64, Bool, frozen
from correlate.trajectories.scene import FlowSums, Scene, Travel
from correlate.trajectories.travel_kernel import gather_travel, sum_flows
from correlate.trajectories.worth import is_worth_a_kernel

INITIAL_TTLS = (32, 64, 128, 255)
"""A packet that still has one of these came from a host with no router in between."""


def view_travel(scene: Scene, direction: int) -> Travel:
    """Return the packets that travel in ``direction`` (1 forward, -1 reverse) in their own order of steps."""
    if not is_worth_a_kernel(len(scene.table)):
        return view_by_column(scene, direction)
    table, places = scene.table, _places(scene, direction)
    count, steps = np.count_nonzero(table.direction == direction), len(places)
    packets, flow = np.empty(count, np.int64), np.empty(count, np.int64)
    first, last = np.empty(count, np.int16), np.empty(count, np.int16)
    rows, held = np.empty((steps, count), np.int32), np.empty((steps, count), np.bool_)
    took_ns = gather_travel(
        table.rows,
        table.direction,
        direction,
        frozen(scene.stretches.conversation),
        table.time_ns,
        table.is_ambiguous,
        packets,
        flow,
        first,
        last,
        rows,
        held,
    )
    sums, is_fresh = _nothing(scene.flow_count, steps), _fresh_ttls()
    for step, place in enumerate(places):
        columns = scene.places[place].packets.columns
        following = rows[min(step + 1, steps - 1)]
        of_step = tuple(column[:, step] for column in sums)
        sum_flows(
            rows[step], following, last, step, flow, columns.ttl, columns.tuple_id, columns.ip_len, is_fresh, *of_step
        )
    return _travel(direction, places, (packets, flow, first, last), rows, held, int(took_ns), sums)


def view_by_column(scene: Scene, direction: int) -> Travel:
    """Return the same as :func:`view_travel`, by columns."""
    table, places = scene.table, _places(scene, direction)
    packets = np.flatnonzero(table.direction == direction)
    rows = np.ascontiguousarray(table.rows[packets][:, ::direction].T, np.int32)
    held = rows >= 0
    flow = scene.stretches.conversation[packets].astype(np.int64)
    first, last = np.zeros(len(packets), np.int16), np.zeros(len(packets), np.int16)
    for step in range(len(places)):
        last[held[step]] = step
        first[held[-1 - step]] = len(places) - 1 - step
    sums, is_fresh = _nothing(scene.flow_count, len(places)), _fresh_ttls()
    for step, place in enumerate(places):
        at, columns = np.flatnonzero(held[step]), scene.places[place].packets.columns
        row, of_flow = rows[step, at], flow[at]
        tuples = columns.tuple_id[row]
        sums.held[:, step] = np.bincount(of_flow, minlength=scene.flow_count)
        sums.fresh[:, step] = np.bincount(of_flow[is_fresh[columns.ttl[row]]], minlength=scene.flow_count)
        sums.tuple_id[of_flow, step] = tuples
        sums.is_one_tuple[of_flow[sums.tuple_id[of_flow, step] != tuples], step] = False
        np.maximum.at(sums.last_row[:, step], of_flow, row)
        crosses = last[at] > step
        np.maximum.at(sums.last_crossing[:, step], of_flow[crosses], row[crosses])
        np.maximum.at(sums.largest[:, step], of_flow[crosses], columns.ip_len[row[crosses]])
        if step + 1 < len(places):
            sums.crossed[:, step] = np.bincount(of_flow[held[step + 1, at]], minlength=scene.flow_count)
    took_ns = _longest(scene, places, packets, first, last)
    return _travel(direction, places, (packets, flow, first, last), rows, held, took_ns, sums)


def _places(scene: Scene, direction: int) -> tuple[int, ...]:
    return tuple(range(len(scene.places)))[::direction]


def _fresh_ttls() -> Bool:
    return np.isin(np.arange(256), INITIAL_TTLS)


def _nothing(flows: int, steps: int) -> FlowSums:
    """Return sums of no packets."""
    held, fresh = (np.zeros((steps, flows), np.int64).T for _ in range(2))
    crossed, largest = (np.zeros((steps, flows), np.int32).T for _ in range(2))
    last_row, last_crossing = (np.full((steps, flows), -1, np.int32).T for _ in range(2))
    tuple_id, is_one_tuple = np.full((steps, flows), -1, np.int64).T, np.ones((steps, flows), np.bool_).T
    return FlowSums(held, fresh, tuple_id, is_one_tuple, crossed, largest, last_row, last_crossing)


def _longest(scene: Scene, places: tuple[int, ...], packets: I64, first: I16, last: I16) -> int:
    through = np.flatnonzero((last > first) & ~scene.table.is_ambiguous[packets])
    at, time_ns, where = packets[through], scene.table.time_ns, np.array(places, np.int64)
    took = time_ns[at, where[last[through]]] - time_ns[at, where[first[through]]]
    return int(took.max(initial=0))


def _travel(  # noqa: PLR0913, PLR0917 -- what the two ways to make it have in common
    direction: int,
    places: tuple[int, ...],
    columns: tuple[I64, I64, I16, I16],
    rows: I32,
    held: Bool,
    took_ns: int,
    sums: FlowSums,
) -> Travel:
    packets, flow, first, last = columns
    return Travel(
        direction=direction,
        places=places,
        packets=packets,
        rows=rows.T,
        held=held.T,
        first=first,
        last=last,
        flow=flow,
        took_ns=took_ns,
        of_flows=sums,
    )
