"""Copies that a capture damaged: bytes that were wrong in the file and right on the way.

In: changed fields and the checksums at both ends of their hops. Out: which changes are damage of the upstream copy;
``checksum-corrupt`` of a vantage.
Method: a packet whose checksum fails at the upstream vantage and fits downstream, with one and the same checksum, was
right when it passed: nothing on the way repairs bytes. So the copy is damaged (a mirror port, a card, memory), not
the packet, and no hop is accused.
Not here: packets that arrive damaged (``alteration.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from correlate.diagnose.view import View
from correlate.diagnose.wording import counted
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding
from correlate.model.packets import ChecksumState, PacketFlag

IP_FIELDS = ("ip.", "ipv6.", "frame.", "eth.")
"""Beginnings of the fields that no transport checksum covers."""


def checksums_around(view: View, rows: I64) -> tuple[I64, I64, Bool]:
    """Return per mutation row the ``ChecksumState`` before and after the hop, and whether the checksum stayed."""
    columns, table = view.run.mutations.odd, view.run.trajectories
    packets, hops = columns.packet[rows].astype(np.int64), columns.hop[rows].astype(np.int64)
    is_reverse = table.direction[packets] < 0
    states, sums = np.zeros((2, len(rows)), np.int64), np.zeros((2, len(rows)), np.int64)
    for place in range(view.places):
        for end, at in enumerate((hops + is_reverse, hops + 1 - is_reverse)):
            here = np.flatnonzero(at == place)
            states[end, here] = view.values("l4_csum_state", packets[here], place)
            sums[end, here] = view.values("l4_csum", packets[here], place)
    return states[0], states[1], sums[0] == sums[1]


def is_damaged_copy(view: View, rows: I64) -> Bool:
    """Tell which changes are damage of the copy that the upstream capture holds."""
    table, is_damaged = view.run.mutations, np.zeros(len(rows), np.bool_)
    is_covered = np.array([not name.startswith(IP_FIELDS) for name in table.fields], np.bool_)
    suspects = np.flatnonzero(is_covered[table.odd.field[rows]] & _is_ever_bad(view)[table.odd.packet[rows]])
    if len(suspects):
        before, after, is_same = checksums_around(view, rows[suspects])
        is_damaged[suspects] = (before == ChecksumState.BAD) & (after == ChecksumState.GOOD) & is_same
    return is_damaged


def _is_ever_bad(view: View) -> Bool:
    """Tell which packets have a wrong checksum at some vantage."""
    table = view.run.trajectories
    found = np.zeros(len(table), np.bool_)
    for place in range(view.places):
        is_bad = view.run.packets[view.run.path.order[place]].columns.l4_csum_state == ChecksumState.BAD
        if is_bad.any():
            found |= view.is_seen[:, place] & view.of_everyone(is_bad, place)
    return found


def find_damaged_copies(view: View) -> Iterator[Finding]:
    """Yield one finding per capture that holds damaged copies of packets that went on whole."""
    columns, table = view.run.mutations.odd, view.run.trajectories
    if not len(view.unexpected):
        return
    rows = view.unexpected[~table.is_ambiguous[columns.packet[view.unexpected]]]
    rows = rows[is_damaged_copy(view, rows)]
    upstream = columns.hop[rows].astype(np.int64) + (table.direction[columns.packet[rows]] < 0)
    for place in range(view.places):
        packets = np.unique(columns.packet[rows[upstream == place]])
        if len(packets):
            yield _finding(view, place, packets)


def miscounted(
    view: View, packet: int, down: int, differences: Mapping[str, tuple[str | None, str | None]]
) -> Iterator[str]:
    """Say so if only the IP length was damaged: the bytes are the same, the header counts fewer or more of them."""
    length = differences.get("ip.len")
    payloads = [pair for name, pair in differences.items() if name.endswith((".payload", "data.data"))]
    if length is None or not payloads:
        return
    texts = [(text or "").rstrip(".") for text in payloads[0]]
    if not texts[0].startswith(texts[1]) and not texts[1].startswith(texts[0]):
        return
    flags = int(view.values("flags", np.array([packet], np.int64), down)[0])
    header = "whose checksum does not fit either" if flags & PacketFlag.IP_CSUM_BAD else "whose checksum fits"
    yield (
        f"The bytes themselves are equal: the damage is in the IP length, {length[0]} -> {length[1]}, in a header "
        f"{header}; the transport checksum covers what that length no longer says."
    )


def _finding(view: View, place: int, packets: I64) -> Finding:
    name = view.name(place)
    return Finding(
        id=f"checksum-corrupt/copy/{place}",
        code="checksum-corrupt",
        severity="warning",
        grade="likely",
        title=f"The capture at {name} holds {counted(len(packets), 'damaged copy')}",
        explanation=(
            "Their checksum fails there and fits at the next vantage, unchanged: they were whole when they passed. "
            f"Something between the wire and the file at {name} damaged the copies; no hop did."
        ),
        vantage=name,
        quantity=len(packets),
        unit="packets",
        flows=view.flows_of(packets),
        packet=int(packets[0]),
        evidence=view.refs(packets[:4].tolist(), note="one packet, damaged and whole", limit=8),
        settle=f"The error counters of the mirror port or card at {name}.",
    )
