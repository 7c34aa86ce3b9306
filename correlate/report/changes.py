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

from correlate.model.arrays import I64, frozen
from correlate.model.correlation import Correlation
from correlate.model.mutations import MUTATION_DTYPES, MutationColumns, MutationKind
from correlate.model.path import Direction
from correlate.model.routine import no_routine
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


class Tallies(NamedTuple):
    """Per kind of change (its number: ``groups_kernel.py``), int64."""

    totals: I64
    firsts: I64
    """Shape (kinds of change, some): its first packets."""
    distinct: I64
    """Pairs of values; one more than fit if there are too many."""
    values: I64
    """Shape (kinds of change, most, before and after)."""
    counts: I64
    """Shape (kinds of change, most), per pair of values."""
    examples: I64
    """Shape (kinds of change, most, some): the first packets of each pair."""

    @classmethod
    def of(cls, size: int) -> Tallies:
        """Return those of nothing."""
        shapes = (size,), (size, EXAMPLES), (size,), (size, MANY, 2), (size, MANY), (size, MANY, EXAMPLES)
        return cls(*(np.zeros(shape, np.int64) for shape in shapes))


class _Group(NamedTuple):
    """Changes that are told together."""

    number: int
    size: int
    packets: list[int]
    """The first few."""
    values: tuple[int, int] | None
    """None = there are too many."""


def _groups(correlation: Correlation) -> Iterator[_Group]:
    """Yield the groups by hop, direction, field, kind and ``expected``, then by their values."""
    found = _counted(correlation)
    for number in np.flatnonzero(found.totals).tolist():
        if found.distinct[number] > MANY:
            total = int(found.totals[number])
            yield _Group(number, total, found.firsts[number, : min(total, EXAMPLES)].tolist(), None)
            continue
        used = slice(0, int(found.distinct[number]))
        for at in np.lexsort(found.values[number, used].T[::-1]).tolist():
            count = int(found.counts[number, at])
            packets = found.examples[number, at, : min(count, EXAMPLES)].tolist()
            before, after = found.values[number, at].tolist()
            yield _Group(number, count, packets, (before, after))


def _counted(correlation: Correlation) -> Tallies:
    """Count the changes of all hops."""
    table, trajectories = correlation.mutations, correlation.trajectories
    shape = len(table.fields), len(MutationKind)
    hops = correlation.path.hop_count
    found = Tallies.of(2 * shape[1] * shape[0] * 3 * max(1, hops))
    odd = MutationColumns(*map(frozen, table.odd, MUTATION_DTYPES))
    rows, direction = frozen(trajectories.rows, np.int64), frozen(trajectories.direction, np.int8)
    fields = frozen(np.zeros((0, 0)) if table.routine is None else table.routine.fields, np.int64)
    routine = {} if table.routine is None else {one.hop: one for one in table.routine.hops}
    for hop in range(hops):
        one = routine.get(hop, no_routine(hop))
        count_changes(odd, rows, hop, one.mask, direction, one.near, one.far, fields, shape, found)
    return found


def _entry(correlation: Correlation, group: _Group) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a group as JSON, after what it is sorted by."""
    table = correlation.mutations
    rest, is_expected = divmod(group.number, 2)
    rest, kind = divmod(rest, len(MutationKind))
    rest, field = divmod(rest, len(table.fields))
    hop, direction = divmod(rest, 3)
    before, after = (None, None) if group.values is None else (table.text(field, value) for value in group.values)
    entry = {
        "hop": list(hop_names(correlation, hop)),
        "direction": DIRECTION_NAMES[Direction(direction - 1)],
        "field": table.fields[field],
        "kind": MutationKind(kind).code,
        "expected": bool(is_expected),
        "before": before,
        "after": after,
        "has_values": group.values is not None,
        "count": group.size,
        "examples": [_example(correlation, packet, hop) for packet in group.packets],
    }
    return (entry["expected"], hop, -group.size, entry["field"]), entry


def _example(correlation: Correlation, packet: int, hop: int) -> dict[str, Any]:
    ends = [_frame_json(correlation, packet, place) for place in (hop, hop + 1)]
    return {"packet": packet + 1, "from": ends[0], "to": ends[1]}


def _frame_json(correlation: Correlation, packet: int, place: int) -> dict[str, Any] | None:
    """Return file and frame of a packet at a place; None = not seen there."""
    row = int(correlation.trajectories.rows[packet, place])
    if row < 0:
        return None
    file, frame = frame_of(correlation, correlation.path.order[place], row)
    return {"file": file, "frame": frame}
