"""Whole flows on a hop."""

from __future__ import annotations

import attrs

from correlate.trajectories.evidence import collect, read_stream
from correlate.trajectories.groups import find_elsewhere, find_runs, view_flows
from correlate.trajectories.travel import view_travel
from tests.trajectories.build import Seen, build
from tests.trajectories.test_fates import flagship
from tests.trajectories.test_scene import _scene


def _views(world, step: int = 0):
    scene = _scene(world)
    return view_flows(scene, view_travel(scene, 1), view_travel(scene, -1), step)


def _pair(flow: int, at: float, crosses: bool, ttl: int = 60) -> list[Seen]:
    far = at + 1 if crosses else None
    return [
        Seen(at=(at, far), flow=flow, ttl=(60, 60)),
        Seen(at=(at + 3, at + 2), flow=flow + 100, out=False, ttl=(60, ttl)),
    ]


def test_dead_flows_need_many_crossing_ones_to_accuse() -> None:
    """(1 - s)^k <= 1e-3 with s the lower 95 % bound of the share seen there (rule 0)."""
    for crossing, dead, expected in ((3, 2, False), (40, 3, True), (0, 9, False)):
        seen = [Seen(at=(n, n + 1), flow=n) for n in range(crossing)]
        seen += [Seen(at=(100 + n, None), flow=crossing + n) for n in range(dead)]
        view = _views(build(seen, 2))
        assert bool(view.is_controlled[crossing]) is expected
        assert view.is_dead.tolist() == [False] * crossing + [True] * dead


def test_one_control_suffices_at_the_host_itself() -> None:
    """An undecremented TTL from the far host: no router between it and the far vantage."""
    for ttl, expected in ((64, True), (63, False)):
        seen = [
            Seen(at=(0, 1), flow=0),
            Seen(at=(3, 2), flow=0, out=False, ttl=(ttl, ttl)),
            Seen(at=(9, None), flow=1),
        ]
        assert bool(_views(build(seen, 2)).is_controlled[1]) is expected


def test_the_users_word_about_the_host_counts() -> None:
    """``--kind NAME=end-host`` (contract)."""
    seen = [Seen(at=(0, 1), flow=0), Seen(at=(9, None), flow=1)]
    assert bool(_views(build(seen, 2, kinds={1: "end-host"})).is_controlled[1])


def test_a_vantage_that_shows_every_flow_seen_before_and_beyond_lies_on_the_way() -> None:
    """Rule 0: every 5-tuple seen at u and beyond is seen at v; a tap on one member of a bundle misses some."""
    seen = [Seen(at=(n, n + 0.1, n + 0.2), flow=n, ttl=(60, 60, 60)) for n in range(11)]
    dead = [*seen, Seen(at=(50, None, None), flow=11)]
    assert bool(_views(build(dead, 3)).is_controlled[11])
    seen[4] = attrs.evolve(seen[4], at=(4, None, 4.2))
    assert not bool(_views(build([*seen, dead[-1]], 3)).is_controlled[11])


def test_a_flow_is_elsewhere_only_while_nothing_of_its_hosts_crosses() -> None:
    """Scanners that reach the first vantage alone; on later hops too. One answer that crosses speaks for the pair."""
    seen = [Seen(at=(0, 1, 2), flow=0), Seen(at=(9, None, None), flow=1), Seen(at=(10, None, None), flow=2)]
    scene = _scene(build(seen, 3, hosts={1: (8, 2)}))
    found = find_elsewhere(scene, view_travel(scene, 1), view_travel(scene, -1))
    assert found.tolist() == [[False, False], [True, True], [False, False]]
    seen.append(Seen(at=(14, 13, 12), flow=3, out=False))
    scene = _scene(build(seen, 3, hosts={1: (8, 2), 3: (8, 2)}))
    found = find_elsewhere(scene, view_travel(scene, 1), view_travel(scene, -1))
    assert found[1].tolist() == [False, False]


def test_the_largest_that_crosses_is_told_per_flow() -> None:
    """What is absent beyond does not count, nor what only the far vantage holds."""
    seen = [
        Seen(at=(0, 1), length=100),
        Seen(at=(2, None), length=900),
        Seen(at=(None, 3), length=800),
        Seen(at=(4, None), flow=1, length=50),
    ]
    scene = _scene(build(seen, 2))
    largest = view_travel(scene, 1).of_flows.largest[:, 0].tolist()
    assert largest == [int(scene.places[0].packets.columns.ip_len[0]), 0]


def test_a_flow_of_several_tuples_is_translated_if_one_of_them_is() -> None:
    """A box that changes a flow's target midway stands for many hosts."""
    world = build([*(Seen(at=(at, at + 1)) for at in range(4)), Seen(at=(9, 10), flow=1)], 2, hosts={1: (1, 9)})
    assert _views(world).is_single_way.tolist() == [True, True]
    far = world.packets[1].columns
    tuples = far.tuple_id.copy()
    tuples[1] = tuples[4]
    changed = attrs.evolve(world.packets[1], columns=far._replace(tuple_id=tuples))
    assert _views(attrs.evolve(world, packets=[world.packets[0], changed])).is_single_way.tolist() == [False, True]


def _runs(seen: list[Seen]) -> list[int]:
    scene = _scene(build(seen, 4))
    travel, back = view_travel(scene, 1), view_travel(scene, -1)
    streams = {place: read_stream(scene, scene.places[place]) for place in range(4)}
    runs = find_runs(travel, back, collect(scene, travel, back, streams))
    return scene.table.match_packet[travel.packets[runs.is_in]].tolist()


def test_a_run_reaches_to_the_end_of_its_flow() -> None:
    """All of the flagship's refused packets and nothing else."""
    assert _runs(flagship()) == [2, 3, 4, 5, 6, 8, 9, 10]


def test_a_bare_acknowledgement_leads_a_run() -> None:
    """Nothing that must be acknowledged comes before it, so a capture that misses packets may have missed it."""
    seen = flagship()
    scene = _scene(build(seen, 4))
    travel, back = view_travel(scene, 1), view_travel(scene, -1)
    streams = {place: read_stream(scene, scene.places[place]) for place in range(4)}
    runs = find_runs(travel, back, collect(scene, travel, back, streams))
    (leading,) = scene.table.match_packet[travel.packets[runs.is_leading]].tolist()
    assert (leading, seen[leading].length) == (2, 0)


def test_a_run_needs_answers_that_cross_meanwhile() -> None:
    """Without a sign of life the far capture may have stopped."""
    assert _runs([packet for index, packet in enumerate(flagship()) if index != 7]) == []


def test_an_acknowledged_packet_ends_the_suspicion() -> None:
    """Then the far capture missed them (fast path), nobody refused them."""
    seen = flagship()
    seen.append(Seen(at=(5000, 4999.7, 4999.3, 4992), out=False, seq=2180033886, ack=367515136 + 127))
    assert _runs(seen) == []
