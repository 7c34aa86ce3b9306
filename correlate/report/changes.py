"""Mutations of report.json, grouped.

**In:** ``MutationTable``. **Out:** one entry per (hop, direction, field, kind, expected, before, after) with its count.
**Method:** one code per group key without values, one sort of those; then distinct values inside each group. A group
of many distinct values (checksums, identifiers) becomes one entry without values.
**Not here:** single changes (``mutations.parquet``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.mutations import MutationKind
from correlate.model.ordering import stable_order
from correlate.model.path import Direction
from correlate.report.limits import EXAMPLES
from correlate.report.places import frame_of, hop_names

MANY = 16
"""Distinct (before, after) pairs beyond which a group is told as one: nobody reads 10,000 checksums."""

SAMPLE = 2048
"""Rows looked at first: a group of many values is recognised without sorting it whole."""

DIRECTION_NAMES = {Direction.FORWARD: "forward", Direction.REVERSE: "reverse", Direction.UNKNOWN: None}


def mutation_groups(correlation: Correlation) -> list[dict[str, Any]]:
    """Return the groups, unexpected ones first, then in path order, the most frequent first."""
    entries: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    for rows in _rows_by_key(correlation):
        for members, has_values in _by_values(correlation, rows):
            entry = _entry(correlation, members, has_values=has_values)
            hop = int(correlation.mutations.columns.hop[members[0]])
            entries.append(((entry["expected"], hop, -entry["count"], entry["field"]), entry))
    return [entry for _key, entry in sorted(entries, key=lambda pair: pair[0])]


def _rows_by_key(correlation: Correlation) -> list[I64]:
    """Return the mutation rows of each (hop, direction, field, kind, expected), ascending."""
    columns = correlation.mutations.columns
    if len(columns.packet) == 0:
        return []
    directions = np.asarray(correlation.trajectories.direction + 1, np.int32)
    # Some hops times some hundreds of fields: 31 bits are plenty, and half as much to touch.
    code = columns.hop.astype(np.int32)
    for part, radix in (
        (directions[columns.packet], 3),
        (columns.field, max(1, len(correlation.mutations.fields))),
        (columns.kind, len(MutationKind)),
        (columns.expected, 2),
    ):
        code *= radix
        code += part
    order = stable_order(code)
    starts = np.flatnonzero(np.diff(code[order])) + 1
    return [np.asarray(part, np.int64) for part in np.split(order, starts)]


def _by_values(correlation: Correlation, rows: I64) -> list[tuple[I64, bool]]:
    """Split a group by (before, after); a group of many distinct pairs stays whole and is marked so."""
    columns = correlation.mutations.columns
    sample = rows[:SAMPLE]
    if len(_distinct(columns.before[sample], columns.after[sample])[0]) > MANY:
        return [(rows, False)]
    firsts, which = _distinct(columns.before[rows], columns.after[rows])
    if len(firsts) > MANY:
        return [(rows, False)]
    return [(rows[which == value], True) for value in range(len(firsts))]


def _distinct(before: I64, after: I64) -> tuple[I64, I64]:
    """Return the first position of each distinct pair, and which pair each position has."""
    _values, left = np.unique(before, return_inverse=True)
    _values, right = np.unique(after, return_inverse=True)
    pair = left.astype(np.int64) * (len(before) + 1) + right
    _pairs, first, which = np.unique(pair, return_index=True, return_inverse=True)
    return np.asarray(first, np.int64), np.asarray(which, np.int64)


def _entry(correlation: Correlation, rows: I64, *, has_values: bool) -> dict[str, Any]:
    table = correlation.mutations
    columns = table.columns
    first = int(rows[0])
    field = int(columns.field[first])
    direction = Direction(int(correlation.trajectories.direction[columns.packet[first]]))
    return {
        "hop": list(hop_names(correlation, int(columns.hop[first]))),
        "direction": DIRECTION_NAMES[direction],
        "field": table.fields[field],
        "kind": MutationKind(int(columns.kind[first])).code,
        "expected": bool(columns.expected[first]),
        "before": table.text(field, int(columns.before[first])) if has_values else None,
        "after": table.text(field, int(columns.after[first])) if has_values else None,
        "has_values": has_values,
        "count": len(rows),
        "examples": [_example(correlation, int(row)) for row in rows[:EXAMPLES]],
    }


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
