"""``metrics.translations``: what kind of translation a hop does, learned from flows."""

import attrs
import numpy as np
import pytest

from correlate.metrics.translations import find_translations
from tests.metrics.flagship import flagship
from tests.metrics.scenes import MS, Scene, Seen, scene, tcp, udp


def _kinds(world: Scene) -> list[tuple[int, str, tuple[int, ...]]]:
    groups = find_translations(world.packets, world.flows(), world.joined(), world.path, world.trajectories)
    return [(group.hop, group.kind, group.flows) for group in groups]


INSIDE = {"src": "10.0.0.1", "dst": "198.51.100.9", "sport": 40000, "dport": 443}


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"src": "203.0.113.5"}, "snat"),
        ({"src": "203.0.113.5", "sport": 1024}, "napt"),
        ({"sport": 1024}, "napt"),
        ({"dst": "10.9.9.9"}, "dnat"),
        ({"dport": 8443}, "dnat"),
        ({"src": "203.0.113.5", "dst": "10.9.9.9"}, "snat+dnat"),
    ],
)
def test_the_kind_is_what_changed_seen_from_the_initiator(changed: dict, kind: str) -> None:
    """RFC 2663: source NAT, NAPT, destination NAT."""
    world = scene(
        [[(0, tcp(**INSIDE, flags="S"))], [(MS, tcp(**{**INSIDE, **changed}, flags="S"))]], [Seen(rows=(0, 0))]
    )
    assert _kinds(world) == [(0, kind, (0,))]


def test_a_flow_opened_from_the_far_end_is_read_from_there() -> None:
    """Port forwarding: the initiator stands beyond the last vantage, so the nearer end is the second place."""
    near = tcp(src="198.51.100.9", dst="10.0.0.1", sport=5000, dport=80, flags="S")
    far = tcp(src="198.51.100.9", dst="203.0.113.5", sport=5000, dport=8080, flags="S")
    world = scene([[(MS, near)], [(0, far)]], [Seen(rows=(0, 0), direction=-1, outbound=True)])
    path = attrs.evolve(world.path, flow_direction=np.array([-1], np.int8))
    assert _kinds(attrs.evolve(world, path=path)) == [(0, "dnat", (0,))]


def test_the_flagship_is_port_translation_inside_the_firewall() -> None:
    """Case 1: nothing below fw-int."""
    assert _kinds(flagship()) == [(1, "napt", (0,))]


def test_untranslated_and_unseen_flows_are_in_no_group() -> None:
    """Equal tuples; a flow that the second place never saw."""
    world = scene([[(0, tcp(flags="S")), (1, udp(data=b"x"))], [(MS, tcp(flags="S"))]], [Seen(rows=(0, 0))])
    assert _kinds(world) == []


def test_a_flow_of_unknown_direction_has_no_kind() -> None:
    """Source and destination NAT look alike from the wrong end."""
    world = scene([[(0, tcp(flags="S"))], [(MS, tcp(src="203.0.113.5", flags="S"))]], [Seen(rows=(0, 0))])
    path = attrs.evolve(world.path, flow_direction=np.array([0], np.int8))
    assert _kinds(attrs.evolve(world, path=path)) == []


def test_two_connections_are_a_proxy() -> None:
    """Unrelated initial sequence numbers and no handshake packet in common."""
    back = {"src": "198.51.100.9", "dst": "10.0.0.1", "sport": 443, "dport": 40000}
    first = [(0, tcp(**INSIDE, flags="S", seq=1)), (1, tcp(**back, flags="SA", seq=2, ack=2))]
    outer = {**INSIDE, "src": "203.0.113.5"}
    outer_back = {**back, "dst": "203.0.113.5"}
    second = [(0, tcp(**outer, flags="S", seq=1001)), (1, tcp(**outer_back, flags="SA", seq=2002, ack=1002))]
    apart = [
        Seen(rows=(0, None)),
        Seen(rows=(1, None), direction=-1),
        Seen(rows=(None, 0)),
        Seen(rows=(None, 1), direction=-1),
    ]
    assert _kinds(scene([first, second], apart)) == [(0, "proxy", (0,))]
    together = [Seen(rows=(0, 0)), Seen(rows=(1, 1), direction=-1)]
    assert _kinds(scene([first, second], together)) == [(0, "snat", (0,))]


def test_a_guessed_initiator_gives_way_to_the_known_ones_of_the_hop() -> None:
    """A connection under way when the capture began, first seen from its server, is no destination NAT among NAPT."""
    outside = {"src": "203.0.113.5", "sport": 1024}
    opened = [tcp(**{**INSIDE, **change}, flags="S") for change in ({}, outside)]
    near = tcp(src="198.51.100.9", dst="10.0.0.1", sport=9444, dport=40001, flags="A", data=b"x" * 20)
    far = tcp(src="198.51.100.9", dst="203.0.113.5", sport=9444, dport=1025, flags="A", data=b"x" * 20)
    world = scene(
        [[(0, opened[0]), (5 * MS, near)], [(MS, opened[1]), (4 * MS, far)]],
        [Seen(rows=(0, 0)), Seen(rows=(1, 1), direction=-1, flow=1)],
    )
    path = attrs.evolve(world.path, flow_direction=np.array([1, -1], np.int8))
    assert _kinds(attrs.evolve(world, path=path)) == [(0, "napt", (0, 1))]


@pytest.mark.parametrize(("guessed", "kind"), [((1, 1, -1), "napt"), ((1, -1), "napt"), ((1, -1, -1), "dnat")])
def test_where_no_beginning_was_seen_a_hop_translates_in_one_way(guessed: tuple[int, ...], kind: str) -> None:
    """Found in parts of captures, each of which begins in the midst of its flows: NAPT and DNAT were told of one box."""
    frames: list[list] = [[], []]
    for number, sign in enumerate(guessed):
        inside, outside = (("10.0.0.1", 40000 + number), ("203.0.113.5", 1024 + number))
        for place, own in enumerate((inside, outside)):
            ends = {"src": own[0], "sport": own[1], "dst": "198.51.100.9", "dport": 9444}
            if sign < 0:
                ends = {"src": ends["dst"], "sport": ends["dport"], "dst": ends["src"], "dport": ends["sport"]}
            frames[place].append(((10 * number + place) * MS, tcp(**ends, flags="A", data=b"x" * 20)))
    seen = [Seen(rows=(at, at), direction=sign, flow=at, outbound=True) for at, sign in enumerate(guessed)]
    world = scene(frames, seen)
    path = attrs.evolve(world.path, flow_direction=np.array(guessed, np.int8))
    assert [group[1] for group in _kinds(attrs.evolve(world, path=path))] == [kind]
