"""What rules may look at."""

from __future__ import annotations

import attrs

from correlate.trajectories.follow import follow_packets
from correlate.trajectories.scene import set_scene
from correlate.trajectories.travel import view_travel
from tests.trajectories.build import MS, START_NS, Seen, World, build, make_clocks


def _scene(world: World):
    table = follow_packets(world.packets, world.match, world.path, world.clocks)
    return set_scene(world.packets, world.flows, world.joined, world.vantages, world.path, world.clocks, table)


def test_steps_count_along_the_packets_own_travel() -> None:
    """One rule serves both directions; hops keep the path's number."""
    scene = _scene(build([Seen(at=(0, 1, None)), Seen(at=(None, 4, 3), out=False)], 3))
    forward, reverse = view_travel(scene, 1), view_travel(scene, -1)
    assert (forward.places, reverse.places) == ((0, 1, 2), (2, 1, 0))
    assert (forward.first.tolist(), forward.last.tolist()) == ([0], [1])
    assert (reverse.first.tolist(), reverse.last.tolist()) == ([0], [1])
    assert [reverse.hop(step) for step in (0, 1)] == [1, 0]
    assert forward.held_in_flow.tolist() == [[1, 1, 0]]


def test_coverage_knows_its_edges_only_to_within_the_clock() -> None:
    """Surely inside is narrower than possibly inside by the clock's width on each side."""
    coverage = _scene(build([Seen(at=(0, 1)), Seen(at=(8, 9))], 2)).places[1].coverage
    assert coverage.surely_from - coverage.possibly_from == 200_000
    assert coverage.possibly_from == START_NS + MS - 100_000
    assert coverage.is_aligned


def test_an_unknown_clock_or_an_empty_capture_is_not_aligned() -> None:
    """Nothing can be said of their windows."""
    world = build([Seen(at=(0, 1))], 2)
    unknown = attrs.evolve(world, clocks=make_clocks([0, 0], (0, 1), None))
    assert not _scene(unknown).places[1].coverage.is_aligned
    assert not _scene(build([Seen(at=(0, None))], 2)).places[1].coverage.is_aligned


def test_absent_drop_counters_do_not_mean_complete() -> None:
    """Absent counters mean unknown, not zero (algorithms section 3)."""
    for dropped, expected in ((None, (False, 0)), (0, (True, 0)), (4, (False, 4))):
        place = _scene(build([Seen(at=(0, 1))], 2, dropped=dropped)).places[0]
        assert (place.is_complete, place.dropped) == expected


def test_a_frame_of_several_packets_names_the_first() -> None:
    """Witness frames point to the first packet of a frame."""
    world = build([Seen(at=(0, 1)), Seen(at=(1, 2))], 2)
    rows = world.match.rows.copy()
    rows[:, 0] = 0
    scene = _scene(attrs.evolve(world, match=attrs.evolve(world.match, rows=rows)))
    assert scene.places[0].packet_of.tolist() == [0, -1]


def test_addresses_are_numbered_alike_in_both_columns() -> None:
    """Source and destination share one numbering."""
    source, target = _scene(build([Seen(at=(0, 1))], 2)).places[0].addresses
    assert source.tolist() == target[::-1].tolist()
