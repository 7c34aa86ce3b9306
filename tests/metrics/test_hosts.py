"""``metrics.hosts``: time beyond the outermost vantages, on one clock."""

from correlate.metrics.hosts import measure_hosts
from correlate.metrics.pairing import turns
from correlate.metrics.timeline import timelines
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk
from tests.metrics.flagship import flagship
from tests.metrics.scenes import MS, Scene, scene


def _hosts(world: Scene):
    ends = timelines(world.packets, world.path, world.trajectories)[:2] if world.path.order else ()
    return measure_hosts(world.packets, world.path, ends, [turns(end) for end in ends])


def test_the_server_thinks_between_request_and_response() -> None:
    """D4: at the last vantage, from the last request byte to the first response byte; 50 ms here, 1 ms handshake."""
    client, server = _hosts(talk(HANDSHAKE + REQUEST, delays_ms=(5, 0)))
    assert (server.side, server.place) == ("server", 1)
    assert server.think_ns.p50 == 50 * MS
    assert server.handshake_ns.p50 == 1 * MS
    assert (client.side, client.place, client.think_ns, client.handshake_ns) == ("client", 0, None, None)


def test_the_client_thinks_between_response_and_next_request() -> None:
    """At the first vantage: 5 ms nearer to the client, so 10 ms less than seen at the server."""
    following = (162, "c", {"flags": "PA", "seq": 105, "ack": 506, "data": b"GET /next"})
    client, _ = _hosts(talk([*HANDSHAKE, *REQUEST, following], delays_ms=(5, 0)))
    assert client.think_ns.p50 == 90 * MS


def test_most_of_the_flagship_handshake_lies_beyond_the_firewall() -> None:
    """Case 1: 15.6865 ms beyond fw-ext."""
    assert _hosts(flagship())[1].handshake_ns.max == 15_686_500


def test_one_vantage_sees_both_ends() -> None:
    """Contract: one vantage gives host times only."""
    hosts = _hosts(talk(HANDSHAKE + REQUEST))
    assert [(host.side, host.place) for host in hosts] == [("client", 0), ("server", 0)]


def test_an_empty_path_has_no_ends() -> None:
    """Nothing in common."""
    assert _hosts(scene([], [])) == ()
