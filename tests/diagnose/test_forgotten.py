"""``diagnose.forgotten``: state that was dropped is told with the silence that cost it."""

from __future__ import annotations

from tests.diagnose.boxes import Forgetful
from tests.diagnose.worlds import outcome
from tests.netsim import SECOND, PingLoad, TcpLoad, chain

LOADS = (
    TcpLoad(flows=6, exchanges=(2, 3), pause_ns=(33 * SECOND, 40 * SECOND)),
    TcpLoad(flows=60),
    PingLoad(flows=3, count=400),
)
IDLE = chain(3, loads=LOADS, clients=2, servers=1, duration_ns=60 * SECOND)


def test_flows_that_die_after_a_silence_are_told_with_it() -> None:
    """They crossed, were silent for more than 30 s, and crossed no more while others did."""
    done = outcome(IDLE.with_hop(1, boxes=[Forgetful()]))
    one = done.only("nat-state-lost")
    assert (one.hop, one.direction) == (("firewall", "server"), "forward")
    assert 33 * SECOND < one.quantity < 41 * SECOND
    truth = done.sim.truth
    sent = [ref for ref in one.evidence if ref.note.startswith("sent")]
    assert sent
    assert all(truth.lost_by[done.transmission(ref)] == "Forgetful" for ref in sent)


def test_silence_alone_and_loss_alone_are_nothing_of_the_kind() -> None:
    """Flows that go on after the silence; losses without one."""
    assert "nat-state-lost" not in outcome(IDLE).codes
    assert "nat-state-lost" not in outcome(IDLE.with_hop(1, both={"loss": 0.05})).codes
