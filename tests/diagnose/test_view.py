"""``diagnose.view``: tables in the words of the rules."""

from __future__ import annotations

from collections import Counter

import attrs
import numpy as np
import pytest

from correlate.diagnose.view import TCP_FIN, TCP_RST, TCP_SYN
from correlate.model.clocks import OffsetCurve
from tests.diagnose.worlds import BULK, CLEAN_THREE, SMALL, outcome
from tests.netsim import chain
from tests.netsim.boxes import Nat

LOSSY = chain(3, loads=BULK).with_hop(1, both={"loss": 0.03})


def test_values_of_the_first_place_are_those_a_person_would_look_up() -> None:
    """Naive twin: walk the places of each packet."""
    view = outcome(LOSSY).view()
    rows = view.run.trajectories.rows
    packets = np.arange(0, len(rows), 7)
    for packet, value in zip(packets.tolist(), view.first_values("ip_len", packets).tolist(), strict=True):
        place = next(place for place in range(view.places) if rows[packet, place] >= 0)
        assert value == view.run.packets[view.run.path.order[place]].columns.ip_len[rows[packet, place]]


def test_hops_are_named_along_the_travel() -> None:
    """Upstream and downstream follow the packet, the hop does not."""
    view = outcome(CLEAN_THREE).view()
    assert view.hop(1) == ("firewall", "server")
    assert view.between(1, -1) == "server and firewall"
    assert (view.upstream(1, -1), view.downstream(1, -1)) == (2, 1)
    assert (view.upstream(1, 1), view.downstream(1, 1)) == (1, 2)
    assert [view.direction_name(d) for d in (1, -1, 0)] == ["forward", "reverse", None]


def test_a_packet_that_was_not_seen_is_cited_by_nothing() -> None:
    """Evidence lists must never fail: what nobody saw has no frame."""
    view = outcome(LOSSY).view()
    packet = int(np.flatnonzero(view.is_seen[:, 1] & ~view.is_seen[:, 2])[0])
    assert view.cite(packet, 2, "never") == ()
    assert len(view.cite(packet, 1)) == 1
    assert len(view.refs([packet])) == int(view.is_seen[packet].sum())
    with pytest.raises(AssertionError, match="not seen"):
        view.ref(packet, 2)


def test_frames_are_cited_as_wireshark_numbers_them() -> None:
    """The cited frame holds the packet, by the simulator's truth."""
    done = outcome(CLEAN_THREE)
    view = done.view()
    for packet in (0, 17, len(view.run.trajectories) - 1):
        told = {done.transmission(ref) for ref in view.refs([packet])}
        assert len(told) == 1


def test_references_are_limited() -> None:
    """A million packets give a dozen references."""
    view = outcome(CLEAN_THREE).view()
    assert len(view.refs(range(400), limit=5)) == 5


def test_only_a_vantage_without_any_clock_evidence_has_no_time() -> None:
    """contract.md: ``time_ns`` is null only if the vantage cannot be placed; the reference always can."""
    view = outcome(CLEAN_THREE).view()
    assert all(ref.time_ns is not None for ref in view.refs([0, 1, 2]))
    clocks = view.run.clocks
    nothing = np.zeros(0)
    blind = attrs.evolve(clocks.vantages[1], curve=OffsetCurve(nothing.astype(np.int64), nothing, nothing, nothing))
    vantages = (clocks.vantages[0], blind, clocks.vantages[2])
    view = attrs.evolve(view, run=attrs.evolve(view.run, clocks=attrs.evolve(clocks, vantages=vantages)))
    assert [ref.time_ns is None for ref in view.refs([0])] == [False, True, False]


