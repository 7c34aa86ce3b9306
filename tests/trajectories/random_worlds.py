"""Small worlds of any shape: packets missed anywhere, equal stamps, unknown times, several flows."""

from __future__ import annotations

from hypothesis import strategies as st

from correlate.trajectories.follow import follow_packets
from correlate.trajectories.scene import Scene, set_scene
from tests.trajectories.build import Seen, World, build

_WHEN = st.one_of(st.none(), st.integers(0, 12))


def _seen(count: int) -> st.SearchStrategy[Seen]:
    ways = st.lists(_WHEN, min_size=count, max_size=count).filter(lambda at: any(ms is not None for ms in at))
    return st.builds(
        Seen,
        at=ways.map(tuple),
        flow=st.integers(0, 2),
        out=st.booleans(),
        seq=st.integers(0, 40),
        length=st.integers(0, 9),
        ack=st.integers(0, 60),
        ambiguous=st.sampled_from([False, False, True]),
        no_time=st.sampled_from([False, False, True]),
        ttl=st.tuples(*[st.sampled_from([64, 63, 60])] * count),
    )


random_worlds: st.SearchStrategy[World] = st.integers(1, 3).flatmap(
    lambda count: st.builds(build, st.lists(_seen(count), min_size=1, max_size=12), st.just(count))
)


def scene_of(world: World) -> Scene:
    """Return the scene of a world."""
    table = follow_packets(world.packets, world.match, world.path, world.clocks)
    return set_scene(world.packets, world.flows, world.joined, world.vantages, world.path, world.clocks, table)
