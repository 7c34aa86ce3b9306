"""``diagnose.sendings_kernel`` against its definition, and against keys that were made to fall together."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.diagnose.sendings_kernel import FARTHEST, FREE, key_sendings, mark_repeats
from correlate.model.arrays import frozen


def marked(keys: list[int], bits: int = 8) -> tuple[int, list[bool], list[bool]]:
    """Run the kernel; return its status and the marks."""
    slots = np.full(1 << bits, FREE, np.int32)
    repeated, early = np.zeros(len(keys), np.bool_), np.zeros(len(keys), np.bool_)
    status = mark_repeats(frozen(keys, np.uint64), np.uint64(64 - bits), slots, repeated, early)
    return status, repeated.tolist(), early.tolist()


@pytest.mark.jit_off
def test_all_but_the_last_of_equal_keys_are_early() -> None:
    """Keys that share a slot and differ stay apart."""
    keys = [5, 1 << 63, 5, 6, (1 << 63) + 1, 5, 1 << 63]
    repeated = [keys.count(key) > 1 for key in keys]
    early = [key in keys[at + 1 :] for at, key in enumerate(keys)]
    assert marked(keys) == (0, repeated, early)


@pytest.mark.jit_off
def test_keys_that_fall_together_are_given_up() -> None:
    """More of them in a row than chance can bring."""
    assert marked(list(range(FARTHEST + 1)), bits=10)[0] == 1


@pytest.mark.jit_off
def test_packets_are_keyed_where_they_are_seen_first() -> None:
    """Each at one place; what no place shows counts as the first row of the first."""
    rows = frozen([[0, 0], [-1, 1], [1, -1], [-1, -1], [-1, 0]], np.int64)
    flow, outbound = frozen([0, 0, 0, 1, 0], np.int32), frozen([1, 1, 1, 1, 1], np.bool_)
    keys, flags = np.zeros(5, np.uint64), np.zeros(5, np.uint16)
    column = {"proto": np.uint8, "payload_len": np.int32, "tcp_flags": np.uint16, "seq": np.uint32, "ack": np.uint32}
    places = (
        {"proto": [6, 17], "payload_len": [10, 10], "tcp_flags": [16, 99], "seq": [7, 0], "ack": [1, 0]},
        {"proto": [6, 6], "payload_len": [10, 0], "tcp_flags": [24, 16], "seq": [7, 7], "ack": [2, 2]},
    )
    counts = []
    for place, values in enumerate(places):
        columns = [frozen(values[name], dtype) for name, dtype in column.items()]
        with np.errstate(over="ignore"):
            digest = frozen([3, 4], np.uint64)
            counts.append(key_sendings(rows, place, flow, outbound, *columns, digest, keys, flags))
    assert counts == [3, 2]
    assert flags.tolist() == [16, 16, 0, 16, 24]
    # Data of one flow that begins at one number is one; a bare packet, a datagram and another flow are others.
    assert keys[0] == keys[4]
    assert len(set(keys.tolist())) == 4
