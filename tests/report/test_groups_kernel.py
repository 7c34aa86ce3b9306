"""``report.groups_kernel`` against counters over the rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from correlate.metrics import find_mutations, worth
from correlate.model.arrays import frozen
from correlate.model.mutations import MUTATION_DTYPES, MutationColumns
from correlate.model.routine import no_routine
from correlate.report.changes import Tallies
from correlate.report.groups_kernel import count_changes
from tests.metrics.test_routine import _world

FIELDS, KINDS, SOME, MOST, HOPS = 60, 4, 2, 4, 2
"""As many as there are: their numbers leave 8 bits."""


def _tallies(size: int) -> Tallies:
    shapes = (size,), (size, SOME), (size,), (size, MOST, 2), (size, MOST), (size, MOST, SOME)
    return Tallies(*(np.zeros(shape, np.int64) for shape in shapes))


def _agree(found: Tallies, packet, number, pairs) -> None:
    """Compare with counters over rows sorted by packet."""
    pairs = list(zip(number, *pairs, strict=True))
    assert {n: int(found.totals[n]) for n in np.flatnonzero(found.totals)} == dict(Counter(number))
    for n in set(number):
        mine = Counter(pair[1:] for pair in pairs if pair[0] == n)
        of_kind = [p for p, m in zip(packet, number, strict=True) if m == n]
        assert found.firsts[n, : min(SOME, len(of_kind))].tolist() == of_kind[:SOME]
        if len(mine) > MOST:
            assert found.distinct[n] == MOST + 1
            continue
        assert found.distinct[n] == len(mine)
        for at in range(len(mine)):
            pair = tuple(found.values[n, at].tolist())
            assert found.counts[n, at] == mine[pair]
            first = [p for p, one in zip(packet, pairs, strict=True) if one == (n, *pair)][:SOME]
            assert found.examples[n, at, : len(first)].tolist() == first


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(4))
def test_changes_are_counted_by_kind_and_by_value(seed: int) -> None:
    """Kinds with too many pairs of values keep their totals only."""
    rng = np.random.default_rng(seed)
    rows = 4000
    packet, direction = np.sort(rng.integers(0, 50, rows)), rng.integers(-1, 2, 50)
    hop, field, kind, expected = (rng.integers(0, most, rows) for most in (HOPS, FIELDS, KINDS, 2))
    before, after = rng.integers(0, 3, rows), np.where(field % 2 == 1, rng.integers(0, 9, rows), 5)
    odd = MutationColumns(*map(frozen, (packet, hop, field, kind, expected, before, after), MUTATION_DTYPES))
    found = _tallies(HOPS * 3 * FIELDS * KINDS * 2)
    nothing = frozen(np.zeros((0, 0)), np.int64)
    counted = 0
    for place in range(HOPS):
        one = no_routine(place)
        ways = frozen(np.zeros((50, 2)), np.int64), place, one.mask, frozen(direction, np.int8), one.near, one.far
        counted += count_changes(odd, *ways, nothing, (FIELDS, KINDS), found)
    assert counted == rows
    number = ((((hop * 3 + direction[packet] + 1) * FIELDS + field) * KINDS + kind) * 2 + expected).tolist()
    _agree(found, packet.tolist(), number, (before.tolist(), after.tolist()))
    assert (found.distinct == MOST + 1).any()


def test_rules_count_as_the_rows_that_they_stand_for(monkeypatch) -> None:
    """Routine packets between odd ones, both directions, several families, two hops."""
    monkeypatch.setattr(worth, "LEAST_ROWS", 0)
    world = _world(7)
    table = find_mutations(world.packets, world.joined(), world.path, world.trajectories, world.fetch)
    assert len(table.odd.packet) > 100
    assert len(table.columns.packet) > len(table.odd.packet) + 100
    direction, kinds = frozen(world.trajectories.direction, np.int8), 4
    found = _tallies(HOPS * 3 * len(table.fields) * kinds * 2)
    for one in table.routine.hops:
        ways = table.routine.rows, one.hop, one.mask, direction, one.near, one.far, table.routine.fields
        count_changes(table.odd, *ways, (len(table.fields), kinds), found)
    packet, hop, field, kind, expected, before, after = (column.astype(np.int64) for column in table.columns)
    number = (((hop * 3 + direction[packet] + 1) * len(table.fields) + field) * kinds + kind) * 2 + expected
    _agree(found, packet.tolist(), number.tolist(), (before.tolist(), after.tolist()))
