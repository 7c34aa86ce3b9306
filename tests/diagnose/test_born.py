"""``diagnose.born``: what is said of packets born on a hop."""

from __future__ import annotations

import numpy as np

from correlate.diagnose.born import born_finding, open_finding
from correlate.model.trajectories import Fate
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import chain
from tests.netsim.boxes import AnswerInject, RstInject

FORGED = chain(3, loads=SMALL).with_hop(1, boxes=[AnswerInject(share=0.5)])
RESET = chain(3, loads=SMALL).with_hop(1, boxes=[RstInject(share=0.5)])


def test_a_forged_packet_is_cited_beside_what_was_sent_in_its_place() -> None:
    """Frame by frame: the newborn at the far vantage, then its sender's own packet at the near one."""
    one = outcome(FORGED).only("packet-injected")
    notes = [(ref.note, ref.vantage) for ref in one.evidence]
    assert notes[1::2] == [("what was sent in its place", "server")] * 3
    assert {note for note, _ in notes[::2]} == {"first seen here"}
    assert "other bytes of the same sequence number" in one.explanation
    assert one.settle.endswith("which device makes them.")


def test_what_rests_on_odds_says_on_which() -> None:
    """No drop counters in a pcap: the counts of misses and passes are named; an own packet of the sender needs none."""
    view = outcome(RESET).view()
    fates = view.run.fates
    rows = np.flatnonzero((fates.fate == Fate.ORIGINATED) & (fates.hop == 1))
    directions = view.run.trajectories.direction[fates.packet[rows]]
    rows = rows[directions == directions[0]]
    told = born_finding(view, "rst-injected", 1, int(directions[0]), rows)
    rests_on_odds = bool((fates.witness[rows] < 0).any())
    assert ("only odds" in " ".join(told.against)) == rests_on_odds
    assert outcome(FORGED).only("packet-injected").against == ()


def test_an_open_question_accuses_nobody() -> None:
    """Of resets that a filter may have taken out of the capture."""
    view = outcome(RESET).view()
    fates = view.run.fates
    rows = np.flatnonzero((fates.fate == Fate.ORIGINATED) & (fates.hop == 1))[:1]
    told = open_finding(view, 1, int(view.run.trajectories.direction[fates.packet[rows[0]]]), rows)
    assert (told.grade, told.severity, told.code) == ("inconclusive", "info", "rst-injected")
    assert "without a filter" in told.settle
