"""``metrics.frames``: every frame is asked for once, in file order."""

import numpy as np
import pytest

from correlate.metrics import frames as frames_module
from correlate.metrics.addresses import number_addresses
from correlate.metrics.frames import read_heads
from correlate.metrics.sightings import Side
from tests.metrics.scenes import Seen, scene, tcp


@pytest.mark.parametrize("ask_bytes", [1, 400, 1 << 26])
def test_heads_are_read_once_each_and_in_order(monkeypatch, ask_bytes: int) -> None:
    """Whatever the size of an ask; headers and 64 bytes of payload are kept."""
    monkeypatch.setattr(frames_module, "ASK_BYTES", ask_bytes)
    world = scene([[(at, tcp(seq=at, data=bytes([at]) * 90)) for at in range(6)]], [Seen(rows=(0,))])
    _, (facts,) = number_addresses(world.packets)
    asked: list[int] = []

    def fetch(vantage: int, rows) -> list[bytes]:
        asked.extend(rows.tolist())
        return world.fetch(vantage, rows)

    sides = [
        Side(vantage=0, table=world.packets[0], tuples=facts, rows=np.array(rows)) for rows in ([4, 1, 1], [1, 5, 0])
    ]
    heads = read_heads(sides, fetch)
    assert asked == [0, 1, 4, 5]
    assert [head[-1] for head in heads.of(sides[0])] == [4, 1, 1]
    assert {len(head) for head in heads.of(sides[1])} == {54 + 64}
