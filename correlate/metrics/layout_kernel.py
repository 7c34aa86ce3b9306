"""Changes of one field after the other, laid down packet by packet.

In: the changes of one field on one hop, every packet at most once. Out: rows of the finished columns, filled in place.
Method: a counting sort: each (packet, hop) knows where its next row goes, so no sort of tens of millions of rows.
Not here: which changes there are (``compare.py``), the order of the fields (``mutations.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel


@kernel
def count_changes(packet: Any, hop: int, hops: int, counts: Any) -> int:
    """Add one row to each (packet, hop); return the rows added."""
    for at in range(len(packet)):
        counts[packet[at] * hops + hop] += 1
    return len(packet)


@kernel
def lay_changes(
    packet: Any,
    place: tuple[int, int],
    field: int,
    kind: Any,
    expected: Any,
    before: Any,
    after: Any,
    cursor: Any,
    out: Any,
) -> int:
    """Write the rows of one field where ``cursor`` says and move it on; return the rows written.

    ``place`` is the hop and the number of hops.
    """
    hop, hops = place
    to_packet, to_hop, to_field, to_kind, to_expected, to_before, to_after = out
    for at in range(len(packet)):
        slot = packet[at] * hops + hop
        row = cursor[slot]
        cursor[slot] = row + 1
        to_packet[row] = packet[at]
        to_hop[row] = hop
        to_field[row] = field
        to_kind[row] = kind[at]
        to_expected[row] = expected[at]
        to_before[row] = before[at]
        to_after[row] = after[at]
    return len(packet)
