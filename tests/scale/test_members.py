"""A flow's hash is the same in every part; a SYN in the part's own time opens it."""

from __future__ import annotations

from correlate.model.part import Part
from correlate.report.conversations import flow_totals
from correlate.scale.cuts import AFTER, BEFORE
from correlate.scale.members import members_of

EVERYTHING = Part(stretches={}, owned={"client": (BEFORE, AFTER), "server": (BEFORE, AFTER)})


def by_keys(members) -> dict[tuple[int, ...], int]:
    return {tuple(keys): packets for keys, packets in zip(members.keys, members.packets, strict=True)}


def test_parts_know_a_flow_by_the_same_hashes_and_share_its_packets(whole_run, summaries) -> None:
    whole = by_keys(members_of(whole_run, EVERYTHING, flow_totals(whole_run)))
    assert len(whole) == len(whole_run.joined.proto)
    total = dict.fromkeys(whole, 0)
    for one in summaries:
        for keys, packets in by_keys(one.members).items():
            total[keys] += packets
    assert total == whole


def test_addresses_behind_a_nat_have_a_hash_of_their_own(whole_run) -> None:
    members = members_of(whole_run, EVERYTHING, flow_totals(whole_run))
    assert all(client and server and client != server for client, server in members.keys)


def test_a_connection_opens_once_in_the_part_of_its_syn(whole_run, summaries) -> None:
    opened = [sum(one.members.is_opening) for one in summaries]
    whole = members_of(whole_run, EVERYTHING, flow_totals(whole_run))
    assert sum(opened) == sum(whole.is_opening) == 12
    assert all(opened)


def test_flows_are_in_the_order_in_which_they_begin(whole_run) -> None:
    members = members_of(whole_run, EVERYTHING, flow_totals(whole_run))
    assert members.first_ns == sorted(members.first_ns)
