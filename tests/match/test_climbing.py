"""What pairs tell of the boxes between."""

import numpy as np

from correlate.match.climbing import Climb
from correlate.match.comparing import compare
from correlate.match.pace import SurePairs
from correlate.model.matches import Tier
from tests.match.crafting import everything, no_habits, side_of, table, talk

BLOCKS = 2
NOTHING = SurePairs(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


def sights():
    return everything(side_of(table(talk(isn=(900_000_000, 77_000_000), rounds=6))))


def state(a, b):
    return Climb(a, b, no_habits(BLOCKS), NOTHING)


def compared(a, b):
    every = np.arange(len(a))
    return compare(a, b, (every, every), BLOCKS, counts_altered=False)


def test_a_box_that_rewrites_identifications_and_windows_shows_in_its_flow():
    """Several packets differ, none agrees."""
    a = sights()
    b = a.but(ident=a.ident + 1, detail=a.detail + 1)
    climb = state(a, b)
    climb.note_rewriting(compared(a, b).habits)
    assert climb.is_ident_rewritten.all()
    assert climb.is_detail_rewritten.all()
    assert not climb.is_stamp_rewritten.any()


def test_pairs_that_agree_show_no_box():
    a = sights()
    climb = state(a, a)
    climb.note_rewriting(compared(a, a).habits)
    assert not climb.is_ident_rewritten.any()
    assert not climb.is_detail_rewritten.any()


def test_what_is_paired_can_be_taken_apart_again():
    a = sights()
    climb = state(a, a)
    climb.pair(np.array([2]), np.array([3]), int(Tier.EXACT))
    assert 2 not in climb.left()[0]
    assert 3 not in climb.left()[1]
    climb.part(np.array([2]))
    assert len(climb.left()[0]) == len(climb.left()[1]) == len(a)


def test_what_was_asked_of_the_open_is_kept_while_they_grow_fewer():
    """Rung after rung asks for the same columns."""
    a = sights()
    climb = state(a, a)
    assert climb.open()[0].seq.tolist() == a.seq.tolist()
    climb.pair(np.array([0, 2]), np.array([1, 2]), int(Tier.EXACT))
    rest_a, rest_b = climb.open()
    assert rest_a.row.tolist() == a.row[climb.left()[0]].tolist()
    assert rest_a.seq.tolist() == a.seq[climb.left()[0]].tolist()
    assert rest_b.ack.tolist() == a.ack[climb.left()[1]].tolist()
    climb.part(np.array([0]))
    assert len(climb.open()[0]) == len(a) - 1
