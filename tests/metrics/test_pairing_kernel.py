"""``metrics.pairing_kernel``: answers found flow by flow, against joins on sorted keys."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.metrics import worth
from correlate.metrics.pairing import acknowledged, answers_of, turns
from correlate.metrics.pairing_kernel import bits_for, longest_run, place_of
from tests.metrics.chatter import chatter


def _plain(function):
    return getattr(function, "py_func", function)


@pytest.mark.parametrize("seed", range(5))
def test_answers_are_those_of_the_joins(monkeypatch, seed: int) -> None:
    """Acknowledgements and turns, numbers that wrap, flows of one packet, datagrams, errors."""
    line = chatter(seed)
    expected = acknowledged(line), turns(line)
    monkeypatch.setattr(worth, "LEAST_ROWS", 0)
    assert len(expected[0][0]) > 5
    assert len(expected[1][0]) > 5
    for found, wanted in zip(answers_of(line), expected, strict=True):
        assert [part.tolist() for part in found] == [part.tolist() for part in wanted]
    nothing, turned = answers_of(line, turns_only=True)
    assert len(nothing[0]) == 0
    assert turned[0].tolist() == expected[1][0].tolist()


def test_places_of_keys_stay_within_the_table() -> None:
    """Any 64-bit key, any multiplier, tables of two places and of many; a table is at least as large as asked for."""
    rng = np.random.default_rng(1)
    for bits in (1, 5, 21):
        for key in (0, -1, 2**63 - 1, -(2**63), *rng.integers(-(2**63), 2**63 - 1, 50).tolist()):
            assert 0 <= _plain(place_of)(key, int(rng.integers(1, 2**31)) | 1, bits) < 1 << bits
    assert [_plain(bits_for)(count) for count in (0, 1, 2, 3, 8, 9)] == [1, 1, 1, 2, 3, 4]


def test_the_longest_run() -> None:
    """Of nothing it is nothing."""
    assert _plain(longest_run)(np.array([3, 3, 1, 1, 1, 2])) == 3
    assert _plain(longest_run)(np.zeros(0, np.int64)) == 0
