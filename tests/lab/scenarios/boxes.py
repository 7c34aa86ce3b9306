"""Rows whose impairment is a kernel box: NAT of every kind, filters, marks, clamps, proxies.

**In:** nothing. **Out:** ``BOXES``.
"""

from __future__ import annotations

from tests.lab.capture import Clock
from tests.lab.impairments import Impairment
from tests.lab.scenario import Scenario
from tests.lab.scenarios.wires import MIXED
from tests.lab.topology import Line, Link

NODES = ("client", "fw", "r", "server")
AROUND = ("client.right", "fw.left", "fw.right", "server.left")
BOX = "fw.left>fw.right"
NEAR, FAR = Impairment(delay_ms=1), Impairment(delay_ms=6)
LINE = Line(nodes=NODES, links={1: Link(forward=NEAR, reverse=NEAR), 2: Link(forward=FAR, reverse=FAR)}, more_clients=3)
CLOCKS = {
    "fw.left": Clock(offset_ns=41_000_000),
    "fw.right": Clock(offset_ns=41_000_000),
    "server.left": Clock(offset_ns=-2_000_000_000, skew_ppm=25),
}
HOSTS = (
    *MIXED,
    ("http", {"count": 8, "source": "10.0.0.11"}),
    ("keys", {"count": 30, "source": "10.0.0.12"}),
    ("dns", {"count": 20, "source": "10.0.0.13"}),
)
"""Four hosts behind the box."""

BOXES = (
    Scenario(
        name="NAT, masquerade with random ports",
        line=LINE,
        vantages=AROUND,
        jobs=HOSTS,
        rules={"fw": "iptables -t nat -A POSTROUTING -o right -j MASQUERADE --random-fully"},
        clocks=CLOCKS,
        expect={"nat": (BOX,)},
        fast=True,
    ),
)
