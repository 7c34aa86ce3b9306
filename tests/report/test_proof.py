"""One packet left and right of the hop."""

import attrs
import pytest

from correlate.report.ink import Ink
from correlate.report.proof import crossing_of, proof_lines
from tests.report.builder import flagship

INK = Ink(width=79, is_unicode=True, has_color=False)


def test_frames_are_numbered_as_in_their_own_files_along_the_travel():
    run = flagship()
    lines = proof_lines(run, run.findings[0], INK)
    assert lines[0].split() == ["Proof", "packet", "2", "left", "fw-int", "reached", "client"]
    assert lines[1].split()[:3] == ["frame", "#6461", "#456"]
    assert "+0.300 ms ±0.040" in lines[1]


def test_unexpected_changes_are_marked_and_only_those():
    run = flagship()
    marked = [line.split()[0] for line in proof_lines(run, run.findings[0], INK) if line.endswith("<<")]
    assert marked == ["ip.len", "tcp.len", "tcp.payload", "tcp.checksum"]


def test_a_changed_checksum_says_whether_it_is_good():
    run = flagship()
    line = next(line for line in proof_lines(run, run.findings[0], INK) if "tcp.checksum" in line)
    assert "0x365e good" in line
    assert "0x365c good" in line
    assert "recomputed" in line


def test_a_packet_that_never_came_is_said_so():
    run = flagship()
    lines = proof_lines(run, run.findings[1], INK)
    assert "left fw-int" in lines[0]
    assert "not at fw-ext" in lines[0]
    assert "none" in lines[1]


def test_without_a_packet_the_evidence_frames_are_named():
    run = flagship()
    lines = proof_lines(run, attrs.evolve(run.findings[1], packet=None), INK)
    assert lines == [" Proof   fw-int.pcap#6462  rejected, ..886 was due"]


def test_a_finding_without_hop_has_no_crossing():
    run = flagship()
    assert crossing_of(run, attrs.evolve(run.findings[0], hop=None)) is None


def test_chained_captures_name_the_file():
    run = flagship(files=2)
    assert any(line.split()[0] == "file" for line in proof_lines(run, run.findings[0], INK))


def test_without_bounds_no_delay_is_told():
    run = flagship(half_width=None)
    assert "delay unknown" in proof_lines(run, run.findings[0], INK)[1]


def test_both_frames_of_the_packet_have_a_display_filter():
    run = flagship()
    line = proof_lines(run, run.findings[0], INK)[-1]
    assert line == "         Wireshark  fw-int: frame.number == 6461; client: frame.number == 456"


def test_lost_packets_list_their_first_frames():
    run = flagship()
    evidence = tuple(attrs.evolve(run.findings[1].evidence[0], frame=6462 + number) for number in range(9))
    line = proof_lines(run, attrs.evolve(run.findings[1], evidence=evidence), INK)[-1]
    assert line.strip() == "Wireshark  fw-int: frame.number in {6462,6463,6464,6465,6466}"


@pytest.mark.parametrize("width", [40, 50, 60, 70])
def test_no_remark_is_cut_on_a_narrow_page(width):
    run = flagship()
    lines = proof_lines(run, run.findings[0], Ink(width=width, is_unicode=False, has_color=False))
    assert max(len(line) for line in lines) <= width
    words = " ".join(lines).split()
    assert "recomputed" in words
    assert "client" in words


def test_long_names_are_whole_where_remarks_leave_room():
    run = flagship()
    names = ("client-in-office", "fw-int-in-cellar")
    vantages = tuple(attrs.evolve(one, name=name) for one, name in zip(run.vantages[1:3], names, strict=True))
    run = attrs.evolve(run, vantages=(run.vantages[0], *vantages, run.vantages[3]))
    loss = attrs.evolve(run.findings[1], hop=names, evidence=())
    header = proof_lines(run, loss, INK)[0]
    assert "left client-in-office" in header
    assert "not at fw-int-in-cellar" in header
