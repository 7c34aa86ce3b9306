"""The hash that fingerprints are made of."""

import numpy as np

from correlate.model.fingerprints import mixed


def naive(*parts):
    state = 0
    for part in parts:
        state = ((state ^ (part % 2**64)) + 0x9E3779B97F4A7C15) % 2**64
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) % 2**64
    state ^= state >> 31
    return state - 2**64 if state >= 2**63 else state


def test_mixing_equals_its_plain_twin():
    """Kernel and twin law: wrapping 64-bit arithmetic."""
    rows = [(0, 0), (1, -1), (2**62, 5), (-(2**63), 2**63 - 1)]
    found = mixed(np.array([a for a, _ in rows]), np.array([b for _, b in rows]))
    assert found.tolist() == [naive(a, b) for a, b in rows]


def test_scalars_and_columns_of_any_integer_type_mix():
    """A packet's 8-bit protocol and a constant enter the same key."""
    narrow = mixed(np.array([6, 17], np.uint8), 3, np.array([True, False]))
    assert narrow.tolist() == [naive(6, 3, 1), naive(17, 3, 0)]


def test_order_of_parts_matters():
    """Seq and ack must not be interchangeable."""
    assert mixed(1, 2)[0] != mixed(2, 1)[0]
