"""The path with its numbers."""

import attrs

from correlate.report.ink import Ink
from correlate.report.pathmap import Status, arrow, path_lines, status_of
from tests.report.builder import alone, flagship
from tests.report.test_coverage import with_outside

WIDE = Ink(width=79, is_unicode=False, has_color=False)
NARROW = Ink(width=50, is_unicode=False, has_color=False)


def test_both_directions_of_every_hop_are_drawn():
    text = "\n".join(path_lines(flagship(), WIDE))
    assert "client   ----ok-----> fw-int ==LOST 2===> fw-ext ----ok-----> server" in text
    assert "<=ALTERED 2=" in text
    assert "0.290 ms +-0.040" in text
    assert "2 of 4" in text


def test_a_narrow_page_gets_a_list_with_the_same_facts():
    lines = path_lines(flagship(), NARROW)
    text = "\n".join(lines)
    assert max(len(line) for line in lines) <= 50
    assert "fw-int>fw-ext" in text
    assert "> LOST 2, 0.060 ms +-0.040, lost 2 of 4" in text


def test_only_a_hop_without_doubt_is_ok():
    """A false clearance misleads as a false accusation does."""
    run = flagship(findings=())
    hop = run.metrics.hops[1]
    assert status_of(run, hop, "forward").word == "lost 2"
    for change, word in (
        ({"lost": 0, "ambiguous": 1}, "unsure 1"),
        ({"lost": 0, "mutated": 3}, "changed 3"),
        ({"lost": 0, "delivered": 0, "not_captured": 2}, "unseen"),
        ({"lost": 0, "delivered": 0}, "no packets"),
        ({"lost": 0}, "ok"),
    ):
        figures = attrs.evolve(hop.forward, **change)
        assert status_of(run, attrs.evolve(hop, forward=figures), "forward").word == word


def test_a_doubtful_finding_bears_a_question_mark():
    run = flagship()
    doubtful = attrs.evolve(run.findings[0], grade="inconclusive")
    run = attrs.evolve(run, findings=(doubtful,))
    assert status_of(run, run.metrics.hops[0], "reverse").word == "ALTERED? 2"


def test_delays_without_bounds_are_not_told_as_figures():
    """Algorithms: never print an unlabelled one-way delay."""
    text = "\n".join(path_lines(flagship(half_width=None), WIDE))
    assert "delay -> unknown" in text


def test_a_count_without_room_is_left_out_whole():
    """ALTERED 12 must not become ALTERED 1."""
    assert arrow(Status(word="ALTERED 12", is_bad=True), "forward", 12, WIDE) == "==ALTERED==>"
    assert arrow(Status(word="ALTERED 12", is_bad=True), "reverse", 13, WIDE) == "<=ALTERED 12="


def test_one_vantage_has_no_hop():
    assert "no hop" in path_lines(alone(), WIDE)[0]


def test_packets_outside_the_far_captures_time_are_not_in_the_denominator():
    """What a capture did before its first frame is unknown: it neither lost nor delivered."""
    assert "0 of 2" in "\n".join(path_lines(with_outside(flagship()), WIDE))


def test_delays_are_called_medians_where_there_is_room():
    assert "delay -> median" in "\n".join(path_lines(flagship(), Ink(width=110, is_unicode=False, has_color=False)))
