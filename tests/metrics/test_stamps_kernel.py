"""``metrics.stamps_kernel``: stamps read in one pass, against columns."""

from __future__ import annotations

import numpy as np

from correlate.metrics import worth
from correlate.metrics.exchanges import _by_column, _in_pass
from correlate.metrics.transaction_places import Stamps
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk


def _world():
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 2, 0))
    world.trajectories.rows[[1, 4], [0, 2]] = -1
    world.trajectories.is_paired_stamp[3, 1] = False
    return world


def test_round_trips_are_those_of_columns() -> None:
    """Unseen packets and stamps of other packets tell nothing."""
    world = _world()
    ends = np.array([0, 1, 3, 4, 5, 2]), np.array([1, 3, 5, 6, 6, 2])
    tables = [how(world.packets, world.path, world.trajectories, *ends) for how in (_by_column, _in_pass)]
    assert tables[0].tolist() == tables[1].tolist()


def test_stamps_are_those_of_columns(monkeypatch) -> None:
    """Known at the same places, and equal where they are known."""
    world = _world()
    five = [np.array([0, 3]), np.array([0, 3]), np.array([0, 4]), np.array([1, 5]), np.array([1, 6])]
    tables = []
    for least in (10**9, 0):
        monkeypatch.setattr(worth, "LEAST_ROWS", least)
        tables.append(Stamps.of(world.packets, world.path, world.trajectories, five))
    for one, other in zip(tables[0].is_known, tables[1].is_known, strict=True):
        assert one.tolist() == other.tolist()
    assert tables[0].is_told.tolist() == tables[1].is_told.tolist()
    assert (
        np.where(tables[0].is_both, tables[0].rtt_ns, 0).tolist()
        == np.where(tables[1].is_both, tables[1].rtt_ns, 0).tolist()
    )
