"""Rewritten initial sequence numbers."""

import numpy as np
import pytest

from correlate.match.shifts import learn_shifts, shown_shifts
from tests.match.crafting import everything, side_of, table, talk


@pytest.mark.parametrize("by", [1, 10**9, 2**32 - 3])
def test_the_shift_of_each_direction_is_learned(by):
    """RFC 9293 section 3.4: numbers live modulo 2**32."""
    plain, moved = talk(isn=(4 * 10**9, 500)), talk(isn=(4 * 10**9 + by, 500 + 2 * by))
    # The payload names the ISNs, so only the shape of the handshake and the IP IDs are left.
    shifts = learn_shifts(everything(side_of(table(plain))), everything(side_of(table(moved))), 2)
    assert shifts.tolist() == [2 * by % 2**32, by % 2**32]


def test_nothing_in_common_teaches_nothing():
    """0 = none learned."""
    a = everything(side_of(table(talk())))
    b = everything(side_of(table([])))
    assert learn_shifts(a, b, 2).tolist() == [0, 0]


def test_votes_without_a_majority_teach_nothing():
    """Half of the votes are needed."""
    a = everything(side_of(table(talk(rounds=4))))
    b = a._replace(seq=a.seq + np.arange(len(a.seq)) ** 2 * 1000)
    assert learn_shifts(a, b, 2).tolist() == [0, 0]


def test_known_pairs_show_the_shift_of_their_direction():
    """What one round learned serves the next."""
    plain, moved = (everything(side_of(table(talk(isn=isn)))) for isn in ((2000, 7000), (1000, 9000)))
    assert shown_shifts(plain, moved, 2).tolist() == [2000, 2**32 - 1000]
