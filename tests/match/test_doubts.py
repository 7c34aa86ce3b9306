"""Pairs that may be two packets."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match.climbing import Climb
from correlate.match.doubts import _crossed_blocks, doubt_crossing, doubt_late
from correlate.match.pace import SurePairs
from correlate.model.matches import Tier
from tests.match.crafting import MS, everything, no_habits, side_of, table, talk

NOTHING = SurePairs(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


def paired(a, b):
    """Return the state in which each packet is paired with the one at its place, data setting the pace."""
    climb = Climb(a, b, no_habits(2), NOTHING)
    at = np.arange(len(a))
    climb.pair(at, at, int(Tier.TRANSFORMED))
    climb.trust(at[a.length > 0], is_sure=True)
    return climb


def bare(rounds=8):
    """A connection whose identifications tell nothing."""
    a = everything(side_of(table(talk(isn=(900_000_000, 77_000_000), rounds=rounds))))
    return a.but(is_telling=np.zeros(len(a), np.bool_))


def test_a_late_lone_pair_of_other_window_is_two_sendings_and_one_of_equal_window_is_doubted():
    a = bare()
    at = int(np.flatnonzero(a.length > 0)[7])
    late = np.where(np.arange(len(a)) == at, a.time + 400 * MS, a.time)
    same, other = a.but(time=late), a.but(time=late, detail=np.where(np.arange(len(a)) == at, 7, a.detail))
    climb = paired(a, same)
    doubt_late(climb)
    assert np.flatnonzero(climb.is_ambiguous).tolist() == [at]
    climb = paired(a, other)
    doubt_late(climb)
    assert climb.partner[at] == -1


def test_acknowledgements_of_renumbered_flows_are_doubted_until_time_shows_that_they_were_forwarded():
    """A single bare acknowledgement proves nothing; a proxy would have sent it as well."""
    a = bare()
    climb = paired(a, a.but(time=a.time + MS))
    climb.is_moved[:] = climb.is_shifted[:] = True
    doubt_late(climb)
    assert climb.is_ambiguous[np.flatnonzero(a.length == 0)].all()
    assert not climb.is_ambiguous[np.flatnonzero(a.length > 0)].any()


def test_look_alikes_that_overtook_one_another_are_doubted():
    a = bare()
    rows = np.flatnonzero(a.length > 0)[:2]
    is_one = np.isin(np.arange(len(a)), rows)
    same = {name: np.where(is_one, 5, getattr(a, name)) for name in ("seq", "ack", "shape")}
    a = a.but(block=np.where(is_one, 1, a.block), length=np.where(is_one, 9, a.length).astype(np.int32), **same)
    climb = Climb(a, a, no_habits(2), NOTHING)
    climb.pair(rows, rows[::-1], int(Tier.ORDER))
    doubt_crossing(climb)
    assert climb.is_ambiguous[rows].all()


def test_look_alikes_in_order_are_not_doubted_for_others_that_crossed():
    """Others of the same flow overtook one another; these did not."""
    a = bare()
    rows = np.arange(4)
    seq = np.array([5, 5, 9, 9])
    a = a.take(rows).but(
        block=np.ones(4, np.int64), time=np.arange(4.0), length=np.full(4, 9, np.int32), seq=seq, ack=seq, shape=seq
    )
    climb = Climb(a, a, no_habits(2), NOTHING)
    climb.pair(rows, np.array([1, 0, 2, 3]), int(Tier.ORDER))
    doubt_crossing(climb)
    assert climb.is_ambiguous.tolist() == [True, True, False, False]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)), max_size=8),
    st.booleans(),
)
def test_blocks_are_crossed_where_two_pairs_change_places(pairs, in_order):
    """By definition, whether or not all is in order as recorded; rows of B break ties of its times."""
    if in_order:
        pairs = sorted(pairs, key=lambda pair: pair[1:])
    block, one, two = (np.array(column, np.int64) for column in (zip(*pairs, strict=True) if pairs else ([], [], [])))
    a = SimpleNamespace(block=block, time=one.astype(float))
    b = SimpleNamespace(time=two.astype(float), row=np.arange(len(two)))
    expected = np.zeros(3, np.bool_)
    for own in range(3):
        mine = sorted((one[i], two[i], i) for i in np.flatnonzero(block == own))
        expected[own] = any((left[1], left[2]) > (right[1], right[2]) for left, right in pairwise(mine))
    assert _crossed_blocks(SimpleNamespace(blocks=3), a, b).tolist() == expected.tolist()
