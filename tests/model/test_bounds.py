"""The frozen evidence of a hop."""

from __future__ import annotations

import attrs
import pytest

from correlate.model.bounds import NO_BOUNDS, NO_EVIDENCE, ClockSegment


def test_no_evidence_is_empty_and_read_only():
    assert all(len(column) == 0 and not column.flags.writeable for column in NO_BOUNDS)
    assert NO_EVIDENCE.segments == NO_EVIDENCE.breaks == ()


def test_evidence_is_frozen():
    """Style: types are frozen, keyword-only."""
    segment = ClockSegment(from_ns=0, to_ns=1, skew_ppb=5, rate_ppb=1, kind="line")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        segment.skew_ppb = 7
