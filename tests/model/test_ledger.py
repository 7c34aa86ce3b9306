"""Every frame ends in exactly one bucket."""

from __future__ import annotations

import attrs
import pytest

from correlate.model.ledger import Ledger

BUCKETS = [field.name for field in attrs.fields(Ledger) if field.name != "read"]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_every_bucket_counts(bucket):
    Ledger(read=3, **{bucket: 3}).check()
    with pytest.raises(AssertionError, match="does not add up"):
        Ledger(read=3, **{bucket: 2}).check()


def test_a_frame_in_two_buckets_is_our_bug():
    with pytest.raises(AssertionError, match="against 1 frames read"):
        Ledger(read=1, matched=1, copy=1).check()


def test_an_empty_capture_adds_up():
    Ledger(read=0).check()
