"""``metrics.transactions``: requests, answers, and the parts of their time."""

import attrs
import numpy as np
import pytest

from correlate.metrics.stamps import own_stamps
from correlate.metrics.timeline import timelines
from correlate.metrics.transactions import TALK_PACKETS, find_transactions, keep_transactions
from correlate.model.transactions import UNKNOWN_NS, TransactionKind
from tests.diagnose.worlds import outcome
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk
from tests.metrics.scenes import MS, Seen, scene, udp
from tests.netsim import TcpLoad, chain


def found(world):
    line = timelines(world.packets, world.path, world.trajectories)[2]
    own = own_stamps(world.packets, world.path, world.trajectories)
    return find_transactions(world.packets, world.path, world.trajectories, line, own)


def unseen(world, packet: int, place: int):
    """Return the scene without a sighting."""
    rows = world.trajectories.rows.copy()
    rows[packet, place] = -1
    return attrs.evolve(world, trajectories=attrs.evolve(world.trajectories, rows=rows))


def test_handshake_and_request_divide_into_way_and_thought() -> None:
    """D1 and D4: 5 ms to the server's vantage each way; 1 ms for the handshake, 50 ms for the answer beyond it."""
    table = found(talk(HANDSHAKE + REQUEST, delays_ms=(5, 0)))
    assert table.kind.tolist() == [TransactionKind.HANDSHAKE, TransactionKind.EXCHANGE]
    assert table.rtt_ns.tolist() == [[11 * MS, 1 * MS], [60 * MS, 50 * MS]]
    assert (table.near.tolist(), table.far.tolist()) == ([0, 0], [1, 1])
    assert table.think_ns.tolist() == [1 * MS, 50 * MS]
    assert table.asked_bytes.tolist() == [0, 5]
    assert table.answered_bytes.tolist() == [0, 6]


def test_what_a_hop_adds_while_the_answer_comes_in_shows_in_its_stretch() -> None:
    """The second half of the answer leaves 8 ms after the first; both places see that."""
    rest = (70, "s", {"flags": "PA", "seq": 506, "ack": 105, "data": b"rest"})
    table = found(talk([*HANDSHAKE, *REQUEST, rest], delays_ms=(5, 0)))
    assert table.answer_at_ns[1].tolist() == [8 * MS, 8 * MS]
    assert table.answer_ns.tolist() == [0, 8 * MS]


def test_a_lost_request_is_time_to_send_again_not_time_on_the_hop() -> None:
    """The first SYN never got to the server's vantage; three seconds later a second one did."""
    again = [(3000 + at, *rest) for at, *rest in HANDSHAKE]
    world = unseen(talk([HANDSHAKE[0], *again], delays_ms=(5, 0)), 0, 1)
    table = found(world)
    assert table.resend_ns.tolist() == [3000 * MS]
    assert table.rtt_ns.tolist() == [[11 * MS, 1 * MS]]


def test_a_needless_resend_changes_nothing() -> None:
    """Both sendings arrived: the first one was answered."""
    again = (30, "c", {"flags": "PA", "seq": 100, "ack": 500, "data": b"GET /"})
    table = found(talk([*HANDSHAKE, *REQUEST[:2], again, *REQUEST[2:]], delays_ms=(5, 0)))
    assert table.resend_ns.tolist() == [0, 0]
    assert table.think_ns.tolist() == [1 * MS, 50 * MS]


def test_a_lost_answer_is_no_thought() -> None:
    """The server answered after 50 ms, the answer was lost on the way back and sent again 200 ms later."""
    again = (262, "s", {"flags": "PA", "seq": 500, "ack": 105, "data": b"200 OK"})
    world = unseen(talk([*HANDSHAKE, *REQUEST[:3], again], delays_ms=(5, 0)), 5, 0)
    table = found(world)
    assert table.think_ns.tolist() == [1 * MS, 50 * MS]
    assert table.held_ns.tolist() == [0, 200 * MS]
    assert table.rtt_ns[1].tolist() == [260 * MS, 250 * MS]


def test_a_place_that_saw_half_of_it_says_nothing() -> None:
    world = unseen(talk(HANDSHAKE + REQUEST, delays_ms=(5, 2, 0)), 5, 1)
    assert found(world).rtt_ns[1].tolist() == [60 * MS, UNKNOWN_NS, 50 * MS]


def test_an_answer_that_acknowledges_less_than_the_request_is_none() -> None:
    early = (20, "s", {"flags": "PA", "seq": 500, "ack": 103, "data": b"100"})
    assert found(talk([*HANDSHAKE, REQUEST[0], early])).kind.tolist() == [TransactionKind.HANDSHAKE]


