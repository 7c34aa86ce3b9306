"""Stamps of frames that carry several packets."""

from __future__ import annotations

import numpy as np

from correlate.trajectories.stamps import pair_stamps
from tests.trajectories.build import Seen, build


def _pieces(super_at: int):
    """Three segments; vantage ``super_at`` holds them in one frame."""
    world = build([Seen(at=(1, 1), seq=2**32 - 5), Seen(at=(2, 2), seq=5), Seen(at=(3, 3), seq=15)], 2)
    rows = world.match.rows.copy()
    rows[:, super_at] = 0
    return world.packets, rows


def test_a_segmentation_offload_stamp_belongs_to_the_first_piece() -> None:
    """A TSO stamp precedes all constituents (algorithms section 3, super-frames)."""
    packets, rows = _pieces(0)
    pairing = pair_stamps(rows[::-1], packets, np.ones(3, np.int8), [True, True])
    assert pairing.is_paired[:, 0].tolist() == [False, False, True]
    assert pairing.is_paired[:, 1].all()
    assert not pairing.is_late.any()


def test_a_receive_offload_stamp_belongs_to_the_last_piece() -> None:
    """A software GRO stamp follows the last constituent."""
    packets, rows = _pieces(1)
    pairing = pair_stamps(rows, packets, np.ones(3, np.int8), [True, True])
    assert pairing.is_paired[:, 1].tolist() == [False, False, True]
    assert pairing.is_late[:, 1].tolist() == [True, True, True]


def test_in_reverse_the_same_vantages_swap_roles() -> None:
    """Upstream is along the packet's direction."""
    packets, rows = _pieces(1)
    pairing = pair_stamps(rows, packets, -np.ones(3, np.int8), [True, True])
    assert pairing.is_paired[:, 1].tolist() == [True, False, False]
