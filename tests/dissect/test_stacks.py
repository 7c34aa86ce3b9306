"""Numbers of tunnels: dense, stable, growing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.dissect.stacks import StackInterner
from correlate.model.tunnels import layers_of


def intern(stacks, packets):
    """Numbers of packets given as lists of (kind, tuple, key)."""
    layers = [(row, *layer) for row, packet in enumerate(packets) for layer in packet]
    columns = np.array(layers, np.int64).reshape(len(layers), 4).T
    return stacks.intern(len(packets), *(np.ascontiguousarray(column) for column in columns)).tolist()


LAYERS = st.tuples(st.integers(1, 3), st.integers(-1, 3), st.sampled_from((-1, 0, 2**32 - 1)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.lists(LAYERS, max_size=3), max_size=20), max_size=4))
def test_numbers_are_those_of_a_dictionary_of_stacks(batches):
    """Equal stacks, equal numbers, over all calls; 0 is no tunnel; ``parent`` leads outwards."""
    stacks, known = StackInterner(), {(): 0}
    for packets in batches:
        expected = []
        for packet in packets:
            for depth in range(1, len(packet) + 1):
                known.setdefault(tuple(packet[:depth]), len(known))
            expected.append(known[tuple(packet)])
        assert intern(stacks, packets) == expected
    table = stacks.columns()
    assert len(table.kind) == len(stacks) == len(known)
    for stack, number in known.items():
        rows = layers_of(table, number)
        assert [(int(table.kind[r]), int(table.tuple_id[r]), int(table.key[r])) for r in rows] == list(stack)


def test_the_table_grows():
    """Thousands of tunnels, one per call and all again."""
    stacks = StackInterner()
    packets = [[(11, n % 7, n)] for n in range(3000)]
    assert intern(stacks, packets) == list(range(1, 3001))
    assert intern(stacks, packets) == list(range(1, 3001))
