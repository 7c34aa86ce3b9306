"""Conversations of one vantage."""

import numpy as np
import pytest

from correlate.flows import group_flows
from tests.match.crafting import CLIENT, MS, NAT, SERVER, icmp, ip4, table, talk, tcp, udp, unreachable
from tests.match.loading import load_real


def test_both_directions_are_one_flow_that_the_syn_sender_began():
    """RFC 9293 section 3.5."""
    flows = group_flows(table(talk()))
    assert len(flows) == 1
    assert flows.is_outbound.tolist() == [True, False, True, True, False, True, False, True, False]
    row = flows.columns
    assert (row.isn_out[0], row.isn_back[0], row.has_known_initiator[0]) == (1000, 7000, True)
    assert row.packets[0] == 9
    assert row.last_ns[0] - row.first_ns[0] == 33 * MS


def test_another_initial_number_on_a_used_tuple_is_another_flow():
    """RFC 9293 section 3.4.1: a port is used again."""
    flows = group_flows(table(talk() + talk(isn=(50_000, 60_000), at=1000 * MS)))
    assert flows.of_packet.tolist() == [0] * 9 + [1] * 9
    assert flows.columns.isn_out.tolist() == [1000, 50_000]


def test_a_syn_sent_again_stays_in_its_flow():
    """A retransmission has the same initial number."""
    syn = talk()[0][1]
    flows = group_flows(table([(0, syn), (1, syn), *talk(at=10)[1:], (10**9, syn)]))
    assert len(flows) == 1


def test_a_capture_that_begins_with_the_answer_still_knows_who_began():
    """A SYN-ACK goes to the initiator."""
    flows = group_flows(table(talk()[1:]))
    assert not flows.is_outbound[0]
    assert flows.columns.has_known_initiator[0]


def test_without_handshake_the_well_known_port_is_the_servers():
    """IANA: ports below 1024 belong to services."""
    flows = group_flows(table([(0, udp(SERVER, CLIENT, 53, 40000, b"answer first"))]))
    assert not flows.is_outbound[0]
    assert flows.columns.tuple_out[0] == -1
    assert flows.columns.has_known_initiator[0]


def test_with_no_hint_the_first_sender_began_and_it_is_said_to_be_a_guess():
    """Two high ports prove nothing."""
    flows = group_flows(table([(0, udp(SERVER, CLIENT, 40001, 40000)), (1, udp(CLIENT, SERVER, 40000, 40001))]))
    assert flows.is_outbound.tolist() == [True, False]
    assert not flows.columns.has_known_initiator[0]


def test_echo_requests_and_replies_are_one_flow():
    """RFC 792: same identifier; the request's sender began."""
    body = b"\0\7\0\1payload"
    flows = group_flows(table([(0, icmp(SERVER, CLIENT, 0, 0, body)), (1, icmp(CLIENT, SERVER, 8, 0, body))]))
    assert flows.of_packet.tolist() == [0, 0]
    assert flows.is_outbound.tolist() == [False, True]


def test_an_icmp_error_belongs_to_the_flow_it_quotes_and_travels_against_it():
    """RFC 792: the quoted header names the flow, whoever sent the error."""
    asked = udp(CLIENT, SERVER, 40000, 53, b"anybody there?")
    flows = group_flows(table([(0, asked), (1, unreachable("203.0.113.9", CLIENT, asked))]))
    assert flows.of_packet.tolist() == [0, 0]
    assert flows.is_outbound.tolist() == [True, False]


