"""``metrics.timeline_kernel``: counting, against a sort."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.metrics import worth
from correlate.metrics.timeline import timeline_at
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk


@pytest.mark.parametrize("seed", range(4))
def test_the_timeline_is_that_of_a_sort(monkeypatch, seed: int) -> None:
    """Packets in any order, several in one frame, some left out, flows that are not wanted."""
    rng = np.random.default_rng(seed)
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 0))
    pick = rng.integers(0, 7, 60)
    table = world.trajectories
    rows = table.rows[pick]
    rows[rng.random(rows.shape) < 0.2] = -1
    table = attrs.evolve(
        table,
        rows=rows,
        flow=rng.integers(0, 5, 60).astype(np.int32),
        direction=table.direction[pick],
        is_outbound=table.is_outbound[pick],
        is_ambiguous=rng.random(60) < 0.1,
        duplicate_of=np.where(rng.random(60) < 0.1, 0, -1),
        is_paired_stamp=rng.random(rows.shape) < 0.9,
    )
    for flows in (None, np.array([True, False, True, True, False])):
        lines = []
        for least in (10**9, 0):
            monkeypatch.setattr(worth, "LEAST_ROWS", least)
            lines.append(timeline_at(world.packets, world.path, table, 1, flows=flows))
        assert len(lines[0].packet) > 10
        for one, other in zip(*lines, strict=True):
            assert one.tolist() == other.tolist()
            assert one.dtype == other.dtype
