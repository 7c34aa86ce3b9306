"""``diagnose.policing``: a token bucket foretells its own losses; chance and queues do not."""

from __future__ import annotations

import pytest

from tests.diagnose.boxes import Policer
from tests.diagnose.worlds import BULK, MS, World, outcome
from tests.netsim import SECOND, StreamLoad, TcpLoad, chain

TRANSFERS = (TcpLoad(flows=14, response_bytes=(80_000, 300_000)),)
STREAMS = (
    StreamLoad(flows=3, from_server=True, interval_ns=4 * MS, packets=900, payload_bytes=900),
    TcpLoad(flows=6),
)


@pytest.mark.parametrize(
    ("loads", "rate", "burst"), [(TRANSFERS, 6_000_000, 30_000), (STREAMS, 4_000_000, 60_000)], ids=["tcp", "streams"]
)
def test_rate_and_hop_of_a_policer_are_found(loads, rate: int, burst: int) -> None:
    """To three per cent, likely, in the direction that it polices."""
    world = chain(3, loads=loads, duration_ns=2 * SECOND)
    done = outcome(world.with_hop(1, boxes=[Policer(rate_bps=rate, burst_bytes=burst)]))
    one = done.only("policing")
    assert (one.hop, one.direction, one.grade) == (("firewall", "server"), "reverse", "likely")
    said, unit = one.title.split(" ")[2:4]
    assert unit == "Mbit/s"
    assert abs(float(said) * 1e6 / rate - 1) < 0.03


OTHERWISE: dict[str, World] = {
    "random loss": chain(3, loads=TRANSFERS).with_hop(1, both={"loss": 0.08}),
    "random loss of streams": chain(3, loads=STREAMS).with_hop(1, both={"loss": 0.1}),
    "bursts of loss": chain(3, loads=TRANSFERS).with_hop(1, reverse={"loss": 0.05, "burst": 5.0}),
    "a queue that overflows": chain(3, loads=TRANSFERS).with_hop(
        1, reverse={"rate_bps": 5_000_000, "queue_ns": 60 * MS}
    ),
    "few losses": chain(3, loads=BULK).with_hop(1, both={"loss": 0.004}),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_other_losses_are_not_policed(name: str) -> None:
    """findings.md: never on random loss; a full queue delays what it does not drop."""
    assert "policing" not in outcome(OTHERWISE[name]).codes
