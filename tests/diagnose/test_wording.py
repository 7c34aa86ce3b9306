"""``diagnose.wording``: numbers as people read them."""

from __future__ import annotations

import pytest

from correlate.diagnose.wording import counted, duration, percent, share_of, verb


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(0, "packet", "0 packets"), (1, "packet", "1 packet"), (2, "copy", "2 copies"), (2, "day", "2 days")],
)
def test_nouns_agree_with_their_count(count: int, noun: str, text: str) -> None:
    """English: one packet, no packets, two copies."""
    assert counted(count, noun) == text


def test_in_a_share_the_noun_follows_the_whole() -> None:
    """1 of 9 packets, but 1 of 1 packet."""
    assert share_of(1, 1, "packet") == "1 of 1 packet"
    assert share_of(1, 9, "query") == "1 of 9 queries"


def test_verbs_agree_with_their_count() -> None:
    """It falls, they fall."""
    assert [verb(n, "falls", "fall") for n in (0, 1, 2)] == ["fall", "falls", "fall"]


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (999_999, "1 ms"),
        (999_950_000, "1 s"),
        (1_500, "1.5 us"),
        (-2_000_000_000, "-2 s"),
        (4_000_000_000_000, "4000 s"),
    ],
)
def test_durations_have_three_digits_and_a_unit(ns: int, text: str) -> None:
    """Never 1e+03 of anything."""
    assert duration(ns) == text


def test_percentages_of_nothing_are_zero() -> None:
    """No division by zero; three digits."""
    assert percent(3, 0) == "0 %"
    assert percent(1, 3000) == "0.0333 %"
