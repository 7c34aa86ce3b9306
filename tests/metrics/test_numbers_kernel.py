"""``metrics.numbers_kernel``: flows without any change are left out, and nothing is lost by it."""

from __future__ import annotations

import numpy as np

from correlate.metrics import worth
from correlate.metrics.rewritings import find_rewritings
from tests.metrics.scenes import MS, Seen, scene, tcp


def _world():
    """Six flows: sequence numbers, time stamps, identifications moved, and one left alone."""
    places: list[list[tuple[int, bytes]]] = [[], []]
    seen = []
    for number in range(120):
        flow = number % 6
        for place in range(2):
            moved = place * (flow + 1)
            fields = {
                "seq": number * 10 + (7 * moved if flow in {0, 3} else 0),
                "options": [("Timestamp", (number + (moved if flow in {1, 3} else 0), 1))],
                "ip": {"id": number + (moved if flow in {2, 3} else 0)},
            }
            places[place].append((number * MS + place, tcp(sport=4000 + flow, flags="A", data=b"12345", **fields)))
        seen.append(Seen(rows=(number, number), flow=flow, direction=1 if number % 12 < 6 else -1))
    return scene(places, seen)


def test_rewritings_are_those_of_all_flows(monkeypatch) -> None:
    """With and without the look for flows that change."""
    world = _world()
    tables = []
    for least in (10**9, 0):
        monkeypatch.setattr(worth, "LEAST_ROWS", least)
        tables.append(find_rewritings(world.packets, world.path, world.trajectories))
    assert sorted(set(tables[0].flow.tolist())) == [0, 1, 2, 3]
    for one, other in zip(*tables, strict=True):
        assert np.array_equal(one, other)