def test_repeats_are_what_their_sender_sent_more_than_once() -> None:
    """Naive twin over every packet of a lossy world."""
    view = outcome(LOSSY).view()
    table = view.run.trajectories
    everyone = np.arange(len(table))
    columns = {name: view.first_values(name, everyone) for name in ("proto", "seq", "ack", "payload_len", "digest")}

    def key(packet: int) -> tuple[int, ...]:
        at = {name: int(column[packet]) for name, column in columns.items()}
        who = (int(table.flow[packet]), int(table.is_outbound[packet]))
        if at["proto"] == 6 and at["payload_len"]:
            return (*who, at["seq"])
        if at["proto"] == 6:
            return (*who, at["seq"], at["ack"], int(view.tcp_flags[packet]) & (TCP_SYN | TCP_FIN | TCP_RST), 6)
        return (*who, at["seq"], at["digest"], 17, 17)

    counts = Counter(key(packet) for packet in everyone.tolist())
    assert view.is_repeated.tolist() == [counts[key(packet)] > 1 for packet in everyone.tolist()]
    assert view.is_repeated.any()
    last = {key(packet): packet for packet in everyone.tolist()}
    assert view.is_sent_again.tolist() == [last[key(packet)] != packet for packet in everyone.tolist()]


def test_sure_pairs_are_pairs_of_one_transmission() -> None:
    """By the simulator's truth: only they may show what a hop does to a single sending."""
    done = outcome(chain(3, loads=SMALL, ip_id="zero").with_hop(1, both={"loss": 0.05}, boxes=[Nat()]))
    view = done.view()
    both = np.flatnonzero(view.is_sure_pair & view.is_seen[:, 0] & view.is_seen[:, 2])
    for packet in both.tolist():
        assert len({done.transmission(ref) for ref in view.refs([packet])}) == 1


def test_the_place_blamed_for_an_absence_is_the_one_without_the_packet() -> None:
    """A hop's exit for what is seen beyond, its entry for what is first seen there."""
    done = outcome(chain(3, loads=SMALL).with_tap(1, miss=0.1))
    view = done.view()
    fates = view.run.fates
    missed = np.flatnonzero(fates.fate == 2)
    assert len(missed)
    assert not view.is_seen[fates.packet[missed], view.blamed_place(missed)].any()
    assert [view.misses(place) for place in range(3)] == [False, True, False]


def test_payload_is_read_again_from_the_file() -> None:
    """The bytes of a data packet are those that were sent."""
    done = outcome(CLEAN_THREE)
    view = done.view()
    packet = int(np.flatnonzero(view.first_values("payload_len", np.arange(len(view.run.trajectories))) > 20)[0])
    vantage = view.run.path.order[0]
    row = int(view.run.trajectories.rows[packet, 0])
    frame = done.sim.captures[view.name(0)][row][1]
    start = int(view.run.packets[vantage].columns.payload_offset[row])
    assert view.owner_payload(packet, 0, limit=9) == frame[start : start + 9]


def test_what_went_wrong_is_found_without_looking_at_the_rest() -> None:
    """Undelivered packets, resets and changes that nobody expects: the same as by looking at every row."""
    done = outcome(chain(3, loads=SMALL).with_tap(1, miss=0.1).with_hop(0, both={"loss": 0.05}, boxes=[Nat()]))
    view = done.view()
    fates, changes = view.run.fates, view.run.mutations.columns
    assert view.undelivered.tolist() == [row for row, fate in enumerate(fates.fate.tolist()) if fate]
    assert view.unexpected.tolist() == [row for row, expected in enumerate(changes.expected.tolist()) if not expected]
    assert view.resets.tolist() == [packet for packet, flags in enumerate(view.tcp_flags.tolist()) if flags & 4]
    assert view.fate_direction.tolist() == view.run.trajectories.direction[fates.packet].tolist()
    on_way = view.on_way(view.undelivered, 1, -1)
    assert on_way.tolist() == [
        row for row in view.undelivered.tolist() if fates.hop[row] == 1 and view.fate_direction[row] == -1
    ]


def test_values_are_those_of_the_row_that_a_packet_stands_in() -> None:
    """Of some packets, or of all; what a place lacks reads as its first row."""
    view = outcome(CLEAN_THREE).view()
    everyone = np.arange(len(view.run.trajectories))
    for place, vantage in enumerate(view.run.path.order):
        column = view.run.packets[vantage].columns.ip_len
        naive = [int(column[max(0, row)]) for row in view.run.trajectories.rows[:, place].tolist()]
        assert view.values("ip_len", everyone, place).tolist() == naive
        assert view.of_everyone(column, place).tolist() == naive
