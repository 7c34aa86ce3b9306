"""``metrics.mutations``: every changed field of every packet seen at both ends of a hop, in order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.metrics import find_mutations
from correlate.metrics.compare import Change
from correlate.metrics.mutations import _in_order, vlan_text
from tests.metrics.flagship import flagship
from tests.metrics.scenes import MS, Seen, one_packet, scene, tcp


def test_the_altered_syn_ack_shows_the_published_values() -> None:
    """Case 1: two padding bytes became payload and both checksums follow; nothing else changed below the firewall."""
    altered = [row for row in flagship().changes() if row["packet"] == 1 and row["hop"] == 0]
    assert {row["field"]: (row["before"], row["after"]) for row in altered} == {
        "ip.len": ("44", "46"),
        "ip.checksum": ("0xb76f", "0xb76d"),
        "tcp.len": ("0", "2"),
        "tcp.checksum": ("0x365e", "0x365c"),
        "tcp.payload": (None, "0000"),
    }
    assert not any(row["expected"] for row in altered)


def test_inside_the_firewall_there_is_plain_nat_only() -> None:
    """Case 1: source NAT with port translation, so every row of that hop is expected."""
    inside = [row for row in flagship().changes() if row["hop"] == 1]
    assert {row["field"] for row in inside if row["packet"] == 0} == {
        "ip.ttl",
        "ip.checksum",
        "ip.src",
        "tcp.srcport",
        "tcp.checksum",
    }
    assert all(row["expected"] for row in inside)


def test_rows_are_sorted_by_packet_hop_and_field() -> None:
    """``MutationTable``: sorted, each (packet, hop, field) once."""
    world = flagship()
    table = find_mutations(world.packets, world.joined(), world.path, world.trajectories, world.fetch)
    keys = list(
        zip(table.columns.packet.tolist(), table.columns.hop.tolist(), table.columns.field.tolist(), strict=True)
    )
    assert keys == sorted(set(keys))
    assert not table.columns.before.flags.writeable


def test_before_follows_the_packets_travel() -> None:
    """Contract: for a packet that travels in reverse, before is the value at the hop's second vantage."""
    near, far = tcp(ttl=60, flags="A"), tcp(ttl=61, flags="A")
    world = scene([[(MS, near)], [(0, far)]], [Seen(rows=(0, 0), direction=-1)])
    ttl = next(row for row in world.changes() if row["field"] == "ip.ttl")
    assert (ttl["before"], ttl["after"], ttl["expected"]) == ("61", "60", True)


def test_a_vantage_that_missed_the_packet_is_not_skipped_over() -> None:
    """Neither hop of a span can be blamed for a change between its ends."""
    world = scene([[(0, tcp(seq=1))], [], [(MS, tcp(seq=2))]], [Seen(rows=(0, None, 0))])
    assert world.changes() == []


def test_an_ambiguous_packet_accuses_nobody() -> None:
    """If the two sightings are two packets, what differs is nobody's doing; routing's own changes still show."""
    world = one_packet(tcp(ip={"id": 7}, ttl=64), tcp(ip={"id": 8}, ttl=63), is_ambiguous=True)
    assert {row["field"] for row in world.changes()} <= {"ip.ttl", "ip.checksum"}
    assert world.news() == []


def test_a_packet_of_unknown_direction_accuses_nobody() -> None:
    """Which sighting was before is not known, so neither is who changed it."""
    assert one_packet(tcp(seq=1), tcp(seq=2), direction=0).news() == []


def test_no_vantage_but_one_gives_an_empty_table() -> None:
    """One vantage has no hop."""
    assert scene([[(0, tcp())]], [Seen(rows=(0,))]).changes() == []
    assert scene([[(0, tcp())], [(0, tcp())]], []).changes() == []


def test_vlan_ids_print_like_tshark() -> None:
    """Single and double tags (IEEE 802.1Q, 802.1ad)."""
    assert [vlan_text(7), vlan_text(1 << 24 | 100 << 12 | 7)] == ["7", "100,7"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 5)), unique=True))
def test_counting_puts_rows_where_sorting_would(keys: list[tuple[int, int, int]]) -> None:
    """``_in_order`` against a plain sort."""
    changes = []
    for hop, field in {(hop, field) for _, hop, field in keys}:
        packet = np.array(sorted(p for p, h, f in keys if (h, f) == (hop, field)), np.int64)
        zero = np.zeros(len(packet), np.int8)
        changes.append(Change(hop, field, packet, zero, zero.astype(bool), packet * 10, packet + field))
    columns = _in_order(changes, packets=5, hops=2)
    found = list(zip(columns.packet.tolist(), columns.hop.tolist(), columns.field.tolist(), strict=True))
    assert found == sorted(keys)
    assert (columns.before == columns.packet * 10).all()
    assert (columns.after == columns.packet + columns.field).all()
