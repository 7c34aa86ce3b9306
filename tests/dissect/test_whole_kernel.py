"""Rule: digests of frames are equal where all bytes and lengths are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.dissect import frame_digests
from tests.dissect.chunks import chunk_of

pytestmark = pytest.mark.jit_off


@given(st.lists(st.sampled_from([b"", b"a", b"ab", b"a" * 40, b"a" * 39 + b"b"]), min_size=1, max_size=9))
@settings(max_examples=40, deadline=None)
def test_equal_frames_and_only_those_have_equal_digests(frames) -> None:
    found = frame_digests(chunk_of(frames, gap=3)).tolist()
    for one, first in zip(found, frames, strict=True):
        for two, second in zip(found, frames, strict=True):
            assert (one == two) == (first == second)


def test_the_length_on_the_wire_counts() -> None:
    one, two = frame_digests(chunk_of([b"abc", b"abc"], wire_lens=[3, 90])).tolist()
    assert one != two
