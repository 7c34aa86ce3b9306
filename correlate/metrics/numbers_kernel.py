"""Which flows have any number that a hop changed.

In: both sightings of every packet. Out: a mask over streams (a flow's direction each).
Not here: by how much (``rewritings.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel

_HAS_IP_ID, _TRANSPORT, _HAS_TS, _TCP = 1 << 1, 1 << 9, 1 << 10, 6
"""``PacketFlag`` bits, and IANA's number."""


@kernel
def mark_renumbered(rows: Any, hop: int, usable: Any, stream: Any, near: Any, far: Any, differs: Any) -> int:
    """Set ``differs`` of every stream with a usable packet whose numbers differ; return the number of such packets."""
    count = 0
    for p in range(len(rows)):
        if not usable[p]:
            continue
        a, b = rows[p, hop], rows[p, hop + 1]
        both = np.int64(near.flags[a]) & np.int64(far.flags[b])
        is_changed = (both & _HAS_IP_ID) != 0 and near.ip_id[a] != far.ip_id[b]
        is_changed |= (both & _HAS_TS) != 0 and near.tsval[a] != far.tsval[b]
        is_changed |= (both & _TRANSPORT) != 0 and near.proto[a] == _TCP and near.seq[a] != far.seq[b]
        if is_changed:
            differs[stream[p]] = True
            count += 1
    return count
