"""Lists of the whole: entries that speak of the same thing are added; numbers are those of the whole."""

from __future__ import annotations

import attrs

from correlate.report.limits import EXAMPLES
from correlate.scale.documents import clocks_of, flows_of, mutations_of, transactions_of, translations_of
from correlate.scale.whole import whole_of

HOPS = [("client", "server")]


def test_transactions_are_the_slowest_of_all_with_packets_of_the_whole(summaries) -> None:
    whole = whole_of(summaries, ("client", "server"), 1)
    found = transactions_of(summaries, whole.firsts, whole.numbers)
    times = [one["total_ns"] for one in found["items"]]
    assert times == sorted(times, reverse=True)
    assert found["count"] == sum(one.transactions["count"] for one in summaries)
    second = {one["request"] + whole.firsts[1] for one in summaries[1].transactions["items"]}
    assert second & {one["request"] for one in found["items"]}


def test_flows_that_findings_name_come_first(summaries) -> None:
    whole = whole_of(summaries, ("client", "server"), 1)
    found = flows_of(summaries, whole.numbers, whole.flows, [len(whole.flows) - 1])
    assert found["count"] == len(whole.flows)
    assert len(whole.flows) - 1 in {one["flow"] for one in found["items"]}
    assert sum(one["packets"] for one in found["items"]) == sum(whole.flows.packets)


def test_a_flow_counts_once_in_a_translation_however_many_parts_it_crosses(summaries) -> None:
    whole = whole_of(summaries, ("client", "server"), 1)
    (one,) = translations_of(summaries, whole.numbers, HOPS)
    assert one["flows"] == len(whole.flows)
    assert len(one["examples"]) <= EXAMPLES
    assert len({example["flow"] for example in one["examples"]}) == len(one["examples"])


def test_a_flow_is_translated_in_one_way_on_a_hop(summaries) -> None:
    """One part took its connections from their wrong end."""
    (entry,) = summaries[1].translations
    wrong = attrs.evolve(summaries[1], translations=[{**entry, "kind": "dnat"}])
    whole = whole_of(summaries, ("client", "server"), 1)
    found = translations_of([summaries[0], wrong], whole.numbers, HOPS)
    assert sum(one["flows"] for one in found) == len(whole.flows)
    for one in found:
        assert len({example["flow"] for example in one["examples"]}) <= one["flows"]


def test_equal_changes_are_added_and_their_examples_shifted(summaries) -> None:
    firsts = (0, summaries[0].packets)
    both = mutations_of(summaries, firsts, [("client", "server")])
    assert sum(one["count"] for one in both) == sum(one["count"] for part in summaries for one in part.mutations)
    only = mutations_of(summaries[1:], firsts[1:], [("client", "server")])
    assert all(example["packet"] > firsts[1] for one in only for example in one["examples"])


def test_a_clock_is_told_piece_after_piece(summaries) -> None:
    found = {one["vantage"]: one for one in clocks_of(summaries)}
    assert set(found) == {"client", "server"}
    theirs = [one for part in summaries for one in part.clocks if one["vantage"] == "server"]
    assert found["server"]["samples_forward"] == sum(one["samples_forward"] for one in theirs)
    assert found["server"]["pieces_count"] == sum(one["pieces_count"] for one in theirs)


def test_a_step_counts_in_the_part_of_its_time_only(summaries) -> None:
    """Both parts read what lies at the seam, and both saw the clock set."""
    edge = summaries[0].own[1]
    step = {"at_ns": edge + 5, "delta_ns": 10**9}
    stepped = [attrs.evolve(one, clocks=[{**clock, "steps": [step]} for clock in one.clocks]) for one in summaries]
    for clock in clocks_of(stepped):
        assert clock["steps_count"] == 1
        assert clock["reference"] == clock["vantage"] or clock["skew_ppm"] is None
