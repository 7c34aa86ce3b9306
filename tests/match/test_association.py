"""Flows recognised in another capture."""

import struct

import numpy as np
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from correlate.match.association import associate
from correlate.match.joins import join
from tests.match.crafting import CLIENT, MS, NAT, SERVER, later, side_of, table, talk, tcp, udp

BIG = {"isn": (900_000_000, 77_000_000)}


def free(side):
    return np.ones(len(side.flows), bool)


def edges_of(a, b):
    a, b = side_of(table(a)), side_of(table(b))
    edges, support = associate(a, b, free(a), free(b), join(a.prints.exact, b.prints.exact))
    return list(zip(edges.a.tolist(), edges.b.tolist(), edges.is_swapped.tolist(), strict=True)), support()


def test_a_translated_flow_is_found_and_its_exact_packets_set_the_pace():
    """No address or port is compared."""
    edges, support = edges_of(talk(**BIG), later(talk(NAT, SERVER, 61000, **BIG), 5 * MS))
    assert edges == [(0, 0, False)]
    assert len(support.time) == 9


def test_an_initiator_guessed_wrong_on_one_side_is_an_edge_turned_round():
    """Without handshake the first sender is taken for the initiator."""
    frames = [(t, f) for t, f in talk(sport=40000, dport=50000, **BIG)][3:]
    edges, _ = edges_of(frames, frames[1:])
    assert edges == [(0, 0, True)]


def test_rewritten_sequence_numbers_and_ip_ids_leave_the_timestamps():
    """ISN randomisers leave TCP timestamps alone (algorithms section 2)."""
    plain = [tcp(CLIENT, SERVER, 1, 2, seq=10**9 + k, ack=5, ident=k + 1, stamp=(10**8 + k, 7)) for k in range(4)]
    moved = [tcp(CLIENT, SERVER, 9, 2, seq=2 * 10**9 + k, ack=9, ident=900 - k, stamp=(10**8 + k, 7)) for k in range(4)]
    edges, _ = edges_of([(k, f) for k, f in enumerate(plain)], [(k, f) for k, f in enumerate(moved)])
    assert edges == [(0, 0, False)]


def test_payload_alone_joins_relayed_connections():
    """A relay keeps the bytes only."""
    one = talk(**BIG)
    parts = [f for _, f in one if f[54:].startswith(b"request")]
    other = [(k * MS, tcp(NAT, SERVER, 7, 8, seq=5 * k, data=f[54:], ident=900 + k)) for k, f in enumerate(parts)]
    edges, _ = edges_of(one, other)
    assert [edge[:2] for edge in edges] == [(0, 0)]


def test_payload_cut_away_is_known_by_its_sum():
    """The checksum was computed over bytes that this capture does not hold."""
    asked = [
        (k * MS, udp(CLIENT, SERVER, 40000, 53, f"question number {k} of many".encode(), ident=70 + k))
        for k in range(3)
    ]
    a, b = side_of(table(asked)), side_of(table(asked, snaplen=42))
    assert associate(a, b, free(a), free(b), join(a.prints.exact, b.prints.exact))[0].a.tolist() == [0]


def test_small_numbers_of_a_lone_packet_prove_nothing():
    """A simulator's first packet looks like any other's."""
    edges, _ = edges_of([(0, tcp(CLIENT, SERVER, 1, 2, seq=0, flags=2))], [(0, tcp(NAT, SERVER, 3, 4, seq=0, flags=2))])
    assert edges == []


