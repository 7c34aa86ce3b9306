"""Rule: options are code, length, value padded to 32 bits (draft-ietf-opsawg-pcapng section 3.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.read.options import as_number, as_text, parse_options
from tests.read.captures import option


@given(st.lists(st.tuples(st.integers(1, 65535), st.binary(max_size=9))), st.sampled_from(["<", ">"]))
def test_options_are_read_as_written(options, order) -> None:
    data = b"".join(option(code, value, order) for code, value in options)
    assert list(parse_options(data + option(0, b"", order) + b"rest", order)) == options


@given(st.binary(max_size=40), st.sampled_from(["<", ">"]))
def test_any_bytes_end(data, order) -> None:
    assert sum(4 + len(value) for _, value in parse_options(data, order)) <= len(data)


@pytest.mark.parametrize(
    ("value", "text"), [(b"eth0\0", "eth0"), (b"a\x1b[2J\n", "a\ufffd[2J\ufffd"), (b"\xff", "\ufffd")]
)
def test_text_cannot_drive_a_terminal(value, text) -> None:
    assert as_text(value) == text


def test_numbers_follow_the_byte_order() -> None:
    assert (as_number(b"\x01\x00", ">"), as_number(b"\x01\x00", "<")) == (256, 1)
    assert as_number(b"\xff\xff", "<", is_signed=True) == -1
