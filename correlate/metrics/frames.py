"""Read chosen frames of a vantage again, a batch at a time.

In: a ``Side`` and the ``Fetch`` function of the pipeline. Out: frame bytes in the order asked for.
Method: rows ascending and each once per batch, so that a capture is read front to back; batches bound the memory.
Not here: opening files (the pipeline does), what the bytes mean (``payloads.py``, ``options.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from correlate.metrics.sightings import Side
from correlate.model.arrays import I64

Fetch: TypeAlias = Callable[[int, I64], list[bytes]]
"""``fetch(vantage, rows)``: the captured bytes of those rows of the PacketTable, vantage in input order."""

BATCH = 4096


def frames_of(side: Side, fetch: Fetch) -> Iterator[bytes]:
    """Yield the frame of every packet of ``side`` in order."""
    for start in range(0, len(side.rows), BATCH):
        rows, place = np.unique(side.rows[start : start + BATCH], return_inverse=True)
        frames = fetch(side.vantage, rows)
        for at in place.tolist():
            yield frames[at]
