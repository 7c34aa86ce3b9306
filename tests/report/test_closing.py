"""The last lines."""

from correlate.model.frames import Problem
from correlate.report.closing import clock_lines, count_line, host_lines, problem_lines, translation_lines
from correlate.report.ink import Ink
from tests.report.builder import alone, flagship, strangers

INK = Ink(width=100, is_unicode=False, has_color=False)


def test_everything_read_is_counted():
    assert count_line(flagship()) == "4 captures, 21 packets, 6 matched along the path, 0 seen at one point only."
    assert count_line(strangers()) == "2 captures, 2 packets, 0 matched along the path, 2 seen at one point only."
    assert count_line(alone()) == "1 capture, 2 packets in 1 flow."


def test_every_clock_has_its_bounds_and_notes():
    """Experience: an interval on every clock-dependent time."""
    lines = clock_lines(flagship(), INK)
    assert "fw-int is 643 s behind client (+-0.041 ms); no single straight clock line fits" in lines[0]
    assert "server is 12.0 ms ahead of client (+-0.046 ms)" in lines[2]


def test_an_unknown_clock_is_called_unknown():
    assert "fw-int against client: unknown" in clock_lines(flagship(half_width=None), INK)[0]


def test_translations_show_what_was_learned():
    assert "10.110.233.50:50183 -> 10.110.235.202:55073" in translation_lines(flagship(), INK)[0]


def test_problems_are_told_and_the_rest_counted():
    problems = tuple(Problem(kind="cut", detail=f"odd\x1b{number}", count=2) for number in range(6))
    lines = problem_lines(flagship(problems={0: problems}), INK)
    assert "client: odd\\x1b0 (2 times)" in lines[0]
    assert lines[-1].strip() == "and 2 more"


def test_hosts_are_told_on_their_own_clock():
    assert "beyond server: answers after 15.0 ms" in host_lines(flagship(), INK)[0]
