"""``diagnose``: worlds in which nobody is to blame, and worlds in which somebody is."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose import RULES, diagnose
from tests.diagnose.dialogue import Dialogue, Say
from tests.diagnose.worlds import BULK, CLEAN, MS, SMALL, of_captures, outcome
from tests.netsim import HOUR, SECOND, DnsLoad, PingLoad, StreamLoad, TcpLoad, World, chain
from tests.netsim.boxes import AckCheck, Nat, PayloadEdit, PortBlock, RstInject, SynAckPad
from tests.netsim.packet import UDP

TICK = {"quantum_ns": 15_625_000}
KEEP_ALIVE = (TcpLoad(flows=6, exchanges=(3, 5), pause_ns=(3 * SECOND, 30 * SECOND)),)

INNOCENT: dict[str, World] = {
    "clean path": CLEAN,
    "clean path of six": chain(6, loads=SMALL),
    "IPv6": chain(3, loads=(TcpLoad(flows=10, version=6), DnsLoad(flows=6, version=6), PingLoad(flows=1, version=6))),
    "capture loss in the middle": chain(3, loads=SMALL).with_tap(1, miss=0.05),
    "capture loss at an end": chain(2, loads=SMALL).with_tap(1, miss=0.05),
    "heavy capture loss": chain(3, loads=BULK).with_tap(1, miss=0.3),
    "capture loss everywhere": chain(3, loads=BULK).with_tap(0, miss=0.03).with_tap(1, miss=0.03).with_tap(2, miss=0.03),
    "differing windows": chain(2, loads=SMALL)
    .with_tap(0, start_ns=3 * SECOND)
    .with_tap(1, end_ns=8 * SECOND, clock={"offset_ns": -5 * HOUR}),
    "windows that barely overlap": chain(3, loads=BULK)
    .with_tap(0, end_ns=5 * SECOND, clock={"offset_ns": 40 * SECOND})
    .with_tap(2, start_ns=4 * SECOND),
    "mirror copies": chain(2, loads=SMALL).with_tap(1, span_copies=0.3),
    "every frame twice": chain(3, loads=SMALL).with_tap(1, span_copies=1.0),
    "jitter": chain(2, loads=SMALL).with_hop(0, both={"jitter_ns": 15 * MS}),
    "some jitter": chain(3, loads=SMALL).with_hop(0, both={"jitter_ns": 5 * MS}),
    "jitter on bulk": chain(2, loads=BULK).with_hop(0, both={"jitter_ns": 8 * MS}),
    "a slow hop": chain(3, loads=SMALL).with_hop(1, both={"delay_ns": 150 * MS}),
    "asymmetric path": chain(3, loads=SMALL).with_hop(1, forward={"delay_ns": 90 * MS}),
    "slow turnaround": chain(2, loads=(TcpLoad(flows=10, think_ns=(100 * MS, 300 * MS)),)),
    "idle flows": chain(2, loads=KEEP_ALIVE),
    "streams one way": chain(3, loads=(StreamLoad(flows=3),)),
    "streams back": chain(2, loads=(StreamLoad(flows=3, from_server=True), TcpLoad(flows=3))),
    "streams of equal packets": chain(2, loads=(StreamLoad(flows=3, same_payload=True), DnsLoad(flows=3))),
    "NAT": chain(4, loads=SMALL).with_hop(1, boxes=[Nat()]),
    "NAT on bulk": chain(3, loads=BULK).with_hop(1, boxes=[Nat(kind="snat")]),
    "coarse ticks": chain(2, loads=SMALL).with_tap(0, clock=TICK),
    "coarse ticks everywhere": chain(3, loads=BULK).with_tap(0, clock=TICK).with_tap(1, clock=TICK).with_tap(2, clock=TICK),
    "skew": chain(3, loads=SMALL).with_tap(1, clock={"skew_ppm": 80, "offset_ns": -3 * SECOND}),
    "clock step": chain(3, loads=SMALL).with_tap(1, clock={"steps": ((5 * SECOND, 2 * SECOND),)}),
    "clock step back": chain(2, loads=SMALL).with_tap(1, clock={"steps": ((4 * SECOND, -1 * SECOND),)}),
    "snaplen": chain(2, loads=SMALL).with_tap(1, snaplen=96),
    "snaplen of headers": chain(3, loads=SMALL).with_tap(1, snaplen=54),
    "losses before the first vantage": chain(2, loads=SMALL).with_hop(-1, both={"loss": 0.05}),
    "losses beyond the last vantage": chain(2, loads=SMALL).with_hop(1, both={"loss": 0.05}),
    "retransmission storm beyond": chain(2, loads=BULK).with_hop(1, both={"loss": 0.3}),
    "retransmission storm before": chain(3, loads=SMALL).with_hop(-1, both={"loss": 0.3}),
    "equal payloads": chain(2, loads=(TcpLoad(flows=12, same_payload=True, timestamps=False), DnsLoad(same_payload=True)), ip_id="zero"),
}  # fmt: skip


@pytest.mark.parametrize("name", INNOCENT)
@pytest.mark.parametrize("seed", [3])
def test_nobody_is_blamed_where_nobody_did_wrong(name: str, seed: int) -> None:
    """findings.md: a false accusation is the worst defect this project can have."""
    done = outcome(INNOCENT[name], seed)
    assert done.accusations == []
    assert not done.sim.truth.findings() - {"nat"}, "the world is innocent by its own truth"


GUILTY: dict[str, tuple[World, str, tuple[str, str]]] = {
    "loss": (chain(3, loads=BULK).with_hop(1, both={"loss": 0.03}), "loss", ("firewall", "server")),
    "altered SYN-ACK": (
        chain(4, loads=SMALL).with_hop(0, boxes=[SynAckPad()]).with_hop(1, boxes=[Nat(), AckCheck()]),
        "syn-ack-altered",
        ("client", "fw-int"),
    ),
    "altered payload": (
        chain(3, loads=SMALL).with_hop(1, boxes=[PayloadEdit(share=0.5)]),
        "payload-altered",
        ("firewall", "server"),
    ),
    "blocked port": (
        chain(3, loads=(*SMALL, TcpLoad(flows=6, port=8443))).with_hop(1, boxes=[PortBlock()]),
        "port-blocked",
        ("firewall", "server"),
    ),
    "injected reset": (
        chain(3, loads=SMALL).with_hop(1, boxes=[RstInject(share=0.5)]),
        "rst-injected",
        ("firewall", "server"),
    ),
    "hold": (
        chain(3, loads=SMALL).with_hop(1, reverse={"extra": ((3 * SECOND, 4 * SECOND, 300 * MS),)}),
        "delay-added",
        ("firewall", "server"),
    ),
    "reordering": (chain(3, loads=BULK).with_hop(1, both={"reorder": 0.05}), "reordered", ("firewall", "server")),
    "duplicates": (chain(3, loads=SMALL).with_hop(1, forward={"duplicate": 0.1}), "duplicated", ("firewall", "server")),
}


@pytest.mark.parametrize("name", GUILTY)
def test_the_guilty_hop_is_found_and_no_other(name: str) -> None:
    """findings.md: one hop is named, the others are cleared or left open."""
    world, code, hop = GUILTY[name]
    done = outcome(world)
    assert {one.hop for one in done.of(code)} == {hop}
    blamed = {one.hop for one in done.findings if one.hop and one.severity != "info"}
    allowed = {hop} | ({("fw-int", "fw-ext")} if code == "syn-ack-altered" else set())
    assert blamed <= allowed


def test_findings_are_the_same_whatever_the_order_of_arguments() -> None:
    """Law: argument order changes nothing where evidence orders the path."""
    done = outcome(GUILTY["loss"][0])
    again = diagnose(attrs.evolve(done.result, findings=()), done.view().fetch)
    assert again == done.findings
    assert len(RULES) == len(set(RULES))


def test_all_rules_are_silent_on_captures_that_share_nothing() -> None:
    """No packet in common: nothing is said but that."""
    one = Dialogue(lines=[Say(who="client", at=0, size=100)], port=1111, proto=UDP).captures()
    other = Dialogue(lines=[Say(who="client", at=900, size=333)], port=2222, proto=UDP).captures()
    done = of_captures({"here": one["client"], "there": other["server"]})
    assert done.codes <= {"cannot-tell"}
    assert len(done.findings) >= 1


def test_no_figure_is_made_of_unbounded_numbers() -> None:
    """``UNBOUNDED`` never leaks into a quantity."""
    for name in ("streams one way", "differing windows"):
        for one in outcome(INNOCENT[name]).findings:
            assert one.quantity is None or abs(one.quantity) < np.iinfo(np.int64).max // 4
