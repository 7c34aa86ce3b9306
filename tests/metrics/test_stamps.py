"""``metrics.stamps``: whose stamp is whose."""

from __future__ import annotations

import attrs
import pytest

from correlate.metrics import worth
from correlate.metrics.stamps import NO_STAMP, own_stamps
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk


@pytest.mark.parametrize("least", [0, 10**9])
def test_a_stamp_counts_where_it_is_the_packets_own(monkeypatch, least: int) -> None:
    """Not where a packet was not seen, nor where the frame's stamp belongs to another packet."""
    monkeypatch.setattr(worth, "LEAST_ROWS", least)
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 2, 0))
    world.trajectories.rows[[1, 4], [0, 2]] = -1
    world.trajectories.is_paired_stamp[3, 1] = False
    own = own_stamps(world.packets, world.path, world.trajectories)
    for packet in range(len(own)):
        for place, vantage in enumerate(world.path.order):
            row = world.trajectories.rows[packet, place]
            is_own = row >= 0 and (packet, place) != (3, 1)
            assert own[packet, place] == (world.packets[vantage].columns.ts_ns[row] if is_own else NO_STAMP)


@pytest.mark.parametrize("least", [0, 10**9])
def test_a_capture_with_two_clocks_measures_nothing(monkeypatch, least: int) -> None:
    """What lies between its two directions is no time."""
    monkeypatch.setattr(worth, "LEAST_ROWS", least)
    world = talk(HANDSHAKE, delays_ms=(5, 0))
    packets = [attrs.evolve(world.packets[0], recorded_ns=world.packets[0].columns.ts_ns), world.packets[1]]
    own = own_stamps(packets, world.path, world.trajectories)
    place = world.path.order.index(0)
    assert (own[:, place] == NO_STAMP).all()
    assert (own[:, 1 - place] != NO_STAMP).all()