@pytest.mark.parametrize(
    ("data", "kind"), [(b"\x16\x03\x01hello", TransactionKind.TLS), (b"\x17\x03\x03data", TransactionKind.EXCHANGE)]
)
def test_a_flight_of_tls_handshake_records_is_tls_setup(data: bytes, kind: TransactionKind) -> None:
    """RFC 8446 section 5.1: content type 22."""
    ask = (12, "c", {"flags": "PA", "seq": 100, "ack": 500, "data": data})
    answer = (62, "s", {"flags": "PA", "seq": 500, "ack": 100 + len(data), "data": b"\x16\x03\x03"})
    assert found(talk([*HANDSHAKE, ask, answer])).kind.tolist()[1] == kind


def datagrams(count: int, dport: int):
    """Questions, each answered 3 ms later, 20 ms apart."""
    frames, seen = [], []
    for number in range(count):
        data = bytes([number, 1])
        frames.append((20 * number * MS, udp(dport=dport, data=data)))
        back = udp(src="198.51.100.9", dst="10.0.0.1", sport=dport, dport=40000, data=data + b"!")
        frames.append((20 * number * MS + 3 * MS, back))
        seen += [Seen(rows=(2 * number,)), Seen(rows=(2 * number + 1,), direction=-1)]
    return scene([frames], seen)


def test_dns_questions_are_told_and_streams_are_not() -> None:
    assert found(datagrams(20, 53)).kind.tolist() == [TransactionKind.DNS] * 20
    assert len(found(datagrams(TALK_PACKETS // 2, 161)).kind) == TALK_PACKETS // 2
    assert len(found(datagrams(TALK_PACKETS // 2 + 1, 161)).kind) == 0


def test_two_questions_at_once_are_one_request() -> None:
    """A and AAAA from one socket: the last of the questions, the first of the answers."""
    frames = [(at * MS, udp(data=data)) for at, data in ((0, b"A"), (1, b"AAAA"))]
    frames += [
        (at * MS, udp(src="198.51.100.9", dst="10.0.0.1", sport=53, dport=40000, data=data))
        for at, data in ((9, b"1.2.3.4"), (30, b"::1"))
    ]
    seen = [Seen(rows=(row,), direction=1 if row < 2 else -1) for row in range(4)]
    table = found(scene([frames], seen))
    assert (table.request_ns.tolist(), table.think_ns.tolist(), table.answer_ns.tolist()) == ([MS], [8 * MS], [21 * MS])


def test_a_question_sent_again_is_one_question() -> None:
    """Equal datagrams: the resolver waited a second and asked again."""
    frames = [(0, udp(data=b"same")), (1000 * MS, udp(data=b"same"))]
    frames.append((1008 * MS, udp(src="198.51.100.9", dst="10.0.0.1", sport=53, dport=40000, data=b"yes")))
    table = found(scene([frames], [Seen(rows=(0,)), Seen(rows=(1,)), Seen(rows=(2,), direction=-1)]))
    assert len(table.kind) == 1
    assert (table.resend_ns + table.think_ns).tolist() == [1008 * MS]


def test_only_transactions_in_scope_are_kept() -> None:
    table = found(talk(HANDSHAKE + REQUEST))
    kept = np.array([True, True, True, True, True, False, True])
    assert keep_transactions(table, kept, kept).kind.tolist() == [TransactionKind.HANDSHAKE]
    both = keep_transactions(table, kept, np.ones(len(kept), np.bool_))
    assert both.kind.tolist() == [TransactionKind.HANDSHAKE, TransactionKind.EXCHANGE], (
        "another part tells of the answer"
    )


def test_in_a_simulated_world_every_part_is_what_really_passed() -> None:
    """Loss on the way: think time and way, measured by the worlds' own clocks, hold no resend."""
    world = chain(3, loads=(TcpLoad(flows=30, exchanges=(2, 4)),)).with_hop(0, both={"loss": 0.03})
    done = outcome(world)
    table, trajectories, truth = done.result.metrics.transactions, done.result.trajectories, done.sim.truth
    assert len(table.flow) > 60
    assert (table.resend_ns > 0).any()

    def true_ns(packet: int, place: int) -> int:
        row = int(trajectories.rows[packet, place])
        frame = int(done.result.packets[place].columns.frame[row])
        return int(truth.time_ns[truth.transmission_of[place][frame - 1], place])

    for at in range(len(table.flow)):
        request, reply = int(table.request[at]), int(table.reply[at])
        for place in range(3):
            if table.rtt_ns[at, place] != UNKNOWN_NS:
                spent = true_ns(reply, place) - true_ns(request, place)
                assert abs(int(table.rtt_ns[at, place]) - spent) <= 2_000 + spent // 1000
