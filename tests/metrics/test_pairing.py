"""``metrics.pairing``: who answers whom; nothing where nobody can tell."""

from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Ether

from correlate.metrics.pairing import acknowledged, echoed, is_opening, turns
from correlate.metrics.timeline import timeline_at
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk
from tests.metrics.scenes import Seen, scene, udp


def _line(world):
    return timeline_at(world.packets, world.path, world.trajectories, 0)


def _pairs(answers) -> list[tuple[int, int]]:
    return list(zip(answers[0].tolist(), answers[1].tolist(), strict=True))


def test_a_segment_and_the_acknowledgement_of_its_end() -> None:
    """SYN and SYN-ACK, SYN-ACK and ACK, data and the first ACK that covers exactly it."""
    line = _line(talk(HANDSHAKE + REQUEST))
    found = acknowledged(line)
    assert _pairs(found) == [(0, 1), (1, 2), (3, 4), (5, 6)]
    assert is_opening(line, found).tolist() == [True, False, False, False]


def test_a_segment_sent_twice_is_no_request() -> None:
    """Karn's rule (RFC 6298 section 3)."""
    again = (5, "c", {"flags": "S", "seq": 99})
    assert (0, 1) not in _pairs(acknowledged(_line(talk([*HANDSHAKE[:2], again]))))


def test_an_acknowledgement_of_more_is_no_sample_of_less() -> None:
    """The altered SYN-ACK of case 1: the client's ACK covers 2 bytes that were never sent."""
    lines = [*HANDSHAKE[:2], (11, "c", {"flags": "A", "seq": 100, "ack": 502})]
    assert _pairs(acknowledged(_line(talk(lines)))) == [(0, 1)]


def test_a_turn_is_last_request_byte_to_first_response_byte() -> None:
    """Pure ACKs in between do not speak."""
    assert _pairs(turns(_line(talk(HANDSHAKE + REQUEST)))) == [(3, 5)]


def test_data_that_does_not_acknowledge_the_request_does_not_answer_it() -> None:
    """A server that pushes on its own, crossing the request."""
    pushed = (14, "s", {"flags": "PA", "seq": 500, "ack": 100, "data": b"news"})
    assert _pairs(turns(_line(talk([*HANDSHAKE, REQUEST[0], pushed])))) == []


def test_a_retransmitted_request_or_response_is_no_turn() -> None:
    """What took long was the loss."""
    again = (40, "c", REQUEST[0][2])
    assert _pairs(turns(_line(talk([*HANDSHAKE, REQUEST[0], again, *REQUEST[2:]])))) == []


def test_datagrams_answer_only_a_request_that_stands_alone() -> None:
    """Two questions on one port pair: nobody can tell which was answered."""

    def question(data: bytes) -> bytes:
        return udp(sport=4000, dport=53, data=data)

    def answer(data: bytes) -> bytes:
        return udp(src="198.51.100.9", dst="10.0.0.1", sport=53, dport=4000, data=data)

    frames = [question(b"a"), answer(b"A"), question(b"b"), question(b"c"), answer(b"B"), answer(b"C")]
    ways = [1, -1, 1, 1, -1, -1]
    world = scene([list(enumerate(frames))], [Seen(rows=(row,), direction=way) for row, way in enumerate(ways)])
    assert (0, 1) in _pairs(turns(_line(world)))
    assert (3, 4) not in _pairs(turns(_line(world)))


def test_echo_requests_pair_by_sequence_number() -> None:
    """RFC 792; the same number twice pairs with nothing."""

    def echo(kind: int, seq: int, *, back: bool) -> bytes:
        ends = ("10.0.0.2", "10.0.0.1") if back else ("10.0.0.1", "10.0.0.2")
        return bytes(Ether() / IP(src=ends[0], dst=ends[1]) / ICMP(type=kind, id=1, seq=seq))

    frames = [echo(8, 1, back=False), echo(8, 2, back=False), echo(0, 1, back=True), echo(8, 2, back=False),
              echo(0, 2, back=True)]  # fmt: skip
    ways = [1, 1, -1, 1, -1]
    world = scene([list(enumerate(frames))], [Seen(rows=(row,), direction=way) for row, way in enumerate(ways)])
    assert _pairs(echoed(_line(world))) == [(0, 2)]
