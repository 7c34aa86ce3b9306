"""Transactions in report.json and on the terminal."""

import re

from correlate.report.ink import Ink
from correlate.report.transactions import (
    part_note,
    real_parts,
    slowest_lines,
    told_parts,
    transactions_json,
    waterfall_lines,
)
from correlate.report.waterfall import Part, waterfalls
from tests.report.runs import run

INK = Ink(width=79, is_unicode=False, has_color=False)


def joined(lines):
    return " ".join(" ".join(lines).split())


def test_the_slowest_request_is_told_in_one_sentence():
    """Cases, 9: 4.06 of 4.56 s beyond the server's vantage."""
    text = joined(slowest_lines(run("slow-answer"), INK))
    assert text.startswith("Slowest of 2 requests: request and answer of flow 0, packet 4, 4.56 s:")
    assert "4.06 s beyond server (89 %)" in text


def test_requests_too_quick_to_be_noticed_are_not_told():
    assert slowest_lines(run("port-blocked"), INK) == []


def test_without_a_request_nothing_is_told():
    assert slowest_lines(run("udp-ports-rising"), INK) == []


def test_a_packet_of_a_transaction_shows_its_parts_and_another_does_not():
    correlation = run("slow-answer")
    text = "\n".join(waterfall_lines(correlation, 3, INK))
    assert "request and answer, 4.56 s at client, packets 4 to 8" in text
    assert re.search(r"#+ +4\.06 s  beyond server", text)
    assert "ways not separable" in text
    assert waterfall_lines(correlation, 2, INK) == []


def test_report_json_says_which_part_is_known_how_far():
    found = transactions_json(run("slow-answer"))
    item = found["items"][0]
    assert (found["count"], item["kind"], item["total_ns"]) == (2, "exchange", 4_562_500_000)
    assert sum(part["spent_ns"] for part in item["parts"]) == item["total_ns"]
    hop = next(part for part in item["parts"] if part["part"] == "hop")
    assert hop["lo_ns"] <= hop["spent_ns"] <= hop["hi_ns"]
    assert hop["separable"] is False


def part(**change):
    return Part(**{"what": "hop", "places": ("a", "b"), "spent_ns": 1000, "lo_ns": 1000, "hi_ns": 1000, **change})


def test_notes_say_what_is_not_known():
    assert part_note(part(lo_ns=None, hi_ns=None)) == "unsure: a clock moved meanwhile"
    assert part_note(part()) == "ways not separable"
    assert part_note(part(there_ns=(100, 200), back_ns=(800, 900))) == ("there 100 ns to 200 ns, back 800 ns to 900 ns")
    assert part_note(part(what="beyond")) == ""


def test_parts_that_took_nothing_are_left_out_and_small_ones_of_the_sentence():
    (fall,) = waterfalls(run("slow-answer"), [1])
    assert "request" not in [one.what for one in real_parts(fall)]
    assert [one.what for one in told_parts(fall)] == ["hop", "beyond", "answer"]
