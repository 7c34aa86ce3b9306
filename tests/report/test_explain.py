"""One packet at every vantage, side by side (contract: ``correlate explain``)."""

import pytest

from correlate.errors import UsageError
from correlate.report.explain import explain_packet, packet_of
from correlate.report.ink import Ink
from correlate.rereading import fetcher
from tests.report.builder import alone
from tests.report.runs import run


def told(name, packet, width=100, unicode=True):
    found = run(name)
    ink = Ink(width=width, is_unicode=unicode, has_color=False)
    return explain_packet(found, packet - 1, fetcher(found.vantages, found.packets), ink)


def test_the_altered_packet_shows_every_vantage_and_what_changed():
    text = told("syn-ack-altered", 2)
    for said in ("server.pcap#2", "fw-ext.pcap#22", "fw-int.pcap#6461", "client.pcap#456", "frame.packet_id == 2"):
        assert said in text
    marked = [line.split()[0] for line in text.splitlines() if line.endswith("<<")]
    assert marked == ["ip.len", "ip.checksum", "tcp.checksum", "tcp.len", "payload"]


def test_every_change_between_neighbours_is_on_one_page_however_narrow():
    for width in (60, 80, 100, 160):
        lines = [line for line in told("syn-ack-altered", 2, width).splitlines() if "ip.len" in line]
        assert any("44" in line and "46" in line and line.endswith("<<") for line in lines), width
        assert all(len(line) <= width for line in told("syn-ack-altered", 2, width).splitlines())


def test_a_lost_packet_names_rule_and_assumption_in_words():
    text = " ".join(told("syn-ack-altered", 3).split())
    assert "fw-int > fw-ext: lost, likely, because the far side answered as if it never came (rule rejected)" in text
    assert "assumes that" in text
    assert "8 of 9 packets lost" in text


def test_ascii_pages_hold_ascii():
    assert told("syn-ack-altered", 2, unicode=False).isascii()


def test_packets_are_named_by_number_or_frame():
    found = run("syn-ack-altered")
    assert packet_of(found, "2") == packet_of(found, "fw-int#6461") == packet_of(found, "client#456") == 1
    for asked in ("0", "13", "nobody#1", "client#1", "client#x", "two"):
        with pytest.raises(UsageError):
            packet_of(found, asked)


def test_a_single_vantage_has_no_hop_to_judge():
    ink = Ink(width=80, is_unicode=True, has_color=False)
    assert "no hop to judge" in explain_packet(alone(), 0, None, ink)
