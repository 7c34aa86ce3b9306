"""Sequence numbers of one side in the numbering of the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.fingerprint import fingerprint
from correlate.match.numbering import Edges, Readings, constant, renumbered, stepwise, unmoved
from correlate.model.fingerprints import mixed
from tests.match.crafting import everything, side_of, table, talk

NO_EDGES = Edges(*(np.zeros(0, np.int64),) * 4)


def readings(*rows):
    """Return readings of (block, number on A, shift)."""
    return Readings(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


@pytest.mark.parametrize("shift", [1, 2**31, 2**32 - 7])
def test_moved_numbers_give_the_keys_of_the_rewritten_connection(shift):
    """Modulo 2**32 (RFC 9293 section 3.4); what acknowledges nothing is left alone."""
    here, there = 4_294_967_000, 77
    plain = side_of(table(talk(isn=(here, there))))
    moved = side_of(table(talk(isn=((here + shift) % 2**32, (there + 5) % 2**32))))
    numbering = constant(readings((0, there, 5), (1, here, shift)), 2)
    _, sights = renumbered(everything(plain), numbering)
    assert sights.seq.tolist() == moved.prints.at("seq", slice(None)).tolist()
    assert sights.ack.tolist() == moved.prints.at("ack", slice(None)).tolist()
    assert sights.exact[:3].tolist() == fingerprint(moved.packets).exact[:3].tolist()
    assert not sights.growth.any()


def test_a_numbering_without_steps_changes_nothing():
    sights = everything(side_of(table(talk())))
    assert all(part is sights for part in renumbered(sights, unmoved(2)))
    assert unmoved(2).lookup(np.array([0, 1]), np.array([5, 6])).tolist() == [0, 0]


def test_stray_readings_are_left_out():
    """A level needs two readings in a row; a lone reading is a level only where its block has no other."""
    found = stepwise(readings((0, 10, 7), (0, 20, 7), (0, 25, 9999), (0, 30, 7), (0, 40, 7), (1, 5, 3)), 2, NO_EDGES)
    assert found.by.tolist() == [7, 3]
    assert stepwise(readings((0, 10, 7), (0, 20, 8)), 1, NO_EDGES).by.tolist() == []


def test_a_single_reading_between_levels_that_differ_is_a_level():
    """Two edited segments in a row leave one acknowledgement to tell of the bytes between; far off it is chance."""
    rows = [(0, 10, 0), (0, 20, 0), (0, 30, 4), (0, 40, 6), (0, 50, 6)]
    assert stepwise(readings(*rows), 1, NO_EDGES).by.tolist() == [0, 4, 6]
    rows[2] = (0, 30, 10**6)
    assert stepwise(readings(*rows), 1, NO_EDGES).by.tolist() == [0, 6]


def test_a_single_reading_is_a_level_where_a_longer_segment_explains_it():
    """Same first byte at the level before, last byte at this one."""
    rows = readings((0, 10, 7), (0, 20, 7), (0, 50, 9))
    for length, by in ((32, [7, 9]), (31, [7])):
        theirs = mixed(np.array([0]), np.array([27]), np.array([length]))
        edges = Edges(np.array([0]), np.array([20]), np.array([50]), theirs)
        assert stepwise(rows, 1, edges).by.tolist() == by


def test_the_end_of_an_altered_segment_is_the_exact_place():
    """Between two levels the segment without counterpart ends where the new level begins."""
    rows = readings((1, 0, 0), (1, 100, 0), (1, 260, 8), (1, 300, 8))
    edges = Edges(*(np.array([value]) for value in (1, 100, 150, 0)))
    found = stepwise(rows, 2, edges)
    assert found.lookup(np.full(3, 1), np.array([149, 150, 260])).tolist() == [0, 8, 8]
    assert stepwise(rows, 2, NO_EDGES).lookup(np.full(2, 1), np.array([150, 260])).tolist() == [0, 8]


def test_a_segment_that_swallows_a_step_has_grown():
    """Its bytes end beyond the place where the numbers move."""
    a = everything(side_of(table(talk(rounds=2))))
    at = int(np.flatnonzero((a.length > 0) & (a.block == 1))[0])
    end = int(a.seq[at] + a.length[at])
    grown, _ = renumbered(a, stepwise(readings((1, 0, 0), (1, 1, 0), (1, end, 6), (1, end + 1, 6)), 2, NO_EDGES))
    assert np.flatnonzero(grown.growth).tolist() == [at]
    assert grown.growth[at] == 6


@given(
    st.lists(st.integers(1, 2**20), min_size=2, max_size=40),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3, unique=True),
)
def test_lookup_is_the_step_function_that_was_read(gaps, base, by):
    """Twin: the last level that begins at or before a number, wherever the number stands on the circle."""
    at = np.cumsum(gaps) - gaps[0]
    level = np.sort(np.arange(len(gaps)) * len(by) // len(gaps))
    rows = [(0, int((base + a) % 2**32), by[k]) for a, k in zip(at, level, strict=True) for _ in range(2)]
    found = stepwise(readings(*rows), 1, NO_EDGES)
    numbers = np.array([(base + a) % 2**32 for a in at])
    assert found.lookup(np.zeros(len(at), np.int64), numbers).tolist() == [by[k] for k in level]
