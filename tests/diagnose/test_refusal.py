"""``diagnose.refusal``: connections that a hop refuses in the name of their target, and targets that refuse themselves."""

from __future__ import annotations

import struct

import pytest

from tests.diagnose.refusing import Refuse
from tests.diagnose.worlds import SMALL, Outcome, of_captures, outcome
from tests.netsim import MILLISECOND, TcpLoad, World, chain, simulate
from tests.netsim.boxes import Nat

PORT = 8443
LOADS = (*SMALL, TcpLoad(flows=8, port=PORT))
FAR = {"delay_ns": 10 * MILLISECOND}


def world(taps: int = 3, **changes: object) -> World:
    """A server 10 ms beyond the last tap."""
    return chain(taps, loads=LOADS, **changes).with_hop(taps - 1, both=FAR)


@pytest.mark.parametrize(("name", "box_hop"), [("first hop", 0), ("second hop", 1)])
def test_a_port_that_a_hop_refuses_is_told_with_its_resets(name: str, box_hop: int) -> None:
    """The reset comes in less than half of the quickest round trip to the server: it is not the server's."""
    done = outcome(world().with_hop(box_hop, boxes=[Refuse(port=PORT)]))
    found = done.of("rst-injected")
    assert found, name
    names = [tap.name for tap in done.sim.world.taps]
    assert {one.hop for one in found} == {(names[box_hop], names[box_hop + 1])}
    assert {(one.grade, one.direction) for one in found} == {("likely", "reverse")}
    # Host pairs of which nothing else crosses accuse nobody.
    assert 3 <= sum(one.quantity for one in found) <= int((done.sim.truth.kind == "injected-rst").sum())
    kinds = {
        done.sim.truth.kind[done.transmission(ref)] for one in found for ref in one.evidence if ref.note == "its reset"
    }
    assert kinds == {"injected-rst"}


def test_a_nat_on_the_same_hop_hides_nothing() -> None:
    done = outcome(world().with_hop(0, boxes=[Nat(), Refuse(port=PORT)]))
    assert {one.hop for one in done.of("rst-injected")} == {("client", "firewall")}


def without_port(run_of: World, *taps: str) -> Outcome:
    """Correlate what the taps captured, some of them through a filter that leaves the port out."""
    run = simulate(run_of, 3)
    ports = struct.pack(">H", PORT)
    captures = {
        name: [frame for frame in frames if name not in taps or ports not in (frame[1][34:36], frame[1][36:38])]
        for name, frames in run.captures.items()
    }
    return of_captures(captures)


def test_a_filter_at_the_far_captures_is_no_refusal_on_the_hop() -> None:
    """The server itself refuses; the captures beyond the client leave the port out: two stories, one picture."""
    done = without_port(world().with_hop(2, boxes=[Refuse(port=PORT)]), "firewall", "server")
    assert not done.of("rst-injected")
    assert any("refused" in one.title for one in done.of("cannot-tell"))
    assert not [one for one in done.findings if one.code == "clean" and one.hop in (None, ("client", "firewall"))]


def test_a_far_capture_of_one_port_accuses_nobody() -> None:
    loads = (TcpLoad(flows=20), TcpLoad(flows=8, port=PORT))
    done = outcome(chain(2, loads=loads).with_hop(1, both=FAR).with_hop(0, boxes=[Refuse(port=PORT)]))
    assert not done.of("rst-injected")


INNOCENT = {
    "the server refuses and every tap sees it": world().with_hop(2, boxes=[Refuse(port=PORT)]),
    "captures miss packets": world().with_hop(2, boxes=[Refuse(port=PORT)]).with_tap(1, miss=0.2),
    "hosts that end connections by resets": chain(3, loads=(*SMALL, TcpLoad(flows=20, rst_share=1.0))),
}


@pytest.mark.parametrize("name", INNOCENT)
def test_nothing_is_called_refused_on_a_hop_that_passed_it(name: str) -> None:
    done = outcome(INNOCENT[name])
    assert not done.of("rst-injected")
    assert not [one for one in done.of("cannot-tell") if "refused" in one.title]
