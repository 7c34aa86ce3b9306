"""The terminal report as a whole (experience: 5 seconds, 30 seconds)."""

import re

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import take
from correlate.model.frames import Problem
from correlate.report import render_terminal
from correlate.report.terminal import MOST_FINDINGS, WIDEST
from tests.report.builder import alone, flagship, strangers

RUNS = [flagship, strangers, alone, lambda: flagship(findings=()), lambda: flagship(half_width=None)]


def plain(run, width=80):
    return render_terminal(run, width=width, unicode=False, color=False)


def test_the_first_line_says_what_where_and_how_sure():
    first = plain(flagship()).splitlines()[0]
    assert first.startswith(" ALTERED  SYN-ACK changed between fw-int and client")
    assert first.endswith("proven")


def test_consequences_are_told_within_the_story():
    lines = plain(flagship()).splitlines()
    assert lines[3] == " -> fw-int>fw-ext forwards neither the ACK nor the data (proven)"
    assert "Also" not in plain(flagship())


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_page(run, width):
    assert max(len(line) for line in plain(run(), width).splitlines()) < min(width, WIDEST)


@pytest.mark.parametrize("run", RUNS)
def test_ascii_pages_hold_ascii_only(run):
    assert plain(run()).isascii()


@pytest.mark.parametrize("run", RUNS)
def test_colour_changes_no_letter(run):
    colored = render_terminal(run(), width=80, unicode=True, color=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render_terminal(run(), width=80, unicode=True, color=False)


def test_nothing_in_common_shows_when_each_capture_was_taken():
    text = plain(strangers())
    assert text.startswith(" UNRELATED  ")
    assert "a: 1 packet, 2012-05-01" in text
    assert "To settle" in text


def test_no_finding_is_not_called_clean():
    """A tool that was silent has judged nothing."""
    assert plain(flagship(findings=())).startswith(" CANNOT TELL")


def test_few_findings_are_shown_and_the_rest_counted():
    run = flagship()
    extra = tuple(attrs.evolve(run.findings[0], id=f"x{number}") for number in range(20))
    text = plain(attrs.evolve(run, findings=(*run.findings, *extra)))
    assert "and 16 more findings in report.json" in text
    assert text.count("SYN-ACK changed between") == MOST_FINDINGS


def test_a_finding_that_does_not_name_its_hop_gets_it_named():
    run = flagship()
    anonymous = attrs.evolve(run.findings[0], title="something changed")
    assert "something changed [client>fw-int]" in plain(attrs.evolve(run, findings=(anonymous,)))


def test_mere_facts_are_no_verdict():
    """NAT is no answer; why nobody is cleared is one."""
    run = flagship()
    text = plain(attrs.evolve(run, findings=run.findings[2:]))
    assert text.startswith(" NOTHING FOUND  ")
    assert "2 packets on client - fw-int changed on the way" in text
    assert "Also    NAT between fw-int and fw-ext, proven" in text


def test_a_capture_without_packets_is_the_headline():
    run = alone()
    table = run.packets[0]
    table = attrs.evolve(table, columns=take(table.columns, np.zeros(len(table), np.bool_)))
    vantage = attrs.evolve(run.vantages[0], frames=0)
    text = plain(attrs.evolve(run, packets=(table,), vantages=(vantage,)))
    assert text.startswith(" EMPTY  a holds no packets")


def test_what_other_lines_tell_is_not_told_again():
    run = flagship(problems={0: (Problem(kind="cut", detail="cut short"),)})
    cut = attrs.evolve(
        run.findings[0], id="x", code="capture-truncated", hop=None, vantage="client", title="Cut at client"
    )
    text = plain(attrs.evolve(run, findings=(*run.findings, cut)))
    assert "client.pcap: cut short" in text
    assert "Cut at client" not in text


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_hostile_text_reaches_no_terminal(text):
    """Experience: control characters of captures never reach the terminal."""
    run = flagship()
    hostile = attrs.evolve(
        run.findings[0],
        title=text,
        explanation=text,
        settle=text,
        against=(text,),
        evidence=tuple(attrs.evolve(one, note=text, file=text) for one in run.findings[0].evidence),
        packet=None,
    )
    page = render_terminal(attrs.evolve(run, findings=(hostile,)), width=80, unicode=True, color=False)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    page.encode("utf-8")
