"""``diagnose.turns``: who kept whom waiting, by one clock."""

from __future__ import annotations

import itertools

import numpy as np

from correlate.diagnose.turns import by_flow, find_turns, said_again
from tests.diagnose.dialogue import MS, Dialogue, Say, merged
from tests.diagnose.worlds import BULK, CLEAN, of_captures, outcome
from tests.netsim import StreamLoad, chain
from tests.netsim.packet import UDP


def turns_of(*lines: Say, place: int = 1, **how: object):
    return find_turns(of_captures(Dialogue(lines=list(lines), **how).captures()).view(), place)


def test_a_turn_is_the_gap_between_two_speakers() -> None:
    """Exact on one clock: from the last byte of one to the first of the other."""
    turns = turns_of(
        Say(who="client", at=0, size=3000), Say(who="server", at=701, size=5000), Say(who="client", at=1500, size=10)
    )
    assert turns.by_responder.tolist() == [True, False]
    assert turns.asked_bytes.tolist() == [3000, 5000]
    assert turns.answer_bytes.tolist() == [5000, 10]
    assert turns.asked_packets.tolist() == [3, 4]
    assert turns.is_last.tolist() == [False, True]
    # The request's third segment passes the server's tap 1.04 ms after it began at the client's.
    assert turns.gap_ns.tolist()[0] == 701 * MS - (HOP + 40_000)


HOP = 1 * MS


def test_bytes_said_again_are_no_speech() -> None:
    """A resend of the request is no second request: it neither moves nor hides the wait."""
    turns = turns_of(
        Say(who="client", at=0, size=100),
        Say(who="client", at=300, size=0, again=True),
        Say(who="server", at=801, size=50),
    )
    assert turns.gap_ns.tolist() == [800 * MS]
    assert turns.asked_packets.tolist() == [1]


def test_silence_inside_a_burst_is_kept() -> None:
    """A speaker who goes on without an answer is not waiting for one."""
    turns = turns_of(
        Say(who="client", at=0, size=10), Say(who="client", at=900, size=10), Say(who="server", at=1000, size=10)
    )
    assert turns.asked_lull_ns.tolist() == [900 * MS]


def test_flows_do_not_mix() -> None:
    """The last byte of one flow is not answered by the first of another."""
    captures = merged(
        Dialogue(lines=[Say(who="client", at=0, size=10)], port=1024),
        Dialogue(lines=[Say(who="server", at=5, size=10)], port=2048),
    )
    assert len(find_turns(of_captures(captures).view(), 1).flow) == 0


def test_datagrams_take_turns_too() -> None:
    """UDP has no resends to tell."""
    turns = turns_of(Say(who="client", at=0, size=40), Say(who="server", at=31, size=90), proto=UDP)
    assert (turns.is_tcp.tolist(), turns.gap_ns.tolist()) == ([False], [30 * MS])


def test_nothing_answers_in_a_stream_one_way() -> None:
    """No turn, and no failure, without a second speaker."""
    view = outcome(chain(2, loads=(StreamLoad(flows=1),))).view()
    assert len(find_turns(view, 0).flow) == 0


def test_every_turn_is_that_of_a_plain_walk() -> None:
    """Naive twin on a lossless world: walk each flow and compare speakers."""
    view = outcome(CLEAN).view()
    table = view.run.trajectories
    packets = [
        p for p in range(len(table)) if view.values("payload_len", np.array([p]), 1)[0] and table.rows[p, 1] >= 0
    ]
    packets = [p for p in packets if view.values("proto", np.array([p]), 1)[0] in (6, 17) and not table.is_ambiguous[p]]
    packets.sort(key=lambda p: (table.flow[p], table.rows[p, 1]))
    stamps = view.values("ts_ns", np.arange(len(table)), 1)
    naive = [
        (a, b, int(stamps[b] - stamps[a]))
        for a, b in itertools.pairwise(packets)
        if table.flow[a] == table.flow[b] and table.is_outbound[a] != table.is_outbound[b]
    ]
    turns = find_turns(view, 1)
    assert naive == list(zip(turns.asked.tolist(), turns.answered.tolist(), turns.gap_ns.tolist(), strict=True))


def test_resends_are_found_wherever_they_were_cut() -> None:
    """Naive twin on a lossy world: the start was seen before in this flow and direction."""
    view = outcome(chain(2, loads=BULK).with_hop(-1, both={"loss": 0.05})).view()
    table = view.run.trajectories
    data = np.flatnonzero(view.is_seen[:, 0] & (view.first_values("payload_len", np.arange(len(table))) > 0))
    packets = by_flow(view, data, 0)
    seen: set[tuple[int, bool, int]] = set()
    naive = []
    for packet, seq, proto in zip(
        packets.tolist(),
        view.values("seq", packets, 0).tolist(),
        view.values("proto", packets, 0).tolist(),
        strict=True,
    ):
        key = (int(table.flow[packet]), bool(table.is_outbound[packet]), seq)
        naive.append(proto == 6 and key in seen)
        seen.add(key)
    assert said_again(view, packets, 0).tolist() == naive
    assert any(naive)
