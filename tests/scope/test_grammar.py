"""``scope.grammar``: what binds what, and where a filter breaks."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.errors import UsageError
from correlate.scope.grammar import Among, Both, Compared, Either, Negated, Present, parse_filter


def test_or_binds_weaker_than_and_and_not_binds_most() -> None:
    """a or b and not c = a or (b and (not c))."""
    tree = parse_filter("tcp or udp and not icmp")
    assert isinstance(tree, Either)
    assert isinstance(tree.right, Both)
    assert isinstance(tree.right.right, Negated)
    assert isinstance(parse_filter("(tcp or udp) and icmp"), Both)


def test_comparisons_and_sets() -> None:
    """Values, ranges, commas or spaces between."""
    one = parse_filter("tcp.len >= 3")
    assert isinstance(one, Compared)
    assert (one.field.text, one.operator, one.value.text) == ("tcp.len", ">=", "3")
    some = parse_filter("tcp.port in {80 443,8000..8100}")
    assert isinstance(some, Among)
    assert [(low.text, high.text) for low, high in some.ranges] == [("80", "80"), ("443", "443"), ("8000", "8100")]
    assert isinstance(parse_filter("tcp"), Present)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("", "^"),
        ("tcp ==", "      ^"),
        ("tcp udp", "    ^~~"),
        ("(tcp", "    ^"),
        ("tcp.port in 80", "            ^~"),
        ("not", "   ^"),
        ("tcp && || udp", "       ^~"),
    ],
)
def test_the_first_word_that_does_not_fit_is_pointed_at(text: str, mark: str) -> None:
    """``^~~~`` below it."""
    with pytest.raises(UsageError) as caught:
        parse_filter(text)
    assert caught.value.shown == (text, mark)


def test_depth_is_limited() -> None:
    """No filter exhausts the stack."""
    with pytest.raises(UsageError, match="nested too deeply"):
        parse_filter("(" * 5000 + "tcp" + ")" * 5000)


@given(st.text(alphabet="tcp.udport=!<>&|(){}, 0123456789/:x", max_size=40))
def test_any_text_is_a_tree_or_a_usage_error(text: str) -> None:
    """Input is hostile."""
    with contextlib.suppress(UsageError):
        parse_filter(text)
