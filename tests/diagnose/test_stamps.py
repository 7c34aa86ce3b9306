"""``diagnose.stamps``: by how much stamps may be late."""

from __future__ import annotations

import numpy as np

from correlate.diagnose.stamps import grain, is_ordered, stamp_noise, time_order
from tests.netsim import SECOND

MS = 1_000_000


def test_stamps_that_mostly_repeat_have_agrain() -> None:
    """Whole seconds over a few seconds are no measured tick, yet say nothing below a second (drawn worlds 126, 155)."""
    assert grain(np.repeat(np.arange(6) * SECOND, 20)) == SECOND
    assert grain(np.arange(100) * MS + 7) == 0
    assert grain(np.zeros(50, np.int64)) > SECOND
    assert grain(np.zeros(1, np.int64)) == 0


def test_records_out_of_order_show_how_far_stamps_scatter() -> None:
    """The largest jump back counts, beside the tick."""
    stamps = np.array([0, 5, 3, 9]) * MS
    assert stamp_noise(stamps, 1000) == 2 * MS + 1000
    assert stamp_noise(np.zeros(0, np.int64), 7) == 7


def test_order_is_stable_whether_or_not_stamps_are_in_order_already() -> None:
    """Equal stamps keep their order."""
    assert is_ordered(np.array([1, 1, 2]))
    assert not is_ordered(np.array([1, 0]))
    for stamps in ([1, 1, 2], [2, 1, 2, 1], []):
        assert time_order(np.array(stamps, np.int64)).tolist() == np.argsort(stamps, kind="stable").tolist()
