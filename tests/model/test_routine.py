"""``model.routine``: what is kept as a rule reads as the rows that it stands for."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.metrics import find_mutations, worth
from correlate.model.mutations import MutationTable
from correlate.model.routine import no_routine
from correlate.scope import restrict_mutations
from tests.metrics.test_routine import _world


@pytest.fixture
def tables(monkeypatch) -> tuple[MutationTable, MutationTable]:
    """The changes of one world, the routine ones as a rule and as rows."""
    world = _world(5)
    made = []
    for worth_it in (0, 10**9):
        monkeypatch.setattr(worth, "LEAST_ROWS", worth_it)
        made.append(find_mutations(world.packets, world.joined(), world.path, world.trajectories, world.fetch))
    return made[0], made[1]


def _rows(columns) -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_one_packet_has_the_rows_that_it_has_in_the_table(tables) -> None:
    """``of`` against all rows; packets of rules, of rows, of both on different hops, and of none."""
    table, plain = tables
    assert table.routine is not None
    everything = _rows(plain.columns)
    kinds = set()
    for packet in range(len(table.routine.rows)):
        mine = [row for row in everything if row[0] == packet]
        assert _rows(table.of(packet)) == mine
        assert _rows(plain.of(packet)) == mine
        kinds.add((len(mine) > 0, bool((table.odd.packet == packet).any())))
    assert kinds == {(False, False), (True, False), (True, True)}


def test_what_is_not_expected_is_never_kept_as_a_rule(tables) -> None:
    """Rules that look for news read ``odd`` alone."""
    table, plain = tables
    news = [row for row in _rows(plain.columns) if not row[4]]
    assert [row for row in _rows(table.odd) if not row[4]] == news
    assert news


def test_a_mask_of_packets_cuts_rules_and_rows_alike(tables) -> None:
    """``Routine.only``: packets keep their numbers."""
    table, plain = tables
    kept = np.arange(len(table.routine.rows)) % 3 == 1
    left = restrict_mutations(table, kept)
    assert _rows(left.columns) == [row for row in _rows(plain.columns) if row[0] % 3 == 1]
    assert _rows(left.of(0)) == []
    assert left.of(0).packet.dtype == table.columns.packet.dtype


def test_a_hop_without_routine_has_the_types_of_one_with(tables) -> None:
    """Else kernels would be compiled for both."""
    one, nothing = tables[0].routine.hops[0], no_routine(0)
    assert len(nothing.mask) == 0
    for end, other in ((one.near, nothing.near), (one.far, nothing.far)):
        assert [column.dtype for column in end] == [column.dtype for column in other]
        assert not any(column.flags.writeable for column in (*end, *other, one.mask, nothing.mask))
