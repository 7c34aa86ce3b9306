"""``metrics.exchanges``: round trips at every place, and the time between places without any common clock."""

import attrs
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.metrics.exchanges import (
    COVERED,
    HANDSHAKE,
    RESPONSE,
    TOLERATED_NS,
    WIDEST_SKEW_PPB,
    find_exchanges,
    hop_round_trips,
)
from correlate.metrics.pairing import answers_of
from correlate.metrics.stamps import own_stamps
from correlate.metrics.timeline import timelines
from correlate.model.metrics import NO_RTT
from tests.metrics import conversation
from tests.metrics.conversation import REQUEST, talk
from tests.metrics.flagship import flagship
from tests.metrics.scenes import MS, Scene


def _found(world: Scene):
    line = timelines(world.packets, world.path, world.trajectories)[2]
    return find_exchanges(line, answers_of(line), own_stamps(world.packets, world.path, world.trajectories))


def _spent(world: Scene, hop: int):
    return hop_round_trips(_found(world), world.trajectories, world.clocks(), hop)


def test_the_flagship_handshake_splits_without_a_clock() -> None:
    """Case 1: 17.0204 ms = 15.6865 beyond fw-ext + 0.7495 inside the firewall + 0.5844 between fw-int and client."""
    world = flagship()
    found = _found(world)
    assert found.kind.tolist() == [HANDSHAKE]
    assert found.rtt_ns.tolist() == [[17_020_400, 16_436_000, 15_686_500]]
    assert [_spent(world, hop).tolist() for hop in (0, 1)] == [[584_400], [749_500]]


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 5), st.floats(0, 5))
def test_hop_time_needs_no_clock_and_holds_no_host_time(first: float, second: float) -> None:
    """D1: both directions added, whatever the clocks (hours apart here) and the server's 49 ms of thought."""
    delays = (first + second, second, 0.0)
    world = talk(conversation.HANDSHAKE + REQUEST, delays_ms=delays)
    for hop, delay in ((0, first), (1, second)):
        assert np.abs(_spent(world, hop) - 2 * delay * MS).max() <= 4


def test_a_response_that_also_acknowledges_counts_once() -> None:
    """Kinds: handshake, covered data, response."""
    lines = [*conversation.HANDSHAKE, REQUEST[0], REQUEST[2], REQUEST[3]]
    found = _found(talk(lines))
    assert found.kind.tolist() == [HANDSHAKE, COVERED, COVERED, RESPONSE]


def test_unseen_ends_have_no_round_trip() -> None:
    """``NO_RTT``, and the hop has no figure."""
    world = talk(conversation.HANDSHAKE, delays_ms=(3, 0))
    rows = world.trajectories.rows.copy()
    rows[1, 0] = -1
    world = attrs.evolve(world, trajectories=attrs.evolve(world.trajectories, rows=rows))
    assert (_found(world).rtt_ns[:, 0] == NO_RTT).any()


def test_long_round_trips_are_left_to_short_ones() -> None:
    """An unknown clock may run 1000 ppm off: beyond 100 ms it distorts a round trip by more than is tolerated."""
    longest = TOLERATED_NS * 10**9 // WIDEST_SKEW_PPB
    assert longest == 100 * MS
    slow = [(at + 1000, who, {**fields, "seq": fields["seq"] + 900}) for at, who, fields in REQUEST[:1]]
    late = (2000, "s", {"flags": "PA", "seq": 506, "ack": 1005, "data": b"at last"})
    world = talk([*conversation.HANDSHAKE, *REQUEST, *slow, late], delays_ms=(1, 0))
    assert (_found(world).rtt_ns[:, 0] > 900 * MS).any()
    assert len(_spent(world, 0)) == len(_found(world).kind) - 1
