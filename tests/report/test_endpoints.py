"""5-tuples as text."""

import attrs
import numpy as np

from correlate.model.arrays import frozen
from correlate.report.endpoints import (
    Endpoints,
    flow_endpoints,
    icmp_types,
    oriented_tuple,
    protocol_name,
    tuple_community_id,
)
from tests.report.builder import Seen, Talk, build, flagship


def test_ipv6_ports_stand_outside_brackets():
    assert Endpoints("2001:db8::1", 443, "::1", None).source == "[2001:db8::1]:443"
    assert Endpoints("10.0.0.1", 443, "10.0.0.2", None).destination == "10.0.0.2"


def test_protocols_have_lower_case_iana_keywords():
    assert [protocol_name(number) for number in (6, 58, 250)] == ["tcp", "ipv6-icmp", "250"]


def test_a_vantage_that_took_the_other_end_for_the_initiator_is_turned_round():
    run = flagship()
    swapped = (run.joined.is_swapped[0], frozen(np.array([True, False])), *run.joined.is_swapped[2:])
    turned = attrs.evolve(run, joined=attrs.evolve(run.joined, is_swapped=swapped))
    assert flow_endpoints(turned, 0, 1) == flow_endpoints(run, 0, 1).reversed()


def test_a_flow_seen_in_its_return_direction_only_still_has_its_tuple():
    talk = Talk(proto=6, tuples={0: ("10.0.0.1", 1000, "10.0.0.2", 80)})
    run = build(["a"], [talk], [Seen(flow=0, outbound=False, at={0: (0, 1)}, fields={})])
    assert flow_endpoints(run, 0, 0) == ("10.0.0.1", 1000, "10.0.0.2", 80)


def test_an_echo_is_labelled_by_its_type_not_by_its_identifier():
    """Community ID specification: ICMP type and counterpart stand for ports (vector of the specification)."""
    talk = Talk(proto=1, tuples={0: ("192.168.0.89", 4711, "192.168.0.1", 4711)})
    run = build(["a"], [talk], [Seen(flow=0, outbound=True, at={0: (0, 1)}, fields={"icmp_type": 8})])
    row, _ = oriented_tuple(run, 0, 0)
    packets = run.packets[0]
    assert tuple_community_id(packets.tuples, row, icmp_types(packets)) == "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="


def test_a_flow_not_seen_at_a_vantage_has_no_tuple_there():
    seen = [Seen(flow=0, outbound=True, at={0: (0, 1)}, fields={})]
    run = build(["a", "b"], [Talk(proto=6, tuples={0: ("10.0.0.1", 1, "10.0.0.2", 2)})], seen)
    assert flow_endpoints(run, 0, 1) is None
    assert oriented_tuple(run, 0, 1) is None
