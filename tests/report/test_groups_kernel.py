"""``report.groups_kernel`` against counters over the rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from correlate.model.arrays import frozen
from correlate.report.groups_kernel import count_changes

FIELDS, KINDS, SOME, MOST = 3, 2, 2, 4


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(4))
def test_changes_are_counted_by_kind_and_by_value(seed: int) -> None:
    """Kinds with too many pairs of values keep their totals only."""
    rng = np.random.default_rng(seed)
    rows = 400
    packet, direction = rng.integers(0, 50, rows), rng.integers(-1, 2, 50)
    hop, field, kind, expected = (rng.integers(0, most, rows) for most in (2, FIELDS, KINDS, 2))
    before, after = rng.integers(0, 3, rows), np.where(field == 1, rng.integers(0, 9, rows), 5)
    numbers = 2 * 3 * FIELDS * KINDS * 2
    totals, distinct = np.zeros(numbers, np.int64), np.zeros(numbers, np.int64)
    firsts, examples = np.zeros((numbers, SOME), np.int64), np.zeros((numbers, MOST, SOME), np.int64)
    values, counts = np.zeros((numbers, MOST, 2), np.int64), np.zeros((numbers, MOST), np.int64)
    dtypes = (np.int64, np.int16, np.int16, np.int8, np.bool_, np.int64, np.int64, np.int8)
    columns = (packet, hop, field, kind, expected, before, after, direction)
    given = [frozen(column, dtype) for column, dtype in zip(columns, dtypes, strict=True)]
    assert count_changes(*given, FIELDS, KINDS, totals, firsts, distinct, values, counts, examples) == rows

    number = ((((hop * 3 + direction[packet] + 1) * FIELDS + field) * KINDS + kind) * 2 + expected).tolist()
    pairs = list(zip(number, before.tolist(), after.tolist(), strict=True))
    assert {n: int(totals[n]) for n in np.flatnonzero(totals)} == dict(Counter(number))
    for n in set(number):
        mine = Counter(pair[1:] for pair in pairs if pair[0] == n)
        assert firsts[n, : min(SOME, int(totals[n]))].tolist() == [r for r in range(rows) if number[r] == n][:SOME]
        if len(mine) > MOST:
            assert distinct[n] == MOST + 1
            continue
        assert distinct[n] == len(mine)
        for at in range(len(mine)):
            pair = tuple(values[n, at].tolist())
            assert counts[n, at] == mine[pair]
            first = [r for r in range(rows) if pairs[r] == (n, *pair)][:SOME]
            assert examples[n, at, : len(first)].tolist() == first
    assert any(len({pair[1:] for pair in pairs if pair[0] == n}) > MOST for n in set(number))