def test_a_flow_that_two_flows_of_the_other_side_share_joins_both():
    """A NAT binding renewed in the middle of a flow: two tuples outside, one inside."""
    inside = [
        (k * MS, udp(CLIENT, SERVER, 40000, 4500, f"packet {k} with its own bytes".encode(), ident=k + 1))
        for k in range(8)
    ]
    outside = [
        (k * MS, udp(NAT, SERVER, 61000 + k // 4, 4500, f"packet {k} with its own bytes".encode(), ident=k + 1))
        for k in range(8)
    ]
    edges, _ = edges_of(inside, outside)
    assert sorted(edge[:2] for edge in edges) == [(0, 0), (0, 1)]


def _stamped_talk(sport, isn, ident, texts):
    """Handshake and requests of one host with one timestamp clock; frames by time."""
    here, there = isn
    frames = [
        tcp(CLIENT, SERVER, sport, 443, seq=here, flags=2, ident=ident, stamp=(10**8, 0)),
        tcp(SERVER, CLIENT, 443, sport, seq=there, ack=here + 1, flags=18, ident=0, stamp=(10**7, 10**8)),
        tcp(CLIENT, SERVER, sport, 443, seq=here + 1, ack=there + 1, ident=ident + 1, stamp=(10**8 + 1, 10**7)),
    ]
    for k, text in enumerate(texts):
        number = {"seq": here + 1 + k * len(text), "ack": there + 1, "stamp": (10**8 + 5 + k, 10**7 + 1)}
        frames.append(tcp(CLIENT, SERVER, sport, 443, flags=24, data=text, ident=ident + 2 + k, **number))
    return list(enumerate(frames))


def test_connections_of_one_host_with_nothing_in_common_but_the_handshake_stay_apart():
    """Windows, lengths, options and even timestamps of handshakes are the host's, not the connection's."""
    one = _stamped_talk(1111, (8_798_009, 116_353_919), 112, [b"a hundred bytes"])
    other = _stamped_talk(2222, (17_596_018, 232_707_838), 223, [b"three hundred and thirty-three bytes"])
    assert edges_of(one, other)[0] == []


def test_equal_stamps_and_lengths_with_other_bytes_are_other_connections():
    """Two connections opened in the same millisecond that send equally long messages in step."""
    one = _stamped_talk(1111, (8_798_009, 116_353_919), 112, [b"message one", b"message two", b"message six"])
    other = _stamped_talk(2222, (17_596_018, 232_707_838), 223, [b"MESSAGE ONE", b"MESSAGE TWO", b"MESSAGE SIX"])
    assert edges_of(one, other)[0] == []


def test_a_handshake_with_rewritten_numbers_is_known_by_its_ip_ids_and_timestamps():
    """A refused or silent connection behind an ISN randomiser."""
    one = _stamped_talk(1111, (8_798_009, 116_353_919), 112, [])
    other = _stamped_talk(2222, (17_596_018, 232_707_838), 112, [])
    assert edges_of(one, other)[0] == [(0, 0, False)]


def test_one_equal_payload_joins_no_connections_of_other_numbers():
    """Many clients send the same request: with other numbers it takes two payloads, or streams of equal bytes."""
    other = {"isn": (123_456_789, 987_654_321), "rounds": 1}
    for same, expected in ((1, []), (2, [(0, 0, False)])):
        mine, theirs = talk(rounds=1, **BIG), talk(NAT, SERVER, 61000, **other)
        bodies = [b"GET /the/page HTTP/1.1 and more", b"HTTP/1.1 200 OK the answer to it"]
        flows = []
        for frames, ends, isn in ((mine, (CLIENT, 50000), BIG["isn"]), (theirs, (NAT, 61000), other["isn"])):
            here, there = isn[0] + 1, isn[1] + 1
            ask = tcp(ends[0], SERVER, ends[1], 443, seq=here, ack=there, flags=24, data=bodies[0])
            back = bodies[1] if same == 2 else f"an answer of its own, {isn}".encode()
            answer = tcp(SERVER, ends[0], 443, ends[1], seq=there, ack=here + len(bodies[0]), flags=24, data=back)
            flows.append([*frames[:3], (20 * MS, ask), (25 * MS, answer)])
        assert edges_of(*flows)[0] == expected


def subflow(sport, isn, *, mapped, at=1):
    """Data of an MPTCP connection as one subflow carries it (RFC 8684 section 3.3)."""
    frames = []
    for k in range(6):
        signal = struct.pack("!BBBBIIIH", 30, 20, 0x20, 5, 0, 5000 + 100 * k, at + 100 * k, 100) if mapped else b""
        segment = TCP(sport=443, dport=sport, seq=isn + 100 * k, ack=isn // 2, flags="PA", window=k + 9)
        segment.options = [(30, signal[2:])] if mapped else []
        packet = IP(src=SERVER, dst=CLIENT, id=isn % 999 + k) / segment / (b"piece %d of the stream " % k * 5)[:100]
        frames.append((k * MS, bytes(Ether() / packet)))
    return frames


def test_bytes_that_another_subflow_sends_again_are_no_relayed_connection():
    """Reinjection: without the mapping, one would take the two for the sides of a proxy."""
    here, there = subflow(5000, 10**9, mapped=True), subflow(6000, 2 * 10**9, mapped=True, at=701)
    assert edges_of(here, there)[0] == []
    assert edges_of(subflow(5000, 10**9, mapped=False), subflow(6000, 2 * 10**9, mapped=False))[0] == [(0, 0, False)]


def test_one_subflow_whose_numbers_a_box_has_rewritten_keeps_its_mapping():
    """The subflow's own numbers in the mapping are relative."""
    assert edges_of(subflow(5000, 10**9, mapped=True), subflow(6000, 2 * 10**9, mapped=True))[0] == [(0, 0, False)]
