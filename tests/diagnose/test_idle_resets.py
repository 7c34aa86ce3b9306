"""``diagnose.idle_resets``: state dropped while a flow was silent, told by the reset that answers it later."""

from __future__ import annotations

import pytest

from tests.diagnose.pools import NS, Pool
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import SECOND, PingLoad, TcpLoad, chain


def test_flows_reset_on_a_hop_after_a_silence_are_told_with_it_and_with_the_resets() -> None:
    """RFC 5382 REQ-5: 65 minutes of silence, a reset after 0.38 ms where the quickest round trip takes 17 ms."""
    done = Pool().outcome()
    one = done.only("nat-state-lost")
    assert (one.hop, one.direction, one.grade, len(one.flows)) == (("client", "fw-out"), "forward", "likely", 4)
    assert 3900 * NS <= one.quantity < 3901 * NS
    assert [ref.note for ref in one.evidence[:3]] == [
        "last before the silence",
        "sent after it, never crosses",
        "the reset that answers it",
    ]
    assert done.only("rst-injected").caused_by == one.id


INNOCENT = {
    "a short silence": Pool(idle_ns=20 * NS),
    "connections that were closed": Pool(is_closed=True),
    "nothing answers": Pool(answers=False),
    "nothing else of the hosts crosses": Pool(controls=2),
}


@pytest.mark.parametrize("name", INNOCENT)
def test_without_silence_open_flow_answer_or_controls_no_state_was_lost(name: str) -> None:
    found = INNOCENT[name].outcome().of("nat-state-lost")
    assert not [one for one in found if "reset between" in one.title]


def test_hosts_that_reset_after_silences_are_innocent() -> None:
    loads = (
        TcpLoad(flows=6, exchanges=(2, 3), pause_ns=(33 * SECOND, 40 * SECOND), rst_share=1.0),
        *SMALL,
        PingLoad(flows=3, count=400),
    )
    world = chain(3, loads=loads, clients=2, servers=1, duration_ns=60 * SECOND)
    for done in (outcome(world), outcome(world.with_tap(1, miss=0.05))):
        assert not [one for one in done.of("nat-state-lost") if "reset between" in one.title]
