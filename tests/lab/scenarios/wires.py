"""Rows whose impairment is a wire in user space: delay, loss, copies, order, rate, flipped bits.

**In:** nothing. **Out:** ``WIRES``, ``MIXED``.
"""

from __future__ import annotations

import attrs

from tests.lab.capture import Clock
from tests.lab.impairments import Impairment
from tests.lab.scenario import Scenario
from tests.lab.topology import Line, Link

MIXED = (
    ("http", {"count": 12, "size": 30_000}),
    ("keys", {"count": 40}),
    ("dns", {"count": 40}),
    ("ping", {"count": 20}),
    ("stream", {"count": 150}),
)
"""A little of everything."""
BULK = (("download", {"size": 800_000}), ("upload", {"size": 800_000}))

NODES = ("client", "r1", "r2", "server")
AROUND = ("client.right", "r1.right", "r2.left", "server.left")
ENDS = ("client.right", "server.left")
WIRE, PATH = ("r1.right>r2.left",), ("client.right>server.left",)

RENO = {"net.ipv4.tcp_congestion_control": "reno"}
"""It fills queues, whatever the machine's default does."""
FAR = Impairment(delay_ms=8)
SECOND = 1_000_000_000


def both(way: Impairment, **more: object) -> Line:
    """Return four nodes with a wire in the middle that is the same both ways."""
    return Line(nodes=NODES, links={1: Link(forward=way, reverse=way)}, **more)


def forward(way: Impairment) -> Line:
    """Return four nodes with a wire in the middle that only delays what comes back."""
    return Line(nodes=NODES, links={1: Link(forward=way, reverse=FAR)})


_PLAIN = Scenario(
    name="delay, nothing else",
    line=both(FAR),
    vantages=AROUND,
    jobs=MIXED,
    clocks={"r1.right": Clock(offset_ns=-90_000_000), "server.left": Clock(offset_ns=37 * SECOND, skew_ppm=30)},
    expect={"clean": ()},
    fast=True,
)
_LOSSY = Scenario(
    name="loss of 2 %",
    line=both(Impairment(delay_ms=8, loss=0.02)),
    vantages=AROUND,
    jobs=(*MIXED, *BULK),
    clocks={"r2.left": Clock(offset_ns=250_000_000, skew_ppm=-40)},
    expect={"loss": WIRE},
    fast=True,
)

