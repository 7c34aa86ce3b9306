"""The worlds that the table has rows for.

**In:** nothing. **Out:** ``SCENARIOS``.
**Method:** each impairment alone, then together. ``core`` rows must meet the thresholds that the project promises.
**Not here:** scoring (``score.py``).
"""

from __future__ import annotations

import attrs

from tests.netsim import (
    HOUR,
    MILLISECOND,
    SECOND,
    DnsLoad,
    PingLoad,
    StreamLoad,
    TcpLoad,
    Truth,
    World,
    chain,
)
from tests.netsim.boxes import (
    AckCheck,
    IpIdRewrite,
    IsnRewrite,
    MssClamp,
    Nat,
    OptionStrip,
    PayloadEdit,
    PortBlock,
    RstInject,
    SetField,
    SynAckPad,
)

ACCUSING = frozenset(
    (
        "loss",
        "port-blocked",
        "pmtu-blackhole",
        "fragment-lost",
        "nat-state-lost",
        "one-way",
        "policing",
        "rst-injected",
        "packet-injected",
        "duplicated",
        "reordered",
        "checksum-corrupt",
        "syn-ack-altered",
        "syn-altered",
        "payload-altered",
        "mss-clamped",
        "mss-ignored",
        "option-stripped",
        "window-scale-altered",
        "timestamps-rewritten",
        "sack-not-rewritten",
        "isn-rewritten",
        "ip-id-rewritten",
        "df-cleared",
        "dscp-changed",
        "ecn-bleached",
        "alg-rewrite",
        "syn-proxy",
        "tcp-proxy",
    )
)
"""Codes that blame the network: forbidden in every world where nothing of the kind happened."""


@attrs.frozen(kw_only=True)
class Scenario:
    """A world and what a report on it must and must not say."""

    name: str
    world: World
    core: bool = False
    fast: bool = False
    """Runs in the unit tests."""
    expect: frozenset[str] = frozenset()
    """Codes beyond those that the truth names by itself."""
    unsure: frozenset[str] = frozenset()
    """Codes neither expected nor forbidden: the captures do not settle them."""
    hoped: frozenset[str] = frozenset()
    """Expected codes that may honestly stay inconclusive: the table shows them as missing, the tests do not fail."""
    given: tuple[int, ...] | None = None
    """Places in the order of the command line; None = path order."""

    def expected(self, truth: Truth) -> frozenset[str]:
        """Return codes that must be reported (likely or proven)."""
        return (truth.findings() | self.expect) - self.unsure

    def forbidden(self, truth: Truth) -> frozenset[str]:
        """Return codes that must not be reported so."""
        # With more taps the hops without loss may well be called clean.
        has_one_hop = len(self.world.taps) == 2
        wrong = ACCUSING | ({"clean"} if has_one_hop and "loss" in truth.findings() else frozenset())
        return wrong - truth.findings() - self.expect - self.unsure


MIX = (TcpLoad(flows=50), DnsLoad(flows=40), PingLoad(flows=2))
LOSS = {"loss": 0.01}
LOOKUPS = (DnsLoad(flows=300, queries=(1, 4)), TcpLoad(flows=3))
IPV6 = (TcpLoad(flows=50, version=6), DnsLoad(flows=40, version=6), PingLoad(flows=2, version=6))
SAME = (TcpLoad(flows=60, same_payload=True), DnsLoad(flows=40, same_payload=True))
BARE = (TcpLoad(flows=60, same_payload=True, timestamps=False, sack=False), DnsLoad(flows=40, same_payload=True))
NO_STAMPS = (TcpLoad(flows=60, timestamps=False), DnsLoad(flows=40))
HOURS = (-5 * HOUR, 72 * HOUR + 643 * SECOND, 9 * HOUR + 123_456_789, -26 * HOUR, 3 * HOUR, 17 * HOUR)


def _plain(taps: int, loads: tuple[object, ...] = MIX) -> World:
    return chain(taps, loads=loads)


def _each_tap(world: World, **changes: object) -> World:
    for place in range(len(world.taps)):
        world = world.with_tap(place, **changes)
    return world


def _apart(world: World) -> World:
    """Clocks hours apart."""
    for place in range(1, len(world.taps)):
        world = world.with_tap(place, clock={"offset_ns": HOURS[place - 1]})
    return world


