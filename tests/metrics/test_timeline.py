"""``metrics.timeline``: one vantage's packets by flow and record order."""

import attrs
import numpy as np

from correlate.metrics.timeline import join_timelines, only, timeline_at, timelines
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk
from tests.metrics.scenes import Seen, scene, tcp


def _line(world, place=0, **how):
    return timeline_at(world.packets, world.path, world.trajectories, place, **how)


def test_syn_and_fin_count_as_sequence_space() -> None:
    """RFC 9293 section 3.4; numbers wrap at 2**32."""
    frames = [tcp(flags="S", seq=2**32 - 1), tcp(flags="FA", seq=5, data=b"abc"), tcp(flags="A", seq=9)]
    world = scene([list(enumerate(frames))], [Seen(rows=(row,)) for row in range(3)])
    assert _line(world).end.tolist() == [0, 9, 9]


def test_what_cannot_be_timed_is_left_out() -> None:
    """Ambiguous sightings, network copies, frames whose stamp belongs to another packet, unwanted flows."""
    frames = [(at, tcp(seq=at)) for at in range(5)]
    world = scene(
        [frames],
        [
            Seen(rows=(0,)),
            Seen(rows=(1,), is_ambiguous=True),
            Seen(rows=(2,), duplicate_of=0),
            Seen(rows=(3,), paired=False),
            Seen(rows=(4,), flow=1),
        ],
    )
    assert _line(world).packet.tolist() == [0, 4]
    assert _line(world, flows=np.array([False, True])).packet.tolist() == [4]


def test_record_order_within_each_flow() -> None:
    """Packets are sorted by flow, then as recorded; parts of different flows join end to end."""
    frames = [(at, tcp(seq=at)) for at in range(4)]
    world = scene([frames], [Seen(rows=(row,), flow=flow) for row, flow in ((3, 0), (0, 1), (1, 0), (2, 1))])
    line = _line(world)
    assert line.packet.tolist() == [2, 0, 1, 3]
    parts = [only(line, line.flow == flow) for flow in (0, 1)]
    assert join_timelines(parts).packet.tolist() == [2, 0, 1, 3]


def test_clocks_and_ways_are_the_vantages_own() -> None:
    """``ts_ns`` is never shifted."""
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 0))
    line = _line(world, 1)
    assert line.ts_ns[0] == world.packets[1].columns.ts_ns[0]
    assert line.is_forward.tolist() == [True, False, True, True, False, False, True]


def test_a_flow_is_at_home_near_its_initiator_if_that_place_saw_most_of_it() -> None:
    """Answers lost on the way back are missing there; a place that saw half of the flow is no home."""
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 0))
    for unseen, home in (([5], 0), ([3, 4, 5], 1)):
        rows = world.trajectories.rows.copy()
        rows[unseen, 0] = -1
        trajectories = attrs.evolve(world.trajectories, rows=rows)
        line = timelines(world.packets, world.path, trajectories)[2]
        assert len(line.packet) == (trajectories.rows[:, home] >= 0).sum()
