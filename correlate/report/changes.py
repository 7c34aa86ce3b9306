"""Mutations of report.json, grouped.

**In:** ``MutationTable``. **Out:** one entry per (hop, direction, field, kind, expected, before, after) with its count.
**Method:** one pass over the changes (``groups_kernel.py``). A group of many distinct values (checksums, identifiers)
becomes one entry without values.
**Not here:** single changes (``mutations.parquet``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from correlate.model.arrays import freeze, frozen
from correlate.model.correlation import Correlation
from correlate.model.mutations import MutationKind
from correlate.model.path import Direction
from correlate.report.groups_kernel import count_changes
from correlate.report.limits import EXAMPLES
from correlate.report.places import frame_of, hop_names

MANY = 16
"""Distinct (before, after) pairs beyond which a group is told as one: nobody reads 10,000 checksums."""

DIRECTION_NAMES = {Direction.FORWARD: "forward", Direction.REVERSE: "reverse", Direction.UNKNOWN: None}


def mutation_groups(correlation: Correlation) -> list[dict[str, Any]]:
    """Return the groups, unexpected ones first, then in path order, the most frequent first."""
    entries = [_entry(correlation, group) for group in _groups(correlation)]
    return [entry for _key, entry in sorted(entries, key=lambda pair: pair[0])]


class _Group(NamedTuple):
    """Changes that are told together."""

    size: int
    first: list[int]
    """The first few of its rows."""
    has_values: bool


def _groups(correlation: Correlation) -> Iterator[_Group]:
    """Yield the groups by hop, direction, field, kind and ``expected``, then by their values."""
    columns, fields = correlation.mutations.columns, len(correlation.mutations.fields)
    numbers = 2 * len(MutationKind) * fields * 3 * max(1, correlation.path.hop_count)
    totals, distinct = np.zeros(numbers, np.int64), np.zeros(numbers, np.int64)
    firsts, examples = np.zeros((numbers, EXAMPLES), np.int64), np.zeros((numbers, MANY, EXAMPLES), np.int64)
    values, counts = np.zeros((numbers, MANY, 2), np.int64), np.zeros((numbers, MANY), np.int64)
    direction = frozen(correlation.trajectories.direction, np.int8)
    shape = direction, fields, len(MutationKind)
    count_changes(*freeze(columns), *shape, totals, firsts, distinct, values, counts, examples)
    for number in np.flatnonzero(totals).tolist():
        if distinct[number] > MANY:
            total = int(totals[number])
            yield _Group(total, firsts[number, : min(total, EXAMPLES)].tolist(), has_values=False)
            continue
        used = slice(0, int(distinct[number]))
        for at in np.lexsort(values[number, used].T[::-1]).tolist():
            count = int(counts[number, at])
            yield _Group(count, examples[number, at, : min(count, EXAMPLES)].tolist(), has_values=True)


def _entry(correlation: Correlation, group: _Group) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a group as JSON, after what it is sorted by."""
    table = correlation.mutations
    columns = table.columns
    first = group.first[0]
    field, hop = int(columns.field[first]), int(columns.hop[first])
    direction = Direction(int(correlation.trajectories.direction[columns.packet[first]]))
    entry = {
        "hop": list(hop_names(correlation, hop)),
        "direction": DIRECTION_NAMES[direction],
        "field": table.fields[field],
        "kind": MutationKind(int(columns.kind[first])).code,
        "expected": bool(columns.expected[first]),
        "before": table.text(field, int(columns.before[first])) if group.has_values else None,
        "after": table.text(field, int(columns.after[first])) if group.has_values else None,
        "has_values": group.has_values,
        "count": group.size,
        "examples": [_example(correlation, row) for row in group.first],
    }
    return (entry["expected"], hop, -group.size, entry["field"]), entry


def _example(correlation: Correlation, row: int) -> dict[str, Any]:
    columns = correlation.mutations.columns
    packet, hop = int(columns.packet[row]), int(columns.hop[row])
    ends = [_frame_json(correlation, packet, place) for place in (hop, hop + 1)]
    return {"packet": packet + 1, "from": ends[0], "to": ends[1]}


def _frame_json(correlation: Correlation, packet: int, place: int) -> dict[str, Any] | None:
    """Return file and frame of a packet at a place; None = not seen there."""
    row = int(correlation.trajectories.rows[packet, place])
    if row < 0:
        return None
    file, frame = frame_of(correlation, correlation.path.order[place], row)
    return {"file": file, "frame": frame}
