"""Rows whose impairment is a wire in user space: delay, loss, copies, order, rate, flipped bits.

**In:** nothing. **Out:** ``WIRES``.
"""

from __future__ import annotations

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

NODES = ("client", "r1", "r2", "server")
BOTH_ENDS = ("client.right", "r1.right", "r2.left", "server.left")
WIRE = "r1.right>r2.left"

FAR = Impairment(delay_ms=8)


def _line(forward: Impairment, reverse: Impairment = FAR, **more: object) -> Line:
    """Return four nodes with a wire in the middle."""
    return Line(nodes=NODES, links={1: Link(forward=forward, reverse=reverse)}, **more)


WIRES = (
    Scenario(
        name="delay, nothing else",
        line=_line(FAR),
        vantages=BOTH_ENDS,
        jobs=MIXED,
        clocks={"r1.right": Clock(offset_ns=-90_000_000), "server.left": Clock(offset_ns=3_700_000_000, skew_ppm=30)},
        expect={"clean": ()},
        fast=True,
    ),
    Scenario(
        name="loss 2 %",
        line=_line(Impairment(delay_ms=8, loss=0.02), Impairment(delay_ms=8, loss=0.02)),
        vantages=BOTH_ENDS,
        jobs=(*MIXED, ("download", {"size": 800_000}), ("upload", {"size": 800_000})),
        clocks={"r2.left": Clock(offset_ns=250_000_000, skew_ppm=-40)},
        expect={"loss": (WIRE,)},
        fast=True,
    ),
)
