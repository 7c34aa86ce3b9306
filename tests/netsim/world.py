"""Descriptions of a simulated network: what is asked for, nothing that happens.

**In:** what a test wants. **Out:** a frozen ``World`` that :func:`tests.netsim.simulate` runs any number of times.
**Method:** a line of N taps (vantages) cuts the way between clients and servers into N + 1 stretches; stretch k ends at
tap k, so hop h of the report (tap h to tap h + 1) is stretch h + 1. Hop -1 lies before the first tap, hop N - 1 beyond
the last. Forward is client to server. Within a stretch a forward packet meets the link first, then the boxes in order;
a reverse packet the boxes in reverse order, then the link.
**Not here:** boxes (``boxes.py``), the run (``network.py``).
"""

from __future__ import annotations

import math
from typing import Any, Literal, Protocol

import attrs

MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
HOUR = 3600 * SECOND


class Box(Protocol):
    """A middlebox as described in a world; ``start`` makes the working one."""

    finding: str | None
    """Code that a report must contain once the box acted; None = none."""

    def start(self, rng: Any) -> Any:
        """Return a fresh handler: ``handler(packet, place) -> bool``, False = the box drops the packet."""


@attrs.frozen(kw_only=True)
class Link:
    """One direction of a stretch."""

    delay_ns: int = 200 * MICROSECOND
    jitter_ns: int = 20 * MICROSECOND
    """Mean of an exponential addition; order is kept."""
    loss: float = 0.0
    burst: float = 1.0
    """Mean length of a run of losses."""
    duplicate: float = 0.0
    duplicate_gap_ns: int = 15 * MICROSECOND
    reorder: float = 0.0
    """Share of packets held back by ``reorder_ns`` while others overtake."""
    reorder_ns: int = 3 * MILLISECOND
    rate_bps: int = 0
    """0 = no bottleneck."""
    queue_ns: int = 200 * MILLISECOND
    """Longest wait at the bottleneck; what would wait longer is lost."""
    extra: tuple[tuple[int, int, int], ...] = ()
    """(from, to, addition) in ns since the start: a slower route for a while."""


@attrs.frozen(kw_only=True)
class Stretch:
    """The way between two neighbouring taps, or between a host and its nearest tap."""

    forward: Link = Link()
    reverse: Link = Link()
    routers: int = 1
    """TTL is decremented by this."""
    boxes: tuple[Any, ...] = ()


@attrs.frozen(kw_only=True)
class Clock:
    """``local = true + offset + skew * elapsed + wander + slews + steps``, floored to the quantum when stamped."""

    offset_ns: int = 0
    skew_ppm: float = 0.0
    steps: tuple[tuple[int, int], ...] = ()
    """(ns since the start, change of the offset in ns)."""
    slews: tuple[tuple[int, int, float], ...] = ()
    """(from, to, ppm): in between, ns since the start, the clock runs faster by so much (ntpd 500, chrony 83,333)."""
    wander: tuple[tuple[float, float, float], ...] = ()
    """(ppm, period in s, phase): the skew swings by so much about ``skew_ppm``, as crystals do with temperature."""
    quantum_ns: int = 1

    def local(self, true_ns: int, epoch_ns: int) -> int:
        """Return what an infinitely fine clock of this kind shows."""
        elapsed = true_ns - epoch_ns
        drifted = elapsed * self.skew_ppm * 1e-6
        drifted += sum((min(max(elapsed, begin), end) - begin) * ppm * 1e-6 for begin, end, ppm in self.slews)
        drifted += sum(_swing(elapsed, *wave) for wave in self.wander)
        stepped = sum(delta for at, delta in self.steps if elapsed >= at)
        return true_ns + self.offset_ns + round(drifted) + stepped

    def stamp(self, true_ns: int, epoch_ns: int) -> int:
        """Return the stamp that a capture records."""
        return self.local(true_ns, epoch_ns) // self.quantum_ns * self.quantum_ns


def _swing(elapsed_ns: int, ppm: float, period_s: float, phase: float) -> float:
    """Return what a skew of ``ppm * cos(2 pi t / period + phase)`` adds up to since the start, ns."""
    turn = 2 * math.pi * elapsed_ns / (period_s * SECOND)
    return ppm * 1e-6 * period_s * SECOND / (2 * math.pi) * (math.sin(turn + phase) - math.sin(phase))


