"""Rule (module head): a flow goes on in the next part if its ends are seen there, unless a SYN opens it anew."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.scale.members import Members
from correlate.scale.numbering import FlowNumbers

ROW = st.tuples(st.integers(1, 6), st.booleans(), st.integers(1, 50))
"""Hash of the ends, whether a SYN opens it, packets."""
PARTS = st.lists(st.lists(ROW, max_size=6, unique_by=lambda row: row[0]), max_size=6)


def members(rows, *, base: int = 0, names: tuple[str, ...] = ("a", "b")) -> Members:
    return Members(
        vantages=names,
        flow=[base + place for place in range(len(rows))],
        keys=[[key] * len(names) if isinstance(key, int) else list(key) for key, _opens, _packets in rows],
        is_opening=[opens for _key, opens, _packets in rows],
        packets=[packets for _key, _opens, packets in rows],
        bytes=[100 * packets for _key, _opens, packets in rows],
        first_ns=[1000 + key if isinstance(key, int) else 0 for key, _opens, _packets in rows],
        last_ns=[2000 + key if isinstance(key, int) else 0 for key, _opens, _packets in rows],
    )


@given(PARTS)
@settings(max_examples=60, deadline=None)
def test_a_flow_keeps_its_number_until_a_syn_opens_it_anew(parts) -> None:
    whole, current, expected_packets = FlowNumbers(), {}, []
    for rows in parts:
        numbers = whole.take(members(rows))
        for place, (key, opens, packets) in enumerate(rows):
            if opens or key not in current:
                current[key] = len(expected_packets)
                expected_packets.append(0)
            expected_packets[current[key]] += packets
            assert numbers[place] == current[key]
    assert whole.packets.tolist() == expected_packets
    assert whole.bytes.tolist() == [100 * count for count in expected_packets]
    assert len(whole) == len(expected_packets)


def test_a_flow_known_at_one_vantage_goes_on_at_another() -> None:
    """A vantage that missed the flow before learns its ends there: behind a NAT they are others."""
    whole = FlowNumbers()
    whole.take(members([((5, 0), False, 1)]))
    whole.take(members([((5, 9), False, 1)]))
    assert whole.take(members([((0, 9), False, 1)])).tolist() == [0]
    assert whole.packets.tolist() == [3]


def test_equal_ends_at_different_vantages_are_no_flow_that_goes_on() -> None:
    """Addresses behind a NAT say nothing of addresses before it."""
    whole = FlowNumbers()
    whole.take(members([((5, 0), False, 1)]))
    assert whole.take(members([((0, 5), False, 1)])).tolist() == [1]


def test_flows_that_are_not_told_of_have_no_number() -> None:
    assert FlowNumbers().take(members([(1, False, 1)], base=3)).tolist() == [-1, -1, -1, 0]


def test_a_flow_lasts_from_its_first_packet_in_any_part_to_its_last() -> None:
    whole = FlowNumbers()
    for first, last in ((50, 60), (10, 20), (70, 90)):
        part = members([(1, False, 1)])
        part.first_ns[0], part.last_ns[0] = first, last
        whole.take(part)
    assert (whole.first_ns.tolist(), whole.last_ns.tolist()) == ([10], [90])