def _skewed(world: World, ppm: float = 30.0) -> World:
    for place in range(1, len(world.taps)):
        world = world.with_tap(place, clock={"skew_ppm": ppm if place % 2 else -ppm})
    return world


def _all(taps: int, loads: tuple[object, ...] = MIX) -> World:
    """PAT, 1 % loss each way, 30 ppm, hours, 2 % of frames not captured."""
    hop = (taps - 1) // 2
    world = _plain(taps, loads).with_hop(hop, both=LOSS, boxes=[Nat()])
    return _each_tap(_apart(_skewed(world)), miss=0.02)


def _scenarios() -> tuple[Scenario, ...]:
    clean = frozenset({"clean"})
    missed = frozenset({"capture-loss"})
    core: list[Scenario] = []
    for taps in (2, 4):
        hop = (taps - 1) // 2
        base = _plain(taps)
        nat = base.with_hop(hop, boxes=[Nat()])
        rows = {
            "clean": (base, clean),
            "pat": (nat, clean),
            "loss 1 %": (base.with_hop(hop, both=LOSS), frozenset()),
            "skew 30 ppm": (_skewed(base), clean),
            "hours apart": (_apart(base), clean),
            "missed 2 %": (_each_tap(base, miss=0.02), missed),
            "all of these": (_all(taps), missed),
        }
        for name, (world, expect) in rows.items():
            fast = name in ("pat", "all of these")
            hoped = frozenset({"loss"}) if name == "all of these" else frozenset()
            title = f"{name}, {taps} taps"
            core.append(Scenario(name=title, world=world, core=True, fast=fast, expect=expect, hoped=hoped))
    rest = (
        Scenario(name="all of these, 6 taps", world=_all(6), expect=missed, hoped=frozenset({"loss"})),
        Scenario(name="all, IPv6, 2 taps", world=_all(2, IPV6), expect=missed, hoped=frozenset({"loss"}), fast=True),
        Scenario(name="all, IPv6, 4 taps", world=_all(4, IPV6), expect=missed, hoped=frozenset({"loss"})),
        Scenario(name="all, no loss, 4 taps", world=_all(4).with_hop(1, both={"loss": 0.0}), expect=missed, fast=True),
        Scenario(name="DNS, PAT, loss, 2 taps", world=_plain(2, LOOKUPS).with_hop(0, both=LOSS, boxes=[Nat()])),
        Scenario(name="DNS, all, 4 taps", world=_all(4, LOOKUPS), unsure=missed, hoped=frozenset({"loss"})),
        Scenario(name="ping, PAT, loss", world=_plain(2, (PingLoad(flows=12),)).with_hop(0, both=LOSS, boxes=[Nat()])),
        Scenario(
            name="UDP one way, loss",
            world=_apart(_plain(3, (StreamLoad(flows=4), TcpLoad(flows=4)))).with_hop(0, both=LOSS, boxes=[Nat()]),
        ),
        Scenario(name="bursts of 4", world=_plain(4).with_hop(1, both={"loss": 0.02, "burst": 4.0})),
        Scenario(
            name="SPAN copies, one tap",
            world=_plain(4).with_hop(1, boxes=[Nat()]).with_tap(1, span_copies=0.6),
            expect=frozenset({"capture-duplicates"}),
            fast=True,
        ),
        Scenario(
            name="SPAN copies 20 %, every tap",
            world=_each_tap(_plain(4).with_hop(1, boxes=[Nat()]), span_copies=0.2),
            expect=frozenset({"capture-duplicates"}),
        ),
        Scenario(
            name="snaplen 96, PAT, loss",
            world=_each_tap(_plain(4).with_hop(1, both=LOSS, boxes=[Nat()]), snaplen=96),
            expect=frozenset({"capture-truncated"}),
        ),
        Scenario(name="identical payloads", world=_plain(2, SAME).with_hop(0, both=LOSS, boxes=[Nat()]), fast=True),
        Scenario(name="identical payloads, all", world=_all(4, SAME), expect=missed, hoped=frozenset({"loss"})),
        Scenario(
            name="identical, IP ID 0, bare TCP",
            world=attrs.evolve(_plain(2, BARE), ip_id="zero").with_hop(0, both=LOSS, boxes=[Nat()]),
        ),
        Scenario(
            name="ISN rewritten, PAT",
            world=_plain(2).with_hop(0, both=LOSS, boxes=[IsnRewrite(), Nat()]),
            fast=True,
        ),
        Scenario(
            name="ISN rewritten, all",
            world=_all(4).with_hop(1, boxes=[IsnRewrite()]),
            expect=missed,
            hoped=frozenset({"loss"}),
        ),
        Scenario(
            name="ISN, random IP ID, no TS",
            world=attrs.evolve(_plain(2, NO_STAMPS), ip_id="random").with_hop(
                0, both=LOSS, boxes=[IsnRewrite(), IpIdRewrite(), Nat()]
            ),
        ),
        Scenario(
            name="global IP ID", world=attrs.evolve(_all(2), ip_id="global"), expect=missed, hoped=frozenset({"loss"})
        ),
        Scenario(
            name="windows differ, 2 taps",
            world=_apart(_plain(2)).with_tap(0, start_ns=2 * SECOND).with_tap(1, end_ns=7 * SECOND),
            expect=frozenset({"capture-window"}),
            fast=True,
        ),
        Scenario(
            name="windows differ, 4 taps, loss",
            world=_apart(_plain(4).with_hop(1, both=LOSS, boxes=[Nat()]))
            .with_tap(1, end_ns=6 * SECOND)
            .with_tap(2, start_ns=3 * SECOND),
            expect=frozenset({"capture-window"}),
        ),
        Scenario(name="given in another order", world=_plain(4).with_hop(1, boxes=[Nat()]), given=(2, 0, 3, 1)),
        Scenario(
            name="network copies 2 %",
            world=_plain(4).with_hop(1, both={"duplicate": 0.02}),
            unsure=frozenset({"duplicated"}),
        ),
        Scenario(
            name="reordered 2 %", world=_plain(4).with_hop(1, both={"reorder": 0.02}), expect=frozenset({"reordered"})
        ),
        Scenario(
            name="15.625 ms ticks",
            world=_plain(2).with_tap(1, clock={"quantum_ns": 15_625_000}),
            unsure=frozenset({"reordered"}),
        ),
        Scenario(
            name="clock steps",
            world=_plain(3).with_tap(1, clock={"steps": ((4 * SECOND, 300 * MILLISECOND), (7 * SECOND, -SECOND))}),
            expect=frozenset({"clock-step"}),
        ),
        Scenario(name="skew 200 ppm, long", world=attrs.evolve(_skewed(_plain(2), 200.0), duration_ns=300 * SECOND)),
        Scenario(
            name="bottleneck",
            world=_plain(3, (TcpLoad(flows=12, response_bytes=(50_000, 200_000)),)).with_hop(
                1, reverse={"rate_bps": 5_000_000, "queue_ns": 60 * MILLISECOND}
            ),
            unsure=frozenset({"policing"}),
        ),
        Scenario(
            name="header edits",
            world=_plain(4).with_hop(1, boxes=[MssClamp(), OptionStrip(), SetField(value=0x28), Nat()]),
            fast=True,
        ),
        Scenario(name="payload edits", world=_plain(4).with_hop(1, boxes=[PayloadEdit(), Nat()])),
        Scenario(
            name="SYN-ACK padded",
            world=_plain(4, (TcpLoad(flows=12), DnsLoad(flows=10)))
            .with_hop(0, boxes=[SynAckPad()])
            .with_hop(1, boxes=[AckCheck(), Nat()]),
            expect=frozenset({"loss"}),
        ),
        Scenario(name="RST injected", world=_plain(4).with_hop(1, boxes=[Nat(), RstInject(share=0.3)])),
        Scenario(
            name="port blocked",
            world=_plain(4, (*MIX, TcpLoad(flows=5, port=8443))).with_hop(1, boxes=[PortBlock(), Nat()]),
            unsure=frozenset({"loss"}),
        ),
        Scenario(
            name="server slow",
            world=_plain(2, (TcpLoad(flows=20, think_ns=(600 * MILLISECOND, 900 * MILLISECOND)),)),
            expect=frozenset({"server-slow"}),
        ),
        Scenario(
            name="delay added",
            world=_plain(4).with_hop(2, forward={"extra": ((4 * SECOND, 60 * SECOND, 60 * MILLISECOND),)}),
            expect=frozenset({"delay-added"}),
        ),
    )
    return (*core, *rest)


SCENARIOS = _scenarios()
