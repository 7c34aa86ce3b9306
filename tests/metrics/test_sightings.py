"""``metrics.sightings``: who was seen at both ends of a hop, and which frames stand in several packets."""

from correlate.metrics.addresses import number_addresses
from correlate.metrics.sightings import pair_hop, shared_rows
from tests.metrics.scenes import Scene, Seen, scene, tcp


def _pairs(world: Scene):
    _, facts = number_addresses(world.packets)
    table, path = world.trajectories, world.path
    shared = [shared_rows(table, place, len(world.packets[vantage])) for place, vantage in enumerate(path.order)]
    pairs = [
        pair_hop(
            world.packets, facts, path, table, (table.rows[:, hop : hop + 2] >= 0).all(axis=1), hop, shared,
            is_forward=is_forward,
        )
        for hop in range(path.hop_count)
        for is_forward in (True, False)
    ]  # fmt: skip
    return [pair for pair in pairs if len(pair)]


def test_every_packet_is_paired_along_its_own_way() -> None:
    """Upstream is where it was first: the first vantage forward, the second one in reverse."""
    frames = [(0, tcp(seq=1)), (1, tcp(seq=2)), (2, tcp(seq=3))]
    world = scene([frames] * 3, [Seen(rows=(0, 0, 0)), Seen(rows=(1, None, 1)), Seen(rows=(2, 2, None), direction=-1)])
    found = [(pair.hop, pair.is_forward, pair.packet.tolist(), pair.up.vantage) for pair in _pairs(world)]
    assert found == [(0, True, [0], 0), (0, False, [2], 1), (1, True, [0], 1)]


def test_a_frame_that_stands_in_several_packets_marks_them_all() -> None:
    """Offload: the pieces' other fields tell nothing."""
    frames = [(0, tcp(seq=1)), (1, tcp(seq=2))]
    world = scene([frames] * 2, [Seen(rows=(0, 0)), Seen(rows=(0, 1)), Seen(rows=(1, None))])
    assert [pair.is_cut.tolist() for pair in _pairs(world)] == [[True, True]]


def test_a_subset_keeps_its_packets_columns() -> None:
    """``Pair.at``: positions select packets at both ends."""
    frames = [(0, tcp(seq=1)), (1, tcp(seq=2))]
    (pair,) = _pairs(scene([frames] * 2, [Seen(rows=(0, 0)), Seen(rows=(1, 1))]))
    second = pair.at(pair.packet[1:])
    assert second.up.column("seq").tolist() == second.down.column("seq").tolist() == [2]
    assert pair.at(pair.packet) is pair
