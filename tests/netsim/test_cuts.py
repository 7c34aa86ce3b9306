"""Offload taps, fragmenting and resegmenting boxes, and the truth they yield."""

from __future__ import annotations

import numpy as np
import pytest

from tests.netsim import BurstLoad, PingLoad, StreamLoad, TcpLoad, chain, simulate
from tests.netsim.atoms import find_atoms, fuse, slice_spans
from tests.netsim.cuts import Fragment, Gather, Offload, Reassemble, Resegment

BULK = (TcpLoad(flows=6, response_bytes=(5_000, 60_000)),)
LARGE = (StreamLoad(flows=2, packets=20, payload_bytes=4000), PingLoad(flows=1, count=5, payload_bytes=3000))


def bytes_on(run, name: str) -> int:
    """Return the IP bytes less headers that a capture holds, roughly comparable between cuts."""
    return sum(len(data) for _, data, _ in run.captures[name])


def test_offload_shows_fewer_and_larger_frames_without_changing_the_traffic():
    """Segmentation offload: the capture on the sender sees what the wire never carries."""
    plain = simulate(chain(2, loads=BULK), 3)
    world = chain(2, loads=BULK).with_tap(0, offload=Offload(forward="tso", reverse="gro"))
    offloaded = simulate(world, 3)
    assert offloaded.captures["server"] == plain.captures["server"]
    assert len(offloaded.captures["client"]) < 0.7 * len(plain.captures["client"])
    assert max(wire for _, _, wire in offloaded.captures["client"]) > 10_000


def test_one_frame_stands_in_as_many_rows_as_others_hold_it_in_pieces():
    world = chain(2, loads=BULK).with_tap(1, offload=Offload(forward="gro", reverse="tso"))
    truth = simulate(world, 3).truth
    held = truth.frame[(truth.frame > 0).all(axis=1)]
    frames, rows = np.unique(held[:, 1], return_counts=True)
    assert rows.max() > 3
    assert len(np.unique(held[:, 0])) == len(held)
    assert len(frames) < len(held)


@pytest.mark.parametrize("boxes", [(Fragment(mtu=1500),), (Fragment(mtu=1500), Fragment(mtu=600))])
def test_fragments_reach_their_host_as_whole_datagrams(boxes):
    """Every echo is answered although its request came in pieces."""
    run = simulate(chain(2, loads=LARGE).with_hop(0, boxes=boxes), 1)
    assert len(run.captures["server"]) > 2 * len(run.captures["client"])
    kinds = run.truth.kind[run.truth.frame[:, 0] > 0]
    assert {"echo", "echo-reply"} <= set(kinds.tolist())


def test_what_was_cut_and_put_together_stays_one_transmission():
    world = chain(4, loads=LARGE).with_hop(0, boxes=[Fragment(mtu=1500)]).with_hop(2, boxes=[Reassemble()])
    truth = simulate(world, 1).truth
    forward = truth.forward & (truth.kind == "stream")
    frames = truth.frame[forward]
    assert (frames > 0).all()
    assert len(np.unique(frames[:, 0])) == len(np.unique(frames[:, 3])) == len(np.unique(frames[:, 1])) // 3


@pytest.mark.parametrize("box", [Resegment(size=500), Gather()])
def test_segments_cut_anew_carry_the_same_bytes(box):
    run = simulate(chain(2, loads=BULK).with_hop(0, boxes=[box]), 2)
    assert not (run.truth.lost_hop >= 0).any()
    data = run.truth.kind == "data"
    assert (run.truth.frame[data] > 0).all()


def test_a_burst_of_datagrams_is_one_frame_where_the_host_offloads():
    world = chain(2, loads=(BurstLoad(flows=2),)).with_tap(0, offload=Offload(forward="tso", reverse="gro"))
    run = simulate(world, 1)
    assert len(run.captures["client"]) < len(run.captures["server"])


def test_spans_are_sliced_across_transmissions():
    assert slice_spans(((1, 0, 5), (2, 3, 9)), 4, 7) == ((1, 4, 5), (2, 3, 5))
    assert slice_spans(((1, 0, 5),), 5, 7) == ()


def test_edges_that_a_capture_shows_cut_a_transmission_and_its_network_copy():
    atoms = find_atoms({0: 10, 1: 4, 2: 10}, [((0, 0, 6),), ((0, 6, 10), (1, 0, 4))], {2: 0})
    assert atoms.of == (0, 0, 1, 2, 2)
    assert atoms.within(((0, 6, 10), (1, 0, 4))) == [1, 2]
    assert atoms.covered([(0, 0, 8)]) == [0]


def test_neighbours_that_nothing_shows_apart_are_one_row():
    of_atom, rows = fuse(4, [(0, 1, [0, 1, 2, 3]), (1, 1, [0, 1]), (1, 2, [2]), (1, 3, [3])])
    assert of_atom == [0, 0, 1, 2]
    assert rows == [0, 2, 3]
