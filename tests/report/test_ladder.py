"""The ladder."""

import attrs
import numpy as np

from correlate.model.arrays import frozen
from correlate.report.ink import Ink
from correlate.report.ladder import _fold, ladder_lines, rungs_of
from correlate.report.verdict import tell
from tests.report.builder import flagship

ASCII = Ink(width=79, is_unicode=False, has_color=False)


def lines(width=79, **settings):
    run = flagship()
    ink = Ink(width=width, is_unicode=False, has_color=False)
    return ladder_lines(run, tell(run.findings), ink, **settings)


def test_arrows_follow_the_packets_direction():
    text = lines()
    assert "|------SYN------>|--------------->|--------------->|" in text[1]
    assert "|<===SYN-ACK+2===|<---------------|<----SYN-ACK----|" in text[2]


def test_a_lost_packet_ends_in_a_cross_with_the_evidences_note():
    text = lines()
    assert text[3].rstrip().endswith("|---ACK ..888--->|---------x      |                |")
    assert "rejected, ..886 was due" in text[4]


def test_left_out_packets_are_counted_and_repeats_named():
    run = flagship()
    text = "\n".join(ladder_lines(run, tell(run.findings[1:]), ASCII))
    assert "| again" in text
    flow = frozen([0, 0, 0, 0, 0, 0], np.int32)
    busy = attrs.evolve(run, trajectories=attrs.evolve(run.trajectories, flow=flow))
    rungs = {rung.packet: rung for rung in rungs_of(busy, tell(run.findings))}
    text = "\n".join(_fold(busy, 0, rungs[3], rungs[5], 6, ASCII))
    assert "~  | 2.99 s, 1 more packet" in text


def test_a_long_remark_is_told_once():
    assert sum("rejected, ..886 was due" in line for line in lines()) == 1
    run = flagship()
    note = run.findings[1].evidence[0]
    second = attrs.evolve(note, frame=6463)
    told = attrs.evolve(run.findings[1], evidence=(note, second))
    page = ladder_lines(run, tell((run.findings[0], told)), ASCII)
    assert sum("rejected, ..886 was due" in line for line in page) == 1


def test_the_clock_of_the_times_is_named_with_its_bound():
    assert lines()[-1].strip() == "times on client's clock, +-0.040 ms"


def test_times_can_be_told_as_utc_or_epoch():
    assert "12:44:32.000000" in lines(width=100, time_format="u")[1]
    assert "1335876272.000000" in lines(width=100, time_format="e")[1]


def test_every_line_fits_the_page():
    for width in (40, 55, 60, 79, 120):
        assert max(len(line) for line in lines(width=width)) <= width


def test_a_very_narrow_page_gets_words():
    text = "\n".join(lines(width=45))
    assert "SYN-ACK server -> fw-ext -> fw-int -> client, changed (+2)" in " ".join(text.split())
    assert "|---" not in text


def test_no_story_is_no_ladder():
    run = flagship(findings=())
    assert ladder_lines(run, tell(()), ASCII) == []
