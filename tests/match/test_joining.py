"""Flows over all vantages."""

import numpy as np

from correlate.match.joining import FlowUnion
from correlate.match.votes import Edges
from tests.match.crafting import CLIENT, SERVER, side_of, table, talk, udp


def edge(a, b, is_swapped=False):
    return Edges(np.array([a]), np.array([b]), np.array([is_swapped]))


def test_edges_chain_over_vantages_and_unjoined_flows_are_alone():
    """A-B and B-C join A with C."""
    sides = [side_of(table([*talk(), (10**9, udp(CLIENT, SERVER, 1, 2))])) for _ in range(3)]
    union = FlowUnion(sides)
    union.add(0, 1, edge(0, 0))
    union.add(1, 2, edge(0, 0))
    assert union.free(0, 2).tolist() == [False, True]
    joined = union.result([2, 0, 1])
    assert len(joined) == 4
    assert sorted(joined.member.tolist()) == [[-1, -1, 1], [-1, 1, -1], [0, 0, 0], [1, -1, -1]]
    assert all(part.min() >= 0 for part in joined.of_flow)


def test_a_known_initiator_decides_the_direction_for_all():
    """A guess on one side gives way to a SYN on the other."""
    known = side_of(table(talk()))
    guessed = side_of(table([(t, f) for t, f in talk(sport=40000, dport=50000)][4:]))
    union = FlowUnion([guessed, known])
    union.add(0, 1, edge(0, 0, is_swapped=True))
    joined = union.result([0, 1])
    assert [part.tolist() for part in joined.is_swapped] == [[True], [False]]
    blocks = [union.blocks(place, side) for place, side in enumerate((guessed, known))]
    assert blocks[0].tolist() == blocks[1][4:].tolist()
