"""``metrics.layout_kernel``: a counting sort, against a plain sort."""

from __future__ import annotations

import numpy as np

from correlate.metrics.compare import Change
from correlate.metrics.mutations import _in_order

HOPS, PACKETS = 3, 50


def naive(changes: list[Change]) -> list[tuple[int, ...]]:
    """All rows, sorted by packet, hop, field."""
    rows = [
        (packet, change.hop, change.field, kind, expected, before, after)
        for change in changes
        for packet, kind, expected, before, after in zip(*(column.tolist() for column in change[2:]), strict=True)
    ]
    return sorted(rows)


def test_rows_are_those_of_a_sort_by_packet_hop_and_field() -> None:
    """Whatever the order in which the changes come."""
    rng = np.random.default_rng(1)
    changes = []
    for hop in range(HOPS):
        for field in range(5):
            packet = np.flatnonzero(rng.random(PACKETS) < 0.4)
            values = rng.integers(-1, 99, (2, len(packet)))
            kind, expected = rng.integers(0, 4, len(packet)).astype(np.int8), rng.random(len(packet)) < 0.5
            changes.append(Change(hop, field, packet, kind, expected, *values))
    shuffled = [changes[at] for at in rng.permutation(len(changes))]
    columns = _in_order(shuffled, packets=PACKETS, hops=HOPS)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == naive(changes)


def test_nothing_changed() -> None:
    """No change, no row; no packet, no hop."""
    assert len(_in_order([], packets=0, hops=0).packet) == 0
