"""Rewritten sequence numbers, learned."""

import numpy as np
import pytest

from correlate.match.shifts import learn_shifts, learn_steps, shown_shifts
from tests.match.crafting import everything, side_of, table, talk


def levels(numbering):
    """Return {block: what is added at each step}."""
    blocks = (numbering.place >> 33).tolist()
    return {
        block: [by for at, by in zip(blocks, numbering.by.tolist(), strict=True) if at == block] for block in blocks
    }


@pytest.mark.parametrize("by", [1, 10**9, 2**32 - 3])
def test_the_shift_of_each_direction_is_learned(by):
    """RFC 9293 section 3.4: numbers live modulo 2**32."""
    plain, moved = talk(isn=(4 * 10**9, 500)), talk(isn=(4 * 10**9 + by, 500 + 2 * by))
    # The payload names the ISNs, so only the shape of the handshake and the IP IDs are left.
    found = learn_shifts(everything(side_of(table(plain))), everything(side_of(table(moved))), 2)
    assert levels(found) == {0: [2 * by % 2**32], 1: [by % 2**32]}


def test_nothing_in_common_teaches_nothing():
    """No step."""
    a = everything(side_of(table(talk())))
    b = everything(side_of(table([])))
    assert levels(learn_shifts(a, b, 2)) == {}
    assert levels(learn_steps((a.take(NONE), b.take(NONE)), (a, b.take(NONE)), UNSETTLED)) == {}


NONE = np.zeros(0, np.int64)
UNSETTLED = np.zeros(2, np.bool_)


def test_votes_without_a_majority_teach_nothing():
    """Half of the votes are needed."""
    a = everything(side_of(table(talk(rounds=4))))
    b = a.but(seq=a.seq + np.arange(len(a.seq)) ** 2 * 1000)
    assert levels(learn_shifts(a, b, 2)) == {}


def test_known_pairs_show_the_shift_of_their_direction():
    """What one round learned serves the next."""
    plain, moved = (everything(side_of(table(talk(isn=isn)))) for isn in ((2000, 7000), (1000, 9000)))
    assert levels(shown_shifts(plain, moved, 2)) == {0: [2000], 1: [2**32 - 1000]}


def test_numbers_that_move_from_some_place_on_are_learned_with_the_place():
    """A gateway made the second request six bytes longer: what follows it, and what acknowledges it, moves by six."""
    frames = talk(rounds=6)
    a = everything(side_of(table(frames)))
    data = np.flatnonzero((a.length > 0) & (a.block == 1))
    jump = int(a.seq[data[1]] + a.length[data[1]])
    mine, theirs = a.block == 1, a.block == 0
    length = np.where(np.arange(len(a.seq)) == data[1], a.length + 6, a.length).astype(np.int32)
    head = np.where(length != a.length, a.head + 1, a.head)
    seq = np.where(mine & (a.seq >= jump), a.seq + 6, a.seq)
    ack = np.where(theirs & (a.ack >= jump), a.ack + 6, a.ack)
    b = a.but(seq=seq, ack=ack, length=length, head=head, body=a.body + (length != a.length))
    same = np.flatnonzero((a.seq == b.seq) & (a.ack == b.ack) & (a.length == b.length))
    rest = np.setdiff1d(np.arange(len(a.row)), same)
    found = learn_steps((a.take(same), b.take(same)), (a.take(rest), b.take(rest)), UNSETTLED)
    assert levels(found) == {0: [0], 1: [0, 6]}
    assert found.lookup(np.full(2, 1), np.array([jump - 1, jump])).tolist() == [0, 6]


def test_a_single_reading_moves_no_direction_that_other_pairs_settled():
    """Two segments of one burst have equal timestamps and lengths; one capture missed the first, the other the second."""
    a = everything(side_of(table(talk(rounds=4))))
    at = np.array([int(np.flatnonzero((a.length > 0) & (a.block == 1))[1])])
    b = a.but(seq=a.seq + 1448)
    nothing, alone = (a.take(NONE), b.take(NONE)), (a.take(at), b.take(at))
    assert learn_steps(nothing, alone, UNSETTLED).is_moved[1]
    assert not learn_steps(nothing, alone, ~UNSETTLED).is_moved.any()


def test_one_packet_alone_moves_nothing():
    """Read off its timestamps and its payload it is still one witness: a chance, or one altered packet."""
    a = everything(side_of(table(talk(rounds=4))))
    at = int(np.flatnonzero((a.length > 0) & (a.block == 1))[1])
    b = a.but(seq=np.where(np.arange(len(a.seq)) == at, a.seq + 5, a.seq))
    same = np.delete(np.arange(len(a.row)), at)
    one = np.array([at])
    assert not learn_steps((a.take(same), b.take(same)), (a.take(one), b.take(one)), UNSETTLED).is_moved.any()
