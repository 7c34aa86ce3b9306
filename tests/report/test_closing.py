"""The last lines."""

import attrs

from correlate.report.closing import clock_lines, count_line, host_lines, translation_lines
from correlate.report.ink import Ink
from tests.report.builder import MS, alone, flagship, strangers

INK = Ink(width=100, is_unicode=False, has_color=False)


def test_everything_read_is_counted():
    assert count_line(flagship()) == "4 captures, 21 packets, 6 matched along the path, 0 seen at one point only."
    assert count_line(strangers()) == "2 captures, 2 packets, 0 matched along the path, 2 seen at one point only."
    assert count_line(alone()) == "1 capture, 2 packets in 1 flow."


def test_every_clock_has_its_bounds_and_notes():
    """Experience: an interval on every clock-dependent time."""
    lines = clock_lines(flagship(), INK)
    assert lines[0] == " Clocks  fw-int  643 s behind client, +-0.041 ms"
    assert lines[1].strip() == "no single straight clock line fits"
    assert lines[3].strip() == "server  12.0 ms ahead of client, +-0.046 ms"


def with_hop_clock(run, **change):
    hops = (attrs.evolve(run.clocks.hops[0], **change), *run.clocks.hops[1:])
    return attrs.evolve(run, clocks=attrs.evolve(run.clocks, hops=hops))


def test_a_misfit_is_told_with_its_size_in_one_line():
    notes = ("a constant offset is refuted: much text", "no single straight line fits: the best, -445 ppm")
    run = with_hop_clock(flagship(), notes=notes, violation_ns=171_000, constant_violation_ns=1_920_000)
    assert clock_lines(run, INK)[1].strip() == "stamps contradict that line by 171 us, a constant by 1.92 ms"


def test_clocks_that_may_agree_are_level():
    lines = clock_lines(flagship(offsets=[0, 2130, -1_000_000, 0], half_width=57 * MS), INK)
    assert "fw-int  level with client, +-58 ms" in lines[0]


def test_whole_hours_are_told_apart_from_the_rest():
    lines = clock_lines(flagship(offsets=[0, 14_400_310 * MS, 0, 0]), INK)
    assert "fw-int  4 h + 0.310 s ahead of client" in lines[0]


def test_a_skew_that_may_be_none_is_not_told():
    run = flagship()
    for bounds, text in (((-48_000, 104_000), ""), ((30_000, 40_000), ", +34.3 ppm (30.0 to 40.0)")):
        clock = attrs.evolve(run.clocks.vantages[1], skew_ppb=34_300, skew_lo_ppb=bounds[0], skew_hi_ppb=bounds[1])
        vantages = (run.clocks.vantages[0], clock, *run.clocks.vantages[2:])
        line = clock_lines(attrs.evolve(run, clocks=attrs.evolve(run.clocks, vantages=vantages)), INK)[0]
        assert line == f" Clocks  fw-int  643 s behind client, +-0.041 ms{text}"


def test_an_unknown_clock_is_called_unknown():
    assert "fw-int  unknown against client" in clock_lines(flagship(half_width=None), INK)[0]


def test_translations_show_what_was_learned():
    assert "10.110.233.50:50183 -> 10.110.235.202:55073" in translation_lines(flagship(), INK)[0]


def test_hosts_are_told_on_their_own_clock():
    assert "beyond server (host side): answers after 15.0 ms (n=1), handshakes after" in host_lines(flagship(), INK)[0]


def test_a_handshake_that_is_divided_above_is_not_told_twice():
    assert "handshakes" not in host_lines(flagship(), INK, is_time_told=True)[0]
