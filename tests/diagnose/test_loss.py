"""``diagnose.loss``: lost packets are counted where they were lost, blocked ports where they are blocked."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.diagnose.loss import MAX_TARGETS, _longest_run, _targets, address_text, find_losses
from correlate.model.trajectories import FateGrade
from tests.diagnose.worlds import BULK, SMALL, World, outcome
from tests.netsim import SECOND, StreamLoad, TcpLoad, chain
from tests.netsim.boxes import Nat, PortBlock

LOSSY: dict[str, World] = {
    "random": chain(3, loads=BULK).with_hop(1, both={"loss": 0.03}),
    "bursts": chain(3, loads=BULK).with_hop(1, reverse={"loss": 0.04, "burst": 4.0}),
    "first hop": chain(3, loads=BULK).with_hop(0, both={"loss": 0.03}),
    "two captures": chain(2, loads=BULK).with_hop(0, both={"loss": 0.03}),
    "through NAT": chain(3, loads=BULK).with_hop(1, both={"loss": 0.03}, boxes=[Nat()]),
    "with capture loss": chain(3, loads=BULK).with_hop(1, both={"loss": 0.04}).with_tap(1, miss=0.01),
    "queue that overflows": chain(3, loads=BULK).with_hop(1, reverse={"rate_bps": 20_000_000, "queue_ns": 5_000_000}),
}


@pytest.mark.parametrize("name", LOSSY)
def test_losses_are_told_of_the_hop_that_lost(name: str) -> None:
    """Every cited packet was lost there by the simulator's truth, and no other hop is accused."""
    done = outcome(LOSSY[name])
    hop = 0 if name in ("first hop", "two captures") else 1
    names = [tap.name for tap in done.sim.world.taps]
    found = done.of("loss")
    assert found
    assert {one.hop for one in found} == {(names[hop], names[hop + 1])}
    for one in found:
        sent = [ref for ref in one.evidence if ref.note.startswith("sent")]
        assert sent
        assert all(done.sim.truth.lost_hop[done.transmission(ref)] == hop for ref in sent)
        assert one.quantity <= int((done.sim.truth.lost_hop == hop).sum())


@pytest.mark.parametrize("name", ["random", "through NAT", "with capture loss"])
def test_nearly_all_that_is_called_lost_was_lost(name: str) -> None:
    """The fates behind the finding, one by one."""
    done = outcome(LOSSY[name])
    view, truth = done.view(), done.sim.truth
    fates = view.run.fates
    packets = fates.packet[(fates.fate == 1) & (fates.grade != FateGrade.INCONCLUSIVE)]
    wrong = [p for p in packets.tolist() if truth.lost_hop[done.transmission(view.refs([p])[0])] != 1]
    assert len(wrong) <= len(packets) // 100


def test_one_per_cent_is_an_error_and_less_is_a_warning() -> None:
    """findings.md, severity."""
    done = outcome(LOSSY["random"])
    view = done.view()
    for one in done.of("loss"):
        assert (one.severity == "error") == (float(one.title.split("(")[1].split(" ")[0]) >= 1)
    fates = view.run.fates
    few = np.flatnonzero(fates.fate == 1)[1:]
    kept = np.ones(len(fates.fate), np.bool_)
    kept[few] = False
    thinned = type(fates)(*(column[kept] for column in fates))
    [one] = find_losses(attrs.evolve(view, run=attrs.evolve(view.run, fates=thinned)))
    assert (one.severity, one.quantity) == ("warning", 1)
    assert one.title.startswith("1 of ")
    assert "1 packet is seen" in one.explanation


def test_a_fate_without_certainty_accuses_nobody() -> None:
    """Only what ``trajectories`` graded likely or proven is called lost."""
    view = outcome(LOSSY["random"]).view()
    fates = view.run.fates
    unsure = fates._replace(grade=np.full(len(fates.grade), FateGrade.INCONCLUSIVE, np.int8))
    assert not list(find_losses(attrs.evolve(view, run=attrs.evolve(view.run, fates=unsure))))


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
    [first, *_] = [one for one in find_losses(view) if one.code == "port-blocked"]
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
    told = [one for one in find_losses(attrs.evolve(view, run=run)) if one.code == "port-blocked"]
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


def test_targets_are_few_however_many_ports_are_tried() -> None:
    """A scan is one story: the most tried first, the rest counted."""
    done = outcome(chain(3, loads=(TcpLoad(flows=60, port=443), *SMALL)))
    view = done.view()
    packets = np.flatnonzero(view.is_seen[:, 0] & (view.run.trajectories.direction < 0))
    targets, count = _targets(view, packets, 0)
    naive = set(zip(*_naive_targets(view, packets), strict=True))
    assert count == len(naive)
    assert len(targets) == min(count, MAX_TARGETS)
    sizes = [len(target.packets) for target in targets]
    assert sizes == sorted(sizes, reverse=True)


def _naive_targets(view, packets):
    columns = view.run.packets[view.run.path.order[0]]
    ids = view.values("tuple_id", packets, 0).tolist()
    return (
        [address_text(columns.tuples.dst[i], int(columns.tuples.version[i])) for i in ids],
        [int(columns.tuples.dport[i]) for i in ids],
        [int(columns.tuples.proto[i]) for i in ids],
    )


@pytest.mark.parametrize(("text", "longest"), [("", 0), (".", 0), ("x", 1), ("xx.x", 2), (".x.xxx", 3), ("xxxx", 4)])
def test_the_longest_run_of_losses(text: str, longest: int) -> None:
    """RFC 3357: lost in a row."""
    assert _longest_run(np.array([letter == "x" for letter in text], np.bool_)) == longest


def test_addresses_are_written_as_people_write_them() -> None:
    """IPv4 in the last four bytes, IPv6 compressed."""
    raw = np.zeros(16, np.uint8)
    raw[-4:] = (10, 0, 0, 1)
    assert address_text(raw, 4) == "10.0.0.1"
    raw[:2] = (0x20, 0x01)
    assert address_text(raw, 6) == "2001::a00:1"
