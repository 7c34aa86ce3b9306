"""Hops lie between neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.path import Direction, Path


@pytest.mark.parametrize(("places", "hops"), [(0, 0), (1, 0), (2, 1), (4, 3)])
def test_a_hop_joins_two_neighbours(places, hops):
    path = Path(
        order=tuple(range(places)),
        unplaced=(),
        flow_direction=np.zeros(0, np.int8),
        is_inferred=False,
        contradicts_given=False,
        evidence=(),
    )
    assert path.hop_count == hops


def test_directions_are_signs():
    assert Direction.FORWARD == -Direction.REVERSE
    assert Direction.UNKNOWN == 0
