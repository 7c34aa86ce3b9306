"""Packets that contradict what their claimed sender sent."""

from __future__ import annotations

from unittest.mock import patch

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.trajectories.forged import find_forged
from correlate.trajectories.travel import view_travel
from tests.trajectories.build import Seen, build
from tests.trajectories.judging import verdicts
from tests.trajectories.test_scene import _scene

REAL = Seen(at=(10, 11), seq=1000, length=100, content=5)
FORGED = Seen(at=(None, 10.5), seq=1000, length=80, content=6)
HOST = {"kinds": {0: "end-host"}}


def forged(*seen: Seen) -> list[int]:
    """Return the index of the packet that contradicts each packet of the first direction, -1 = none."""
    world = build(seen, 2)
    scene = _scene(world)
    return find_forged(scene, view_travel(scene, 1), view_travel(scene, -1)).tolist()


def test_other_bytes_at_one_place_of_the_stream_were_not_sent_by_one_host() -> None:
    """RFC 9293 section 3.4; packets stand in the order of time."""
    assert forged(REAL, FORGED) == [-1, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"content": 5},
        {"content": 0},
        {"seq": 1100},
        {"length": 4},
        {"flow": 1},
        {"length": 20},
    ],
    ids=str,
)
def test_nothing_else_is_forged(change: dict[str, int]) -> None:
    """Resends, bytes that no capture holds, other places, keep-alives, other flows, short cuts of the same bytes."""
    assert max(forged(REAL, attrs.evolve(FORGED, **change))) == -1


def test_what_the_hop_itself_edits_contradicts_nobody() -> None:
    """Where the packet that crossed differs on both sides, a resend that was left alone is the sender's."""
    assert max(forged(attrs.evolve(REAL, at=(None, 11)), FORGED)) == -1


def test_a_forged_packet_is_born_on_the_hop_beside_its_host_and_no_miss() -> None:
    """Elsewhere one may have passed a capture further up that missed it."""
    shown = [Seen(at=(2, 3), seq=900, length=10), REAL, FORGED, Seen(at=(30, 31), seq=1200, length=10)]
    assert verdicts(build(shown, 2, **HOST))[2][0] == (0, "originated", "likely", "born-on-hop")
    assert verdicts(build(shown, 2))[2][0] == (0, "ambiguous", "inconclusive", "unseen-upstream")
    assert verdicts(build(shown, 2, dropped=0))[2][0] == (0, "originated", "likely", "born-on-hop")


_SEEN = st.builds(
    Seen,
    at=st.tuples(st.one_of(st.none(), st.integers(0, 20)), st.integers(0, 20)),
    flow=st.integers(0, 1),
    out=st.sampled_from([True, True, False]),
    seq=st.sampled_from([1000, 1000, 1100, 7]),
    length=st.sampled_from([100, 80, 8, 4]),
    content=st.integers(0, 3),
    proto=st.sampled_from([6, 6, 17]),
)


@given(st.lists(_SEEN, min_size=1, max_size=10), st.sampled_from([1, 8, 1 << 20]))
@settings(max_examples=80, deadline=None)
def test_what_is_left_out_of_the_comparison_says_nothing(seen: list[Seen], slots: int) -> None:
    """The same as if all that crossed were compared, whatever falls into one slot."""
    room = "correlate.trajectories.forged"
    # Sent datagrams of the first flow come from this port in these worlds.
    with patch(f"{room}.DNS_PORT", 0):
        with patch(f"{room}.SLOTS", slots):
            found = forged(*seen)
        with patch(f"{room}._comparable", lambda scene, travel, mine, crossed, step: crossed):
            assert forged(*seen) == found
