"""Disjoint sets with parity against a plain twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.match.union_kernel import unite

EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()), max_size=12)


def naive(edges, nodes):
    """(root, parity to the root) per node: a contradictory or needless edge changes nothing."""
    group, side = list(range(nodes)), [False] * nodes
    for a, b, flip in edges:
        if group[a] == group[b]:
            continue
        turn = side[a] ^ side[b] ^ flip
        old = group[b]
        for node in range(nodes):
            if group[node] == old:
                group[node], side[node] = group[a], side[node] ^ turn
    roots = {g: min(k for k in range(nodes) if group[k] == g) for g in group}
    return [roots[g] for g in group], [side[k] ^ side[roots[group[k]]] for k in range(nodes)]


@pytest.mark.jit_off
@settings(deadline=None, max_examples=80)
@given(EDGES)
def test_kernel_equals_its_plain_twin(edges):
    """Kernel and twin law."""
    one, two, flip = (np.array([edge[k] for edge in edges], kind) for k, kind in enumerate((np.int64, np.int64, bool)))
    parent, parity = np.arange(8), np.zeros(8, bool)
    unite(one, two, flip, parent, parity)
    assert (parent.tolist(), parity.tolist()) == naive(edges, 8)