@attrs.frozen(kw_only=True)
class Tap:
    """A vantage and the faults of its capture."""

    name: str
    clock: Clock = Clock()
    miss: float = 0.0
    """Share of frames that the capture does not record although they passed."""
    start_ns: int | None = None
    """Since the start of the world, true time."""
    end_ns: int | None = None
    snaplen: int = 0
    span_copies: float = 0.0
    """Share of frames recorded twice, bytes equal."""
    offload: Any = None
    """``cuts.Offload``: what the host's card and kernel do to what this tap sees; None = nothing."""
    pads: bool = True
    """Short frames are seen with their Ethernet padding."""
    reverse_clock: Clock | None = None
    """Stamps packets of the reverse direction; None = the same clock."""
    direction: Literal["both", "forward", "reverse"] = "both"
    """What passes here at all: a tap on one fibre, an asymmetric route."""
    lane: int | None = None
    """Lane of the world's ``Lanes`` on which the tap lies; None = before the lanes part or after they meet."""


@attrs.frozen(kw_only=True)
class Lanes:
    """Parallel ways: bundle members, ECMP, a load balancer's paths, a standby route."""

    count: int = 2
    spread: Literal["flow", "packet", "direction", "failover"] = "flow"
    """What chooses the lane: a hash of the flow, chance for every packet, the direction (lane 0 forward, 1 back), or
    the time (lane 0 before ``failover_ns``, then 1)."""
    failover_ns: int = 5 * SECOND


@attrs.frozen(kw_only=True)
class TcpLoad:
    """Connections with requests and responses."""

    flows: int = 40
    exchanges: tuple[int, int] = (1, 4)
    request_bytes: tuple[int, int] = (60, 900)
    response_bytes: tuple[int, int] = (100, 20_000)
    think_ns: tuple[int, int] = (200 * MICROSECOND, 5 * MILLISECOND)
    pause_ns: tuple[int, int] = (1 * MILLISECOND, 200 * MILLISECOND)
    """Client's pause before its next request."""
    port: int = 443
    mss: int = 1460
    timestamps: bool = True
    sack: bool = True
    wscale: int | None = 7
    same_payload: bool = False
    """All connections carry the same bytes."""
    content: Literal["pool", "fresh", "http"] = "pool"
    """Random pieces of common bytes; bytes of its own; HTTP messages with bodies of their own."""
    rst_share: float = 0.05
    """Connections that the client ends by RST instead of FIN."""
    server_closes: float = 0.4
    tos: int = 0
    """DSCP and ECN of every packet."""
    version: Literal[4, 6] = 4


@attrs.frozen(kw_only=True)
class DnsLoad:
    """UDP requests with retries that repeat the payload."""

    flows: int = 50
    queries: tuple[int, int] = (1, 2)
    retry_ns: int = 1 * SECOND
    think_ns: tuple[int, int] = (200 * MICROSECOND, 20 * MILLISECOND)
    port: int = 53
    same_payload: bool = False
    version: Literal[4, 6] = 4


@attrs.frozen(kw_only=True)
class StreamLoad:
    """UDP in one direction at a steady pace (voice, video, telemetry)."""

    flows: int = 2
    packets: int = 200
    interval_ns: int = 20 * MILLISECOND
    payload_bytes: int = 172
    from_server: bool = False
    port: int = 5004
    same_payload: bool = False
    version: Literal[4, 6] = 4


@attrs.frozen(kw_only=True)
class PingLoad:
    """ICMP echo."""

    flows: int = 4
    count: int = 20
    interval_ns: int = 200 * MILLISECOND
    payload_bytes: int = 56
    version: Literal[4, 6] = 4


@attrs.frozen(kw_only=True)
class ProbeLoad:
    """UDP datagrams to a closed port, answered by ICMP errors."""

    flows: int = 10
    count: int = 3
    interval_ns: int = 500 * MILLISECOND
    payload_bytes: int = 32
    port: int = 33434
    same_payload: bool = False
    version: Literal[4, 6] = 4


@attrs.frozen(kw_only=True)
class BurstLoad:
    """UDP datagrams back to back: what an offloading host sends and takes as one."""

    flows: int = 6
    bursts: int = 12
    datagrams: tuple[int, int] = (1, 24)
    payload_bytes: int = 1200
    interval_ns: int = 60 * MILLISECOND
    from_server: bool = False
    port: int = 443
    version: Literal[4, 6] = 4


@attrs.frozen(kw_only=True)
class QuicLoad:
    """QUIC connections, whose clients may move to other addresses and ports."""

    flows: int = 20
    exchanges: tuple[int, int] = (4, 12)
    answers: tuple[int, int] = (1, 8)
    """Full datagrams of an answer before its last one."""
    pause_ns: tuple[int, int] = (5 * MILLISECOND, 300 * MILLISECOND)
    client_id_bytes: int = 0
    server_id_bytes: int = 8
    moves_after: int = 0
    """Requests after which the client moves, again and again; 0 = never."""
    keeps_id: bool = True
    """The server is addressed by the same connection ID after a move."""
    port: int = 443
    version: Literal[4, 6] = 4