def test_an_icmp_error_about_an_unknown_flow_is_a_flow_of_its_own():
    """A NAT that translates nothing inside leaves quotes that match nothing here."""
    stranger = udp("172.16.0.1", SERVER, 1, 53, b"x")
    flows = group_flows(table([(0, udp(CLIENT, SERVER, 2, 53)), (1, unreachable(SERVER, CLIENT, stranger))]))
    assert flows.of_packet.tolist() == [0, 1]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_later_fragments_follow_their_first_even_when_they_overtake_it(order):
    """RFC 791: hosts, protocol and identification name the datagram."""
    whole = udp(CLIENT, SERVER, 40000, 53, bytes(64))[34:]
    first = ip4(CLIENT, SERVER, 17, whole[:32], ident=9, frag=0x2000)
    rest = ip4(CLIENT, SERVER, 17, whole[32:], ident=9, frag=4)
    frames = [(first, rest)[k] for k in order]
    flows = group_flows(table([(k, frame) for k, frame in enumerate(frames)]))
    assert flows.of_packet[0] == flows.of_packet[1]


def test_a_later_fragment_without_its_first_goes_with_what_its_hosts_say_beside_it():
    """Its ports are unknown; alone it would be a flow that no other vantage has."""
    orphan = ip4(CLIENT, SERVER, 17, bytes(32), ident=10, frag=4)
    stranger = ip4(CLIENT, NAT, 17, bytes(32), ident=10, frag=4)
    near, far = udp(CLIENT, SERVER, 40000, 53, b"near"), udp(CLIENT, SERVER, 40001, 53, b"far")
    frames = [far, *[tcp(CLIENT, SERVER, 1, 2, seq=9)] * 5, near, orphan, stranger]
    flows = group_flows(table([(k, frame) for k, frame in enumerate(frames)]))
    assert flows.of_packet[7] == flows.of_packet[6] != flows.of_packet[0]
    assert np.count_nonzero(flows.of_packet == flows.of_packet[8]) == 1


def test_an_empty_capture_has_no_flows():
    """Nothing in, nothing out."""
    assert len(group_flows(table([]))) == 0


def test_flows_add_up():
    """Conservation: packets and bytes of flows are those of the capture."""
    packets = table([*talk(), (5, tcp(SERVER, CLIENT, 9, 9, seq=1)), (6, udp(CLIENT, SERVER, 9, 9))])
    flows = group_flows(packets)
    assert flows.columns.packets.sum() == len(packets)
    assert flows.columns.bytes.sum() == packets.columns.ip_len.sum()


@pytest.mark.real
def test_home_router_flows_have_a_direction():
    """A capture of a person surfing: nearly all flows show who began."""
    (packets,) = load_real("kurose-nat/NAT_home_side.pcap")
    flows = group_flows(packets)
    assert np.mean(flows.columns.has_known_initiator) > 0.8
    assert flows.of_packet.min() == 0


def test_an_answer_met_first_does_not_make_its_sender_the_initiator():
    """Ports of no service: the host that begins the conversations known by their SYN began this one too."""
    voice = [
        (50 * MS, udp(SERVER, CLIENT, 40_001, 40_000, b"answer")),
        (51 * MS, udp(CLIENT, SERVER, 40_000, 40_001, b"more")),
    ]
    flows = group_flows(table(talk() + voice))
    assert flows.is_outbound[-2:].tolist() == [False, True]
    assert not flows.columns.has_known_initiator[-1]
    assert group_flows(table(voice)).is_outbound.tolist() == [True, False]


def test_a_port_that_a_nat_gave_a_client_does_not_make_it_a_server():
    """A PAT may pick 6379 (redis): its host begins everything else, and it spoke first. Alone, the port counts."""
    game = [
        (50 * MS, udp(CLIENT, SERVER, 6379, 27_015, b"request")),
        (51 * MS, udp(SERVER, CLIENT, 27_015, 6379, b"answer")),
    ]
    flows = group_flows(table(talk() + game))
    assert flows.is_outbound[-2:].tolist() == [True, False]
    assert not flows.columns.has_known_initiator[-1]
    assert group_flows(table(game)).is_outbound.tolist() == [False, True]
    low = [(50 * MS, udp(CLIENT, SERVER, 123, 27_015, b"a system port is no NAT's choice"))]
    assert not group_flows(table(talk() + low)).is_outbound[-1]
