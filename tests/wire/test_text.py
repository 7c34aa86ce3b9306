"""``wire.text``: nothing that a terminal or an XML parser acts on gets through."""

import unicodedata
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from correlate.wire.text import safe_text

any_text = st.text(st.characters(exclude_categories=()), max_size=40)


@given(any_text)
@example("\x1b]0;owned\x07")
@example("\u202egnp.exe")
@example("\ud83d")
def test_nothing_a_terminal_or_parser_acts_on_is_left(text: str) -> None:
    """No control (Cc), no surrogate (Cs), no bidi control, no line separator; UTF-8 and XML accept it."""
    safe = safe_text(text)
    assert not {unicodedata.category(c) for c in safe} & {"Cc", "Cs", "Zl", "Zp"}
    assert not [c for c in safe if unicodedata.bidirectional(c) in {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "PDI"}]
    safe.encode()
    escaped = safe.replace("&", "&amp;").replace("<", "&lt;")
    assert (ET.fromstring(f"<a>{escaped}</a>").text or "") == safe


@given(any_text)
def test_twice_is_as_good_as_once(text: str) -> None:
    """A report may pass text through two borders."""
    assert safe_text(safe_text(text)) == safe_text(text)


@pytest.mark.parametrize("text", ["fw-int.pcapng", "Łódź 東京 😀", "a\\b"])
def test_printable_text_stays_as_it_is(text: str) -> None:
    """Only controls change."""
    assert safe_text(text) == text
