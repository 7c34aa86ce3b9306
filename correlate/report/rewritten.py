"""Numbers that hops rewrite, per flow, as JSON.

In: a correlation and flows. Out: per flow a list of objects (docs/report.md, ``flows.items[].rewritten``).
Not here: addresses and ports (``tuples``), single fields (``changes.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from correlate.model.correlation import Correlation


def rewritten_json(correlation: Correlation, flows: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return what each hop does to the numbers of each given flow; flows that keep theirs have an empty list."""
    r = correlation.rewritings
    order = np.argsort(r.flow, kind="stable")
    sorted_flow = r.flow[order]
    names = [correlation.vantages[vantage].name for vantage in correlation.path.order]
    found: dict[int, list[dict[str, Any]]] = {}
    for flow in flows:
        first, last = np.searchsorted(sorted_flow, [flow, flow + 1])
        found[flow] = [_row_json(correlation, names, row) for row in order[first:last].tolist()]
    return found


def _row_json(correlation: Correlation, names: Sequence[str], row: int) -> dict[str, Any]:
    r = correlation.rewritings
    hop, sign = int(r.hop[row]), 1 if r.is_outbound[row] else -1
    way = int(correlation.path.flow_direction[r.flow[row]]) * sign
    return {
        "hop": [names[hop], names[hop + 1]],
        "direction": {1: "forward", -1: "reverse", 0: None}[way],
        "packets": int(r.packets[row]),
        "seq_shift": int(r.seq_shift[row]),
        "seq_steps": int(r.seq_steps[row]),
        "tsval_shift": int(r.stamp_shift[row]),
        "ip_id": bool(r.is_ident_rewritten[row]),
    }
