"""A simulated network that yields captures and the truth.

>>> from tests.netsim import chain, simulate
>>> run = simulate(chain(2), seed=7)
>>> sorted(run.captures) == ["client", "server"]
True
"""

from __future__ import annotations

from tests.netsim.network import Run, simulate
from tests.netsim.truth import NOT_LOST, Edit, Mapping, Seen, Truth
from tests.netsim.world import (
    HOUR,
    MICROSECOND,
    MILLISECOND,
    SECOND,
    BurstLoad,
    Clock,
    DnsLoad,
    Lanes,
    Link,
    MultipathLoad,
    OtherLoad,
    PingLoad,
    ProbeLoad,
    QuicLoad,
    StreamLoad,
    Stretch,
    Tap,
    TcpLoad,
    World,
    chain,
)

__all__ = [
    "HOUR",
    "MICROSECOND",
    "MILLISECOND",
    "NOT_LOST",
    "SECOND",
    "BurstLoad",
    "Clock",
    "DnsLoad",
    "Edit",
    "Lanes",
    "Link",
    "Mapping",
    "MultipathLoad",
    "OtherLoad",
    "PingLoad",
    "ProbeLoad",
    "QuicLoad",
    "Run",
    "Seen",
    "StreamLoad",
    "Stretch",
    "Tap",
    "TcpLoad",
    "Truth",
    "World",
    "chain",
    "simulate",
]
