"""The ladder as a drawing."""

import itertools
import re

import attrs

from correlate.report.html.ladder import MOST_SLANT, ladder_section
from correlate.report.verdict import tell
from tests.report.builder import flagship
from tests.report.runs import run


def drawn(name):
    found = run(name)
    return ladder_section(found, tell(found.findings))


def test_lost_and_changed_packets_are_told_in_words():
    drawing, note = drawn("syn-ack-altered")
    assert "✗ lost" in drawing
    assert "SYN-ACK+2 changed" in drawing
    assert "client&#x27;s clock" in note


def test_the_slowest_hop_has_the_greatest_slant_and_none_a_greater_one():
    """True to scale: the held segments lean, the others are nearly level."""
    drawing = drawn("held-last-segment")[0]
    lines = re.findall(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"/>', drawing)
    slants = sorted(float(y2) - float(y1) for _x1, y1, _x2, y2 in lines)
    assert slants[-1] <= MOST_SLANT + 1
    assert slants[-1] > 0.9 * MOST_SLANT
    assert slants[len(slants) // 2] < 2


def test_rows_never_overlap():
    drawing = drawn("syn-ack-altered")[0]
    times = [float(y) for y in re.findall(r'y="([\d.]+)" text-anchor="end" class="quiet time"', drawing)]
    assert all(later - earlier >= 20 for earlier, later in itertools.pairwise(times))


def test_a_story_without_flow_has_no_ladder():
    found = attrs.evolve(flagship(), findings=())
    assert "No single conversation" in ladder_section(found, tell(()))[0]
