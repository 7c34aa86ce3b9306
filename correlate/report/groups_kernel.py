"""Changed fields, counted by what changed into what.

**In:** columns of the mutation table. **Out:** counts per kind of change and per pair of values, with the first rows.
**Method:** one pass; a kind of change is a number, its pairs of values are looked up one by one, for beyond a few of
them nobody reads them and they are given up.
**Not here:** what is told of them (``changes.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel


@kernel
def count_changes(
    packet: Any, hop: Any, field: Any, kind: Any, expected: Any, before: Any, after: Any, direction: Any,
    fields: int, kinds: int, totals: Any, firsts: Any, distinct: Any, values: Any, counts: Any, examples: Any,
) -> int:  # fmt: skip
    """Count each row with its kind and, while these have few pairs of values, with its pair; return the rows.

    The number of a kind of change is (((hop * 3 + direction + 1) * fields + field) * kinds + kind) * 2 + expected.
    ``packet`` int32, ``hop`` and ``field`` int16, ``kind`` int8, ``expected`` bool, ``before`` and ``after`` int64;
    ``direction`` int8, per packet. Changed, all 0 at first: ``totals`` int64 (numbers,); ``firsts`` int64 (numbers,
    some), its first rows; ``distinct`` int64 (numbers,), pairs of values, one more than fit if there are too many;
    ``values`` int64 (numbers, most, 2); ``counts`` int64 (numbers, most); ``examples`` int64 (numbers, most, some).
    """
    some, most = firsts.shape[1], counts.shape[1]
    for row in range(len(packet)):
        number = (hop[row] * 3 + direction[packet[row]] + 1) * fields + field[row]
        number = (number * kinds + kind[row]) * 2 + (1 if expected[row] else 0)
        if totals[number] < some:
            firsts[number, totals[number]] = row
        totals[number] += 1
        used = distinct[number]
        if used > most:
            continue
        at = 0
        while at < used and (values[number, at, 0] != before[row] or values[number, at, 1] != after[row]):
            at += 1
        if at == used:
            distinct[number] += 1
            if used == most:
                continue
            values[number, at, 0] = before[row]
            values[number, at, 1] = after[row]
        if counts[number, at] < some:
            examples[number, at, counts[number, at]] = row
        counts[number, at] += 1
    return len(packet)
