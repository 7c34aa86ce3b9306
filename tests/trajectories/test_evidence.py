"""Evidence per packet."""

from __future__ import annotations

import attrs
import numpy as np

from correlate.trajectories.evidence import collect, find_stuck, read_stream
from correlate.trajectories.tcp_kernels import ACK_HOLE, ACKED, COVERED, RESENT, SACK_HOLE
from correlate.trajectories.travel import view_travel
from tests.trajectories.build import SYN, Seen, build
from tests.trajectories.test_rules import index_of, transfer
from tests.trajectories.test_scene import _scene


def _collect(seen: list[Seen]):
    scene = _scene(build(seen, 2))
    travel = view_travel(scene, 1)
    streams = {place: read_stream(scene, scene.places[place]) for place in (0, 1)}
    evidence = collect(scene, travel, view_travel(scene, -1), streams)
    place = {int(index): entry for entry, index in enumerate(scene.table.match_packet[travel.packets])}
    return scene, evidence, place


def test_witnesses_are_packets_not_rows() -> None:
    """The resend and the acknowledgement that decide are named as packets."""
    seen = transfer(12, lost=4)
    scene, evidence, place = _collect(seen)
    entry = place[index_of(seen, seq=1400)]
    assert evidence.bits[entry] == RESENT | SACK_HOLE | ACK_HOLE | COVERED
    resend = seen[scene.table.match_packet[evidence.resent_by[entry]]]
    assert (resend.seq, resend.at[0]) == (1400, 84.0)
    assert seen[scene.table.match_packet[evidence.acked_by[entry]]].ack == 1800
    assert evidence.is_resent[entry]


def test_a_missed_segment_is_acked() -> None:
    """No resend before the acknowledgement."""
    seen = transfer(12, missed=4)
    _, evidence, place = _collect(seen)
    assert evidence.bits[place[index_of(seen, seq=1400)]] == ACKED | COVERED


def test_pure_acknowledgements_take_no_sequence_space() -> None:
    """Nobody acknowledges an acknowledgement."""
    _, evidence, place = _collect([Seen(at=(0, None)), Seen(at=(1, None), length=5)])
    assert evidence.bits.tolist() == [0, 0]
    assert [bool(evidence.has_sequence[place[i]]) for i in (0, 1)] == [False, True]


def test_network_duplicates_are_not_resends() -> None:
    """A copy made by the network says nothing of the receiver."""
    seen = [Seen(at=(0, None), seq=5, length=9), Seen(at=(1, None), seq=5, length=9, duplicate_of=0)]
    assert not _collect(seen)[1].is_resent.any()
    seen[1] = attrs.evolve(seen[1], duplicate_of=-1)
    assert _collect(seen)[1].is_resent.tolist() == [True, False]


def test_a_sender_that_repeats_itself_hears_nothing() -> None:
    """RFC 9293 section 3.8.1: what is not acknowledged is sent again; one resend among many segments is a loss."""
    stuck = [Seen(at=(10.0 * k, 10.0 * k + 1), seq=7, tcp_flags=SYN) for k in range(3)]
    moving = [Seen(at=(k, k + 1.0), flow=1, seq=100 * k, length=100) for k in range(9)]
    again = Seen(at=(20, 21), flow=1, seq=100, length=100)
    scene = _scene(build([*stuck, *moving, again], 2))
    streams = {place: read_stream(scene, scene.places[place]) for place in (0, 1)}
    every, traits = np.ones(2, np.bool_), {place: stream.traits for place, stream in streams.items()}
    assert find_stuck(view_travel(scene, 1), traits, 1, every).tolist() == [True, False]
    assert find_stuck(view_travel(scene, -1), traits, 0, every).tolist() == [False, False]
    assert not find_stuck(view_travel(scene, 1), traits, 1, ~every).any()
