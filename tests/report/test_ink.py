"""The page."""

import re

from correlate.report.ink import Ink, counted

PLAIN = Ink(width=40, is_unicode=False, has_color=False)
COLORED = Ink(width=40, is_unicode=True, has_color=True)


def test_paint_adds_nothing_but_colour():
    """Experience: colour adds, never carries; the same text when piped."""
    for line in (
        " ALTERED  x   proven",
        " Path    a ──ok──> b",
        " ip.len  44  46  <<",
        " CLEAN  all good",
        " NAT     x",
    ):
        painted = COLORED.paint(line)
        assert painted != line
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == line
        assert PLAIN.paint(line) == line


def test_no_colour_lies_inside_another():
    painted = COLORED.paint(" LOST  LOST here  proven")
    assert not re.search(r"\x1b\[[1-9][0-9;]*m[^\x1b]*\x1b\[[1-9]", painted)


def test_labels_stand_before_the_first_line_only():
    assert PLAIN.section("Proof", ["a", "b"]) == [" Proof   a", "         b"]


def test_names_with_hyphens_are_not_torn():
    assert all(
        "fw-int" in line or "fw" not in line for line in PLAIN.wrap("what lies between fw-int fw-int fw-int fw-int")
    )


def test_a_wide_label_moves_its_first_line_only():
    lines = PLAIN.paragraph("To settle", "a capture between the two of them, taken at once")
    assert lines[0] == " To settle a capture between the two of"
    assert lines[1].startswith(" " * 9 + "them")


def test_one_is_singular():
    assert (counted(1, "packet"), counted(0, "packet")) == ("1 packet", "0 packets")
