"""Rule: unused bytes survive a filling, and memory follows what arrives."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from correlate.read.streams import PlainStream
from correlate.read.window import Window


@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(1, 64), st.integers(0, 64)), max_size=20))
def test_bytes_come_in_order_whatever_is_used(data, steps) -> None:
    window = Window(PlainStream(io.BytesIO(data)))
    used = b""
    for wanted, take in steps:
        window.fill(wanted)
        assert len(window) >= wanted or window.is_exhausted
        piece = window.view[window.start : window.end][:take].tobytes()
        window.start += len(piece)
        used += piece
        assert window.position == len(used)
    assert data.startswith(used)


def test_a_peek_uses_nothing() -> None:
    window = Window(PlainStream(io.BytesIO(b"abcdef")))
    assert (window.peek(4), window.peek(99), window.position) == (b"abcd", b"abcdef", 0)


def test_kernels_get_a_buffer_they_cannot_write() -> None:
    window = Window(PlainStream(io.BytesIO(b"abcdef")))
    window.fill(6)
    assert not window.view.flags.writeable
