"""Sent is what came to a hop."""

from __future__ import annotations

from correlate.model.metrics import DirectionMetrics


def test_sent_leaves_out_what_was_born_on_the_hop():
    """Contract: sent = delivered + lost + not_captured + absorbed + ambiguous; originated and duplicated are outside."""
    figures = DirectionMetrics(
        delivered=1,
        lost=10,
        not_captured=100,
        absorbed=1_000,
        ambiguous=10_000,
        originated=7,
        duplicated=7,
        reordered=7,
        mutated=7,
        owd_ns=None,
        excess_ns=None,
    )
    assert figures.sent == 11_111
