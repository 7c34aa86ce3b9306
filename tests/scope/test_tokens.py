"""``scope.tokens``: words with their places, and errors that point at one."""

from __future__ import annotations

import pytest

from correlate.errors import UsageError
from correlate.scope.tokens import Token, bad_filter, split_words


def test_words_know_where_they_stand() -> None:
    """Names with dots, addresses, networks, ranges."""
    words = split_words("ip.addr == 10.0.0.0/8 || tcp.port in {80,8000..8100}")
    assert [word.text for word in words][:4] == ["ip.addr", "==", "10.0.0.0/8", "||"]
    assert [word.text for word in words][-6:-1] == ["80", ",", "8000", "..", "8100"] or words[-2].text == "}"
    assert all("ip.addr == 10.0.0.0/8 || tcp.port in {80,8000..8100}"[w.at :].startswith(w.text) for w in words)


def test_words_for_operators_are_operators() -> None:
    """wireshark-filter(4): eq, and, not in any case."""
    kinds = [word.kind for word in split_words("a EQ 1 And NOT b bitand 3")]
    assert kinds == ["word", "==", "word", "&&", "!", "word", "&", "word", "end"]


def test_a_strange_character_is_pointed_at() -> None:
    """One caret, as wide as the word."""
    with pytest.raises(UsageError) as caught:
        split_words("tcp   ; udp")
    assert caught.value.shown == ("tcp   ; udp", "      ^")
    assert bad_filter("abc def", Token("word", "def", 4), "x").shown[1] == "    ^~~"