WIRES = (
    _PLAIN,
    attrs.evolve(_PLAIN, name="delay, the ends only", vantages=ENDS, fast=False),
    attrs.evolve(
        _PLAIN,
        name="other delays there and back, jitter",
        line=Line(
            nodes=NODES,
            links={1: Link(forward=Impairment(delay_ms=2, jitter_ms=1), reverse=Impairment(delay_ms=25, jitter_ms=6))},
        ),
        expect={},
        fast=False,
    ),
    _LOSSY,
    attrs.evolve(
        _LOSSY, name="loss of 2 %, the ends only", vantages=ENDS, clocks={}, expect={"loss": PATH}, fast=False
    ),
    attrs.evolve(
        _LOSSY, name="loss of 3 % in bursts", line=both(Impairment(delay_ms=8, loss=0.03, burst=4)), fast=False
    ),
    Scenario(
        name="loss on two hops, six vantages",
        line=Line(
            nodes=("client", "r1", "r2", "r3", "server"),
            links={
                1: Link(forward=Impairment(delay_ms=3, loss=0.01), reverse=Impairment(delay_ms=3, loss=0.01)),
                2: Link(forward=Impairment(delay_ms=9, loss=0.02), reverse=Impairment(delay_ms=9)),
            },
        ),
        vantages=("client.right", "r1.right", "r2.left", "r2.right", "r3.left", "server.left"),
        jobs=(*MIXED, *BULK),
        clocks={
            "r1.right": Clock(offset_ns=5 * SECOND),
            "r2.left": Clock(offset_ns=-SECOND, skew_ppm=15),
            "r2.right": Clock(offset_ns=-SECOND, skew_ppm=15),
            "server.left": Clock(skew_ppm=-60),
        },
        expect={"loss": ("r1.right>r2.left", "r2.right>r3.left")},
    ),
    Scenario(
        name="a stream of datagrams with loss of 3 %",
        line=forward(Impairment(delay_ms=8, loss=0.03)),
        vantages=AROUND,
        jobs=(("stream", {"count": 1200, "gap_ms": 3}), ("keys", {"count": 60, "gap_ms": 30}), ("dns", {"count": 40})),
        clocks={"r2.left": Clock(offset_ns=4_000_000)},
        expect={"loss": WIRE},
    ),
    Scenario(
        name="copies of 2 %",
        line=both(Impairment(delay_ms=8, duplicate=0.02)),
        vantages=AROUND,
        jobs=(*MIXED, *BULK),
        clocks={"r2.left": Clock(offset_ns=-7 * SECOND)},
        expect={"duplicated": WIRE},
    ),
    Scenario(
        name="3 % held back",
        line=both(Impairment(delay_ms=8, reorder=0.03, hold_ms=4)),
        vantages=AROUND,
        jobs=(*MIXED, *BULK),
        clocks={"server.left": Clock(skew_ppm=80)},
        expect={"reordered": WIRE},
    ),
    Scenario(
        name="1 % with a flipped bit",
        line=both(Impairment(delay_ms=8, mutate=0.01)),
        vantages=AROUND,
        jobs=(*MIXED, *BULK),
        expect={"checksum-corrupt": WIRE},
        fast=True,
    ),
    Scenario(
        name="a slow link with a deep queue",
        line=attrs.evolve(forward(Impairment(delay_ms=8, rate_kbit=4000, queue_bytes=600_000)), settings=RENO),
        vantages=AROUND,
        jobs=(
            ("upload", {"size": 900_000}),
            ("keys", {"count": 60, "gap_ms": 20}),
            ("dns", {"count": 40, "gap_ms": 40}),
        ),
        clocks={"r2.left": Clock(offset_ns=60_000_000)},
        expect={"bufferbloat": WIRE},
        unsure=frozenset({"loss"}),
    ),
    Scenario(
        name="a slow link with a short queue",
        line=attrs.evolve(forward(Impairment(delay_ms=8, rate_kbit=4000, queue_bytes=25_000)), settings=RENO),
        vantages=AROUND,
        jobs=(
            ("upload", {"size": 900_000}),
            ("keys", {"count": 60, "gap_ms": 20}),
            ("dns", {"count": 40, "gap_ms": 40}),
        ),
        expect={"shaping": WIRE},
        unsure=frozenset({"loss"}),
    ),
    Scenario(
        name="large packets vanish",
        line=both(Impairment(delay_ms=8, larger_lost=1300)),
        vantages=AROUND,
        # Several connections try, with segments of two sizes: what a lone one shows may be anything.
        jobs=(*MIXED, *(("upload", {"size": (60_000, 1_350)[at % 2], "after_s": 0.3 * at}) for at in range(16))),
        clocks={"r2.left": Clock(offset_ns=60_000_000)},
        expect={"pmtu-blackhole": WIRE},
        unsure=frozenset({"loss"}),
    ),
    Scenario(
        name="everything at once",
        line=both(
            Impairment(delay_ms=8, jitter_ms=2, loss=0.01, duplicate=0.01, reorder=0.01, hold_ms=6, mutate=0.003)
        ),
        vantages=AROUND,
        jobs=(*MIXED, *BULK),
        clocks={"r2.left": Clock(offset_ns=-4 * SECOND, skew_ppm=50), "server.left": Clock(offset_ns=3_600 * SECOND)},
        expect={"loss": WIRE, "duplicated": WIRE, "reordered": WIRE, "checksum-corrupt": WIRE},
    ),
    attrs.evolve(
        _LOSSY,
        name="a clock steps while packets are lost",
        clocks={"r2.left": Clock(offset_ns=9_000_000, step_ns=300_000_000)},
        expect={"loss": WIRE, "clock-step": ()},
        fast=False,
    ),
    attrs.evolve(
        _PLAIN,
        name="a clock is set back, another drifts by 400 ppm",
        clocks={"r1.right": Clock(step_ns=-120_000_000, step_at=0.6), "server.left": Clock(skew_ppm=400)},
        expect={"clock-step": (), "clock-skew": ()},
        fast=False,
    ),
    attrs.evolve(
        _LOSSY, name="loss, all but the client cut by snaplen", snaplen=dict.fromkeys(AROUND[1:], 80), fast=False
    ),
    attrs.evolve(
        _LOSSY,
        name="IPv6 with loss of 2 %",
        line=both(Impairment(delay_ms=8, loss=0.02), ipv6=True),
        jobs=tuple(job for job in (*MIXED, *BULK) if job[0] != "ping"),
        to="fd00:2::2",
        fast=False,
    ),
)
