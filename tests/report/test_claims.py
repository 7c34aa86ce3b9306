"""Findings of report.json."""

from correlate.model.findings import FrameRef
from correlate.report.claims import display_filters, findings_json
from tests.report.builder import flagship


def test_the_filter_shows_each_vantages_own_frames_in_order():
    """Contract: ``frame.number in {6461,6462}``."""
    frames = [FrameRef(vantage="fw", file="fw.pcap", frame=n, time_ns=None) for n in (6462, 6461, 6462)]
    assert display_filters((*frames, FrameRef(vantage="c", file="c.pcap", frame=1, time_ns=None))) == {
        "fw": "frame.number in {6461,6462}",
        "c": "frame.number in {1}",
    }


def test_a_consequence_names_its_cause():
    findings = {finding["id"]: finding for finding in findings_json(flagship())}
    assert findings["f2"]["caused_by"] == "f1"
    assert findings["f1"]["caused_by"] is None


def test_packets_are_numbered_from_one():
    """Contract: ``packet`` counts from 1."""
    assert findings_json(flagship())[0]["packet"] == 2
