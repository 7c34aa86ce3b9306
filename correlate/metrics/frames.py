"""The first bytes of chosen frames, read again from the captures.

In: sides whose packets must be shown, the pipeline's ``Fetch``. Out: ``Heads``: headers and the start of the payload.
Method: all that is wanted of a vantage is asked for together, ascending, since every ask may read the file from its
beginning; only the heads are kept. Asks are bounded in bytes, so memory is too.
Not here: opening files (the pipeline does), what the bytes mean (``payloads.py``, ``options.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import attrs
import numpy as np

from correlate.metrics.sightings import Side
from correlate.model.arrays import I64
from correlate.model.packets import PacketTable

Fetch: TypeAlias = Callable[[int, I64], list[bytes]]
"""``fetch(vantage, rows)``: the captured bytes of those rows of the PacketTable, vantage in input order."""

SHOWN_BYTES = 64
"""Payload bytes that are shown (contract: at most 64, then dots)."""

ASK_BYTES = 64 * 1024 * 1024
"""Frames of one ask hold at most about this much."""


@attrs.frozen(kw_only=True, eq=False)
class Heads:
    """Headers and at most ``SHOWN_BYTES`` of payload of the packets asked for."""

    _rows: dict[int, I64]
    _bytes: dict[int, list[bytes]]

    def of(self, side: Side) -> list[bytes]:
        """Return the head of every packet of ``side``, in order; each was asked for."""
        heads = self._bytes[side.vantage]
        return [heads[at] for at in np.searchsorted(self._rows[side.vantage], side.rows).tolist()]


def read_heads(sides: Iterable[Side], fetch: Fetch) -> Heads:
    """Read the heads of all packets of ``sides``; each frame once, in file order."""
    wanted: dict[int, list[I64]] = {}
    tables: dict[int, PacketTable] = {}
    for side in sides:
        wanted.setdefault(side.vantage, []).append(side.rows)
        tables[side.vantage] = side.table
    rows = {vantage: np.unique(np.concatenate(parts)) for vantage, parts in wanted.items()}
    return Heads(rows=rows, bytes={v: _read(tables[v], v, rows[v], fetch) for v in rows})


def _read(table: PacketTable, vantage: int, rows: I64, fetch: Fetch) -> list[bytes]:
    """Return the heads of ascending rows of one vantage."""
    columns = table.columns
    ends = (columns.payload_offset[rows].astype(np.int64) + SHOWN_BYTES).tolist()
    ask = np.cumsum(columns.cap_len[rows].astype(np.int64)) // ASK_BYTES
    starts = np.flatnonzero(np.diff(ask, prepend=-1)).tolist()
    heads: list[bytes] = []
    for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
        frames = fetch(vantage, rows[start:stop])
        heads += [frame[:end] for frame, end in zip(frames, ends[start:stop], strict=True)]
    return heads
