"""``diagnose.blocked``: ports and directions that never cross, told where they die and never for less."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose.blocked import find_blocks
from tests.diagnose.boxes import HalfBlock
from tests.diagnose.sets import outcome_of_set
from tests.diagnose.worlds import SMALL, World, outcome
from tests.netsim import SECOND, StreamLoad, TcpLoad, chain
from tests.netsim.boxes import PortBlock

BLOCKED = chain(3, loads=(*SMALL, TcpLoad(flows=8, port=8443))).with_hop(1, boxes=[PortBlock()])


def test_a_blocked_port_is_told_per_host_and_not_as_loss() -> None:
    """Several 5-tuples die on one hop while other traffic of the pair crosses."""
    done = outcome(BLOCKED)
    found = done.of("port-blocked")
    assert found
    assert all(one.hop == ("firewall", "server") and one.grade == "likely" for one in found)
    assert all(one.title.startswith("TCP port 8443 of 198.51.100.") for one in found)
    assert "loss" not in done.codes
    assert any(ref.note == "crosses meanwhile" for one in found for ref in one.evidence)


def test_a_far_capture_with_packets_that_may_be_the_attempts_is_no_proof() -> None:
    """What found no partner may be what seems blocked: then it is said to be open, and as information only."""
    view = outcome(BLOCKED).view()
    [first, *_] = [one for one in find_blocks(view) if one.code == "port-blocked"]
    table = view.run.trajectories
    stray = next(
        packet
        for packet in np.flatnonzero(view.is_seen[:, 2] & (table.direction > 0)).tolist()
        if view.values("proto", np.array([packet]), 2)[0] == 6
    )
    rows = table.rows.copy()
    rows[stray, :2] = -1
    tuples = view.run.packets[view.run.path.order[2]].tuples
    dport = tuples.dport.copy()
    dport[view.values("tuple_id", np.array([stray]), 2)] = 8443
    packets = list(view.run.packets)
    index = view.run.path.order[2]
    packets[index] = attrs.evolve(packets[index], tuples=tuples._replace(dport=dport))
    run = attrs.evolve(view.run, trajectories=attrs.evolve(table, rows=rows), packets=tuple(packets))
    told = [one for one in find_blocks(attrs.evolve(view, run=run)) if one.code == "port-blocked"]
    assert {(one.severity, one.grade) for one in told} == {("info", "inconclusive")}
    assert "may be blocked" in told[0].title
    assert first.grade == "likely"


NOT_BLOCKED: dict[str, World] = {
    "one lost SYN": chain(3, loads=SMALL).with_hop(1, forward={"loss": 0.15}),
    "captures that end": chain(3, loads=(*SMALL, TcpLoad(flows=4, port=8443))).with_tap(2, end_ns=2 * SECOND),
    "a far capture whose frames are cut too short to be paired": chain(
        3, loads=(TcpLoad(flows=5), StreamLoad(flows=3, packets=150)), duration_ns=4 * SECOND
    )
    .with_tap(1, snaplen=54)
    .with_tap(2, clock={"steps": ((2 * SECOND, 700_000_000),)})
    .with_hop(0, both={"duplicate": 0.05}),
    "a capture that misses most": chain(3, loads=(*SMALL, TcpLoad(flows=2, port=8443))).with_tap(1, miss=0.6),
}


@pytest.mark.parametrize("name", NOT_BLOCKED)
def test_a_port_is_not_called_blocked_for_less(name: str) -> None:
    """Never on one lost SYN, windows, or capture loss."""
    assert "port-blocked" not in outcome(NOT_BLOCKED[name]).codes


def test_attempts_that_cross_later_are_told() -> None:
    """Case 10: a filter that was removed. The first packet that crosses after the dead ones is named by its distance."""
    one = outcome_of_set("attempts-until-filter-removed").only("port-blocked")
    assert one.quantity == 24
    assert "717 s after the last of them, packets to it cross." in one.explanation


def test_one_direction_that_never_crosses_is_told_as_such() -> None:
    """SYN-ACKs die on the hop while SYNs cross: neither a blocked port nor plain loss."""
    world = chain(3, loads=(*SMALL, TcpLoad(flows=5, port=8443)), clients=3, servers=1)
    done = outcome(world.with_hop(1, boxes=[HalfBlock()]))
    one = done.only("one-way")
    assert (one.hop, one.direction, one.severity) == (("firewall", "server"), "reverse", "error")
    assert not {"port-blocked", "loss"} & done.codes


def test_a_lossy_direction_is_not_one_way() -> None:
    """Some cross: it is loss."""
    world = chain(3, loads=(*SMALL, TcpLoad(flows=5, port=8443)), clients=3, servers=1)
    assert "one-way" not in outcome(world.with_hop(1, reverse={"loss": 0.4})).codes
