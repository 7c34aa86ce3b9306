"""The sum of two halves says what the run in one piece says."""

from __future__ import annotations

import numpy as np

from correlate.report import report_json
from correlate.scale.survey import survey
from correlate.scale.whole import document_of, illustrate, whole_of

NAMES = ("client", "server")


def added(summaries, runs, small):
    whole = whole_of(summaries, NAMES, 1)
    surveys = {name: survey(paths) for name, paths in small.items()}
    return whole, illustrate(whole, runs[whole.illustrating], surveys, is_scoped=False)


def test_the_report_of_two_halves_is_that_of_the_whole(summaries, runs, small, whole_run) -> None:
    whole, run = added(summaries, runs, small)
    found, expected = document_of(whole, run), report_json(whole_run)
    assert found["ledger"] == expected["ledger"]
    assert found["flows"]["count"] == expected["flows"]["count"]
    totals = [sorted((one["packets"], one["bytes"]) for one in told["flows"]["items"]) for told in (found, expected)]
    assert totals[0] == totals[1]
    assert [one["flows"] for one in found["translations"]] == [one["flows"] for one in expected["translations"]]
    assert {one["code"] for one in found["findings"]} == {one["code"] for one in expected["findings"]}
    assert found["parts_count"] == 2
    assert sum(part["packets"] for part in found["parts"]) == len(whole_run.trajectories.flow)


def test_changes_are_counted_over_both(summaries, runs, small, whole_run) -> None:
    def counts(document) -> dict:
        return {
            (one["field"], one["direction"], str(one["before"]), str(one["after"])): one["count"]
            for one in document["mutations"]
        }

    whole, run = added(summaries, runs, small)
    assert counts(document_of(whole, run)) == counts(report_json(whole_run))


def test_a_finding_points_to_its_packet_in_the_whole(summaries, runs, small) -> None:
    """1-based, the packets of earlier parts counted."""
    whole, run = added(summaries, runs, small)
    for entry, one in zip(document_of(whole, run)["findings"], whole.claims, strict=True):
        packet = one.lead.finding.packet
        if packet is not None:
            assert entry["packet"] == whole.firsts[one.lead.part] + packet + 1
            assert entry["packet"] <= sum(part.packets for part in summaries)


def test_what_wireshark_is_asked_for_has_the_number_of_the_whole(summaries, runs, small) -> None:
    """docs/scaling.md: pages number a part's packets as the part does; merged captures and tables do not."""
    whole, run = added(summaries, runs, small)
    document = document_of(whole, run)
    shown = [one for one in run.findings if one.packet is not None and run.kept[one.packet]]
    assert shown
    for one in shown:
        entry = next(entry for entry in document["findings"] if entry["id"] == one.id)
        assert run.number_of(one.packet) == entry["packet"]
    assert all(run.number_of(packet) == 0 for packet in np.flatnonzero(~run.kept))


def test_the_illustrating_part_shows_the_gravest_finding(summaries) -> None:
    whole = whole_of(summaries, NAMES, 1)
    assert whole.illustrating == whole.claims[0].lead.part
    assert whole.shares_packets


def test_vantages_are_those_of_the_whole_capture(summaries, runs, small, whole_run) -> None:
    _whole, run = added(summaries, runs, small)
    for mine, theirs in zip(run.vantages, whole_run.vantages, strict=True):
        assert (mine.frames, mine.first_captured_ns, mine.last_captured_ns) == (
            theirs.frames,
            theirs.first_captured_ns,
            theirs.last_captured_ns,
        )
        assert [problem.kind for problem in mine.problems] == ["parts"]
