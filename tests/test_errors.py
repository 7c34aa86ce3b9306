"""Errors are data with a one-line text."""

from __future__ import annotations

import attrs
import pytest

from correlate.errors import CorrelateError, OutputError, UnreadableCapture, UsageError

CHILDREN = (UnreadableCapture, UsageError, OutputError)


@pytest.mark.parametrize("kind", CHILDREN)
def test_the_text_says_where_what_and_what_to_do(kind):
    """Style: *where: what (numbers). What to do.*"""
    error = kind(where="a.pcap", what="not a capture (4 bytes)", advice="Give it a pcap file.")
    assert str(error) == "a.pcap: not a capture (4 bytes). Give it a pcap file."


@pytest.mark.parametrize("kind", CHILDREN)
def test_one_name_catches_all_that_a_user_can_cause(kind):
    with pytest.raises(CorrelateError):
        raise kind(where="x", what="y", advice="z")


def test_fields_cannot_be_changed_after_the_fact():
    error = UsageError(where="x", what="y", advice="z")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        error.what = "other"


def test_the_tree_is_shallow():
    assert set(CorrelateError.__subclasses__()) == set(CHILDREN)
