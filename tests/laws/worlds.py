"""Small simulated networks that the laws must hold in: each has something that could tempt a tool to a false claim.

**In:** nothing. **Out:** ``WORLDS`` and their runs, each simulated once.
**Not here:** the simulator (``tests/netsim``) and what is asserted.
"""

from __future__ import annotations

from functools import cache

from tests.netsim import HOUR, DnsLoad, PingLoad, Run, StreamLoad, TcpLoad, chain, simulate
from tests.netsim.boxes import MssClamp, Nat

LOADS = (
    TcpLoad(flows=8, response_bytes=(100, 8_000)),
    DnsLoad(flows=6),
    PingLoad(flows=1, count=8),
    StreamLoad(flows=1, packets=30),
)
LOSSY = {"loss": 0.02}

WORLDS = {
    "plain": chain(2, loads=LOADS),
    "nat and loss": chain(3, loads=LOADS).with_hop(0, both=LOSSY).with_hop(1, boxes=(Nat(), MssClamp())),
    "four vantages": chain(4, loads=LOADS).with_hop(1, boxes=(Nat(),)).with_hop(2, both=LOSSY),
    "faulty captures": chain(3, loads=LOADS)
    .with_tap(1, miss=0.03, clock={"offset_ns": 5 * HOUR, "skew_ppm": 30.0})
    .with_tap(2, span_copies=0.2, clock={"offset_ns": -2 * HOUR, "quantum_ns": 1_000})
    .with_hop(1, both={"loss": 0.01, "duplicate": 0.01, "reorder": 0.01}, boxes=(Nat(),)),
}


@cache
def world_run(name: str, seed: int = 11) -> Run:
    """Return the run of a world; equal for equal arguments."""
    return simulate(WORLDS[name], seed)
