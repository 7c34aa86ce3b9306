"""Rule: a table without room only counts, one with room holds what was added."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.privacy.rows_kernel import put, put_ip_sum, put_payload, put_sum, put_thin
from correlate.privacy.sites import COLUMNS, IP_SUM, L4_SUM, MAC, PAYLOAD, THIN

pytestmark = pytest.mark.jit_off


def added(function, *values) -> list[int]:
    none, one = np.zeros((0, COLUMNS), np.int64), np.full((1, COLUMNS), 77, np.int64)
    assert function(none, 0, *values) == function(one, 0, *values) == 1
    return one[0].tolist()


def test_rows_hold_what_was_given() -> None:
    assert added(put, MAC, 3, 9)[:3] == [MAC, 3, 9]
    assert added(put_payload, 3, 9, 40) == [PAYLOAD, 3, 9, 0, 0, 0, 0, 0, 40]
    assert added(put_ip_sum, 10, 20, 0)[:4] == [IP_SUM, 10, 20, 0]
    assert added(put_sum, 1, 2, 3, 4, 5, 6, 7, 8) == [L4_SUM, 1, 2, 3, 4, 5, 6, 7, 8]
    assert added(put_thin, 1, 2, 3, 17, (50, 60), 4) == [THIN, 1, 2, 3, 17, 50, 4, 0, 60]


def test_what_holds_no_byte_is_no_row() -> None:
    table = np.zeros((1, COLUMNS), np.int64)
    assert put_payload(table, 0, 5, 5, 40) == 0
    assert put_thin(table, 0, 5, 5, 0, 17, (50, 60), 4) == 0
    assert put_thin(table, 0, 50, 60, 0, 17, (50, 60), 4) == 0
