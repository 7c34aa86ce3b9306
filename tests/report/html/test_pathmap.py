"""The path as a drawing."""

from correlate.report.html.pathmap import bare, path_section, sign_of, tone_of
from correlate.report.pathmap import Status
from tests.report.builder import alone
from tests.report.runs import run


def test_both_directions_of_every_hop_bear_a_word_and_a_sign():
    drawing, table = path_section(run("syn-ack-altered"))
    assert drawing.count("<polygon") == 6
    assert "◀ ✗ ALTERED 2" in drawing
    assert "▶ ✗ LOST 8" in drawing
    assert table.count("<tr") == 7
    assert "8 of 9" in table


def test_signs_tell_without_colour():
    assert sign_of(Status(word="ok", is_bad=False)) == "✓"
    assert sign_of(Status(word="LOST 3", is_bad=True)) == "✗"
    assert tone_of(Status(word="unsure 3", is_bad=False)) == "open"


def test_one_vantage_has_no_hop():
    assert "no hop" in path_section(alone())[0]


def test_labels_of_the_terminal_are_left_behind():
    assert bare([" NAT     napt a>b", "         napt b>c"]) == ["napt a>b", "napt b>c"]
