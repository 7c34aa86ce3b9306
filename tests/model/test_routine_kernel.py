"""``model.routine_kernel`` against a loop over one packet after the other."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.arrays import frozen
from correlate.model.packets import UDP, PacketFlag
from correlate.model.routine import RoutineEnd
from correlate.model.routine_kernel import ODD, SLOTS, lay_routine

PACKETS, ROWS, TUPLES = 60, 60, 7


def _end(rng: np.random.Generator) -> RoutineEnd:
    of_row = (
        rng.integers(0, 2, ROWS),
        rng.integers(0, TUPLES, ROWS),
        rng.choice([6, UDP], ROWS),
        *rng.integers(0, 200, (3, ROWS)),
    )
    dtypes = (np.uint32, np.int32, np.uint8, np.uint8, np.uint16, np.uint16)
    of_tuple = [frozen(values, np.int64) for values in rng.integers(0, 99, (4, TUPLES))]
    return RoutineEnd(*(frozen(v, d) for v, d in zip(of_row, dtypes, strict=True)), *of_tuple)


@pytest.mark.jit_off
def test_rows_are_those_of_the_bits_of_each_packet() -> None:
    """Values by slot, in the order of travel; packets without bits, and odd ones, get none."""
    rng = np.random.default_rng(3)
    near, far = _end(rng), _end(rng)
    rows = frozen(np.stack([rng.permutation(ROWS)[:PACKETS] for _ in range(2)], axis=1))
    mask = frozen(rng.integers(0, ODD + 1, PACKETS), np.uint8)
    is_forward, fields = frozen(rng.random(PACKETS) < 0.5), frozen(np.arange(4 * SLOTS).reshape(4, SLOTS) + 100)
    naive = []
    for p in range(PACKETS):
        if mask[p] == ODD:
            continue
        a, b = rows[p]
        both = [
            [
                end.ttl[r],
                end.ip_csum[r],
                *(getattr(end, n)[end.tuple_id[r]] for n in ("src", "dst", "sport", "dport")),
                end.l4_csum[r],
            ]
            for end, r in ((near, a), (far, b))
        ]
        family = 2 * bool(near.flags[a] & PacketFlag.IPV6) + bool(near.proto[a] == UDP)
        first, second = both if is_forward[p] else both[::-1]
        naive += [
            (p, 0, 100 + family * SLOTS + slot, 0, True, int(first[slot]), int(second[slot]))
            for slot in range(SLOTS)
            if mask[p] >> slot & 1
        ]
    counts = np.array([0 if bits == ODD else int(bits).bit_count() for bits in mask])
    cursor = np.cumsum(counts) - counts
    out = tuple(np.zeros(len(naive), d) for d in (np.int32, np.int16, np.int16, np.int8, np.bool_, np.int64, np.int64))
    assert lay_routine(rows, 0, 1, mask, is_forward, near, far, fields, cursor, out) == len(naive)
    assert list(zip(*(column.tolist() for column in out), strict=True)) == naive