@attrs.frozen(kw_only=True)
class OtherLoad:
    """Another IP protocol, packets at a steady pace, each answered by a smaller one."""

    proto: Literal[132, 50, 51, 47, 253] = 132
    """SCTP, ESP, AH, GRE that carries no packet, or one that nobody knows."""
    flows: int = 4
    count: int = 80
    interval_ns: int = 40 * MILLISECOND
    payload_bytes: int = 300
    same_payload: bool = False
    is_numbered: bool = True
    """GRE with key and sequence number."""
    port: int = 3868
    version: Literal[4, 6] = 4


@attrs.frozen(kw_only=True)
class MultipathLoad:
    """MPTCP downloads; every two flows are the subflows of one connection."""

    flows: int = 12
    segments: tuple[int, int] = (20, 120)
    """Of a connection, over both subflows."""
    segment_bytes: int = 1380
    again: float = 0.1
    """Share of the segments that are sent on both subflows at once; what is late on one is sent on the other as well."""
    port: int = 443
    version: Literal[4, 6] = 4


Load = MultipathLoad | OtherLoad | QuicLoad | BurstLoad | TcpLoad | DnsLoad | StreamLoad | PingLoad | ProbeLoad


@attrs.frozen(kw_only=True)
class World:
    """Everything about one simulated network but its random numbers."""

    taps: tuple[Tap, ...]
    stretches: tuple[Stretch, ...]
    loads: tuple[Load, ...] = (TcpLoad(), DnsLoad(flows=20), PingLoad(flows=2))
    duration_ns: int = 10 * SECOND
    """Flows begin within this time."""
    patience_ns: int = 120 * SECOND
    """The run ends this long after it, whatever still waits."""
    epoch_ns: int = 1_700_000_000 * SECOND
    ip_id: Literal["linux", "zero", "random", "global"] = "linux"
    lanes: Lanes = Lanes()
    """Matters to taps that lie on one of them."""
    clients: int = 8
    servers: int = 2

    def __attrs_post_init__(self) -> None:
        assert len(self.stretches) == len(self.taps) + 1, "N taps cut the way into N + 1 stretches"

    def with_hop(self, hop: int, **changes: Any) -> World:
        """Return the world with another hop: ``forward``, ``reverse``, ``both`` (dicts of Link fields), ``boxes``, ``routers``."""
        old = self.stretches[hop + 1]
        both = changes.pop("both", {})
        forward = attrs.evolve(old.forward, **{**both, **changes.pop("forward", {})})
        reverse = attrs.evolve(old.reverse, **{**both, **changes.pop("reverse", {})})
        boxes = old.boxes + tuple(changes.pop("boxes", ()))
        new = attrs.evolve(old, forward=forward, reverse=reverse, boxes=boxes, **changes)
        stretches = (*self.stretches[: hop + 1], new, *self.stretches[hop + 2 :])
        return attrs.evolve(self, stretches=stretches)

    def with_tap(self, place: int, **changes: Any) -> World:
        """Return the world with another tap; ``clock`` may be a dict of Clock fields."""
        old = self.taps[place]
        clock = changes.pop("clock", {})
        new = attrs.evolve(old, clock=attrs.evolve(old.clock, **clock), **changes)
        return attrs.evolve(self, taps=(*self.taps[:place], new, *self.taps[place + 1 :]))


NAMES = {
    2: ("client", "server"),
    3: ("client", "firewall", "server"),
    4: ("client", "fw-int", "fw-ext", "server"),
    5: ("client", "fw-int", "fw-ext", "isp", "server"),
    6: ("client", "switch", "fw-int", "fw-ext", "isp", "server"),
}


def chain(taps: int, **changes: Any) -> World:
    """Return a plain world of 2 to 6 taps: the outer taps sit at the hosts, hop delays differ and are a bit asymmetric."""
    inner = tuple(
        Stretch(
            forward=Link(delay_ns=(150 + 400 * hop) * MICROSECOND),
            reverse=Link(delay_ns=(190 + 370 * hop) * MICROSECOND),
        )
        for hop in range(taps - 1)
    )
    host = Stretch(
        forward=Link(delay_ns=2 * MICROSECOND, jitter_ns=1 * MICROSECOND),
        reverse=Link(delay_ns=2 * MICROSECOND, jitter_ns=1 * MICROSECOND),
        routers=0,
    )
    points = tuple(Tap(name=name) for name in NAMES[taps])
    return World(taps=points, stretches=(host, *inner, host), **changes)
