"""Sendings: what a host sent once, and what it sent again.

In: followed packets with their columns where the path sees them first. Out: ``Sendings``.
Method: TCP data is told by where it begins (a resend may be cut otherwise), bare TCP by its numbers, all else by its
content; packets stand in the order of time, so the last of several equal ones is the last sending
(``sendings_kernel.py``).
Not here: network duplicates (``trajectories``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from correlate.diagnose.sendings_kernel import FREE, key_sendings, mark_repeats
from correlate.model.arrays import U16, Bool, frozen
from correlate.model.correlation import Correlation
from correlate.model.ordering import group_order

_COLUMNS = (
    ("proto", np.uint8),
    ("payload_len", np.int32),
    ("tcp_flags", np.uint16),
    ("seq", np.uint32),
    ("ack", np.uint32),
    ("digest", np.int64),
)


class Sendings(NamedTuple):
    """One row per packet."""

    tcp_flags: U16
    """Where the path sees it first; 0 for other protocols."""
    is_repeated: Bool
    """One of several sendings: a retransmission or what it repeats."""
    is_early: Bool
    """Sent again later: any of several sendings but the last."""


def find_sendings(run: Correlation) -> Sendings:
    """Return what of each packet tells its sendings apart. Cost: one pass over the packets per place."""
    keys, flags = _keyed(run)
    is_repeated, is_early = _shared(keys)
    return Sendings(frozen(flags), frozen(is_repeated), frozen(is_early))


def _keyed(run: Correlation) -> tuple[NDArray[np.uint64], U16]:
    """Return a key per packet, equal for sendings of the same, and its TCP flags."""
    table = run.trajectories
    found = np.zeros(len(table), np.uint64), np.zeros(len(table), np.uint16)
    rows, flow, is_outbound = frozen(table.rows, np.int64), frozen(table.flow, np.int32), frozen(table.is_outbound)
    for place, vantage in enumerate(run.path.order):
        columns = [_filled(getattr(run.packets[vantage].columns, name), dtype) for name, dtype in _COLUMNS]
        columns[-1] = columns[-1].view(np.uint64)
        given: tuple[Any, ...] = (*columns, *found)
        with np.errstate(over="ignore"):  # products wrap on purpose; only seen when kernels run uncompiled
            key_sendings(rows, place, flow, is_outbound, *given)
    return found


def _filled(column: NDArray[Any], dtype: type) -> NDArray[Any]:
    """Return a column with at least one row."""
    return frozen(column if len(column) else np.zeros(1, dtype), dtype)


def _shared(keys: NDArray[np.uint64]) -> tuple[Bool, Bool]:
    """Return which packets share their key with others, and which of these are not the last of them."""
    bits = max(1, len(keys)).bit_length() + 1
    is_repeated, is_early = np.zeros(len(keys), np.bool_), np.zeros(len(keys), np.bool_)
    slots = np.full(1 << bits, FREE, np.int32)
    if not mark_repeats(frozen(keys), np.uint64(64 - bits), slots, is_repeated, is_early):
        return is_repeated, is_early
    # The table may have marked some before it gave up; all of them share a key, so they are marked again.
    order = group_order(keys.view(np.int64))
    same = keys[order[1:]] == keys[order[:-1]]
    is_early[order[:-1][same]] = True
    is_repeated |= is_early
    is_repeated[order[1:][same]] = True
    return is_repeated, is_early
