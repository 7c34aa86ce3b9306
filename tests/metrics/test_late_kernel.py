"""``metrics.late_kernel``: following the leader, against a running maximum over a sort."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.metrics import worth
from correlate.metrics.reordering import _is_late


@pytest.mark.parametrize("seed", range(5))
def test_late_packets_are_those_of_a_running_maximum(monkeypatch, seed: int) -> None:
    """Rows that several packets share, stamps that do not confirm the order."""
    rng = np.random.default_rng(seed)
    flow = rng.integers(0, 6, 300).astype(np.int32)
    up, down = (np.clip(np.arange(300) + rng.integers(-6, 7, 300), 0, 299) for _ in range(2))
    stamps = [np.sort(rng.integers(0, 200, 300)) + rng.integers(0, 3, 300) for _ in range(2)]
    masks = []
    for least in (10**9, 0):
        monkeypatch.setattr(worth, "LEAST_ROWS", least)
        masks.append(_is_late(flow, up, down, stamps).tolist())
    assert masks[0] == masks[1]
    assert 0 < sum(masks[0]) < 300
