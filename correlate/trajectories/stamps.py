"""Which constituent of a frame that carries several packets its time stamp belongs to.

**In:** packet x place rows. **Out:** where stamps pair, and which way the others' bounds widen (``bounds.py``).

**Method:** algorithms section 3, super-frames: a segmentation-offload stamp (TSO, pieces seen downstream) precedes all
constituents and pairs with the first; a software receive-offload stamp (GRO, pieces seen upstream) follows the last.

**Not here:** finding the constituents (``match``).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from correlate.model.arrays import I8, I64, Bool
from correlate.model.packets import PacketTable
from correlate.wire.seq import seq_diffs


@attrs.frozen(kw_only=True)
class StampPairing:
    """Shape (packets, places)."""

    is_paired: Bool
    """False where the stamp belongs to another constituent of the frame."""
    is_late: Bool
    """Where not paired: True if the stamp follows the packet (GRO), False if it precedes it (TSO)."""


def pair_stamps(rows: I64, places: Sequence[PacketTable], direction: I8, is_shared: Sequence[bool]) -> StampPairing:
    """Return where the stamp of a sighting is the packet's own.

    ``is_shared``: of each place, whether any of its rows is several packets.
    """
    is_paired = np.ones(rows.shape, np.bool_)
    is_late = np.zeros(rows.shape, np.bool_)
    for place, table in enumerate(places):
        if not is_shared[place]:
            continue
        held = rows[:, place] >= 0
        many = np.bincount(rows[held, place], minlength=len(table)) > 1
        shared = np.flatnonzero(held & many[rows[:, place]]) if held.any() else np.zeros(0, np.int64)
        if len(shared) == 0:
            continue
        late = _is_seen_upstream(rows[shared] >= 0, place, direction[shared])
        is_late[shared, place] = late
        is_paired[shared, place] = _is_pairing(rows, shared, place, late, places)
    return StampPairing(is_paired=is_paired, is_late=is_late)


def _is_seen_upstream(held: Bool, place: int, direction: I8) -> Bool:
    before, after = held[:, :place].any(axis=1), held[:, place + 1 :].any(axis=1)
    return np.asarray(np.where(direction >= 0, before, after), np.bool_)


def _is_pairing(rows: I64, shared: I64, place: int, late: Bool, places: Sequence[PacketTable]) -> Bool:
    """Mark the first (early stamp) or last (late stamp) constituent of each frame, by sequence number elsewhere."""
    frame = rows[shared, place]
    start = _sequence_elsewhere(rows[shared], place, places)
    by_frame = np.lexsort((np.arange(len(shared)), frame))
    starts_group = np.r_[True, frame[by_frame][1:] != frame[by_frame][:-1]]
    group = np.cumsum(starts_group) - 1
    anchor = start[by_frame][starts_group][group]
    # Where a constituent was seen nowhere else the table's own order has to do.
    relative = np.where((start[by_frame] < 0) | (anchor < 0), 0, seq_diffs(start[by_frame], anchor))
    ranked = by_frame[np.lexsort((np.arange(len(shared)), relative, group))]
    is_last = np.r_[starts_group[1:], True]
    chosen = np.zeros(len(shared), np.bool_)
    chosen[ranked[starts_group & ~late[ranked]]] = True
    chosen[ranked[is_last & late[ranked]]] = True
    return chosen


def _sequence_elsewhere(rows: I64, place: int, places: Sequence[PacketTable]) -> I64:
    """Return each packet's TCP sequence number at another place, -1 = seen nowhere else."""
    start = np.full(len(rows), -1, np.int64)
    for other, table in enumerate(places):
        if other != place:
            known = (rows[:, other] >= 0) & (start < 0)
            start[known] = table.columns.seq[rows[known, other]]
    return start
