"""``metrics.stamps_kernel``: times read in one pass, against columns."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from correlate.metrics import worth
from correlate.metrics.exchanges import _round_trips
from correlate.metrics.stamps import NO_STAMP
from correlate.metrics.transaction_places import times_of
from correlate.model.arrays import frozen
from tests.metrics.conversation import HANDSHAKE, talk

PACKETS, PLACES, SOME = 50, 3, 400


def _own(rng: np.random.Generator):
    """Few stamps, so that many are equal, and some that are missing; one below zero."""
    own = rng.integers(-3, 12, (PACKETS, PLACES))
    own[rng.random(own.shape) < 0.2] = NO_STAMP
    return frozen(own)


@pytest.mark.jit_off
def test_round_trips_are_those_of_columns(monkeypatch) -> None:
    """Missing stamps tell nothing."""
    rng = np.random.default_rng(1)
    own, ends = _own(rng), rng.integers(0, PACKETS, (2, SOME))
    tables = []
    for least in (10**9, 0):
        monkeypatch.setattr(worth, "LEAST_ROWS", least)
        tables.append(_round_trips(own, frozen(ends[0]), frozen(ends[1])).tolist())
    assert tables[0] == tables[1]


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(4))
def test_times_are_those_of_columns(monkeypatch, seed: int) -> None:
    """All of what is told, both ways along the path; and some transactions that no place saw whole."""
    rng = np.random.default_rng(seed)
    own = _own(rng)
    table = talk(HANDSHAKE).trajectories
    table = attrs.evolve(table, direction=rng.integers(-1, 2, PACKETS).astype(np.int8))
    five = np.sort(rng.integers(0, PACKETS, (5, SOME)), axis=0)
    five[1][::2], five[4][::3] = five[0][::2], five[3][::3]
    found = []
    for least in (10**9, 0):
        monkeypatch.setattr(worth, "LEAST_ROWS", least)
        found.append(times_of(own, table, list(five)))
    plain, fast = found
    told = np.flatnonzero(plain.is_told)
    assert 10 < len(told) < SOME
    for name, one, other in zip(plain._fields, plain, fast, strict=True):
        rows = slice(None) if name in ("is_told", "rtt_ns", "answer_at_ns", "far") else told
        assert one[rows].tolist() == other[rows].tolist(), name
