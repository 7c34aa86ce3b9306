"""The flows of a part, as neighbouring parts know them again.

In: the ``Correlation`` of a part and its flow totals. Out: ``Members``, one row per flow that the part tells of.
Method: per vantage a hash of both ends and the protocol, the same for either direction. A flow that a SYN opens within
the part's own time is a new one, whatever had its addresses before.
Not here: the hashes (``keys.py``), numbering flows over all parts (``numbering.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.correlation import Correlation
from correlate.model.part import Part
from correlate.report.conversations import FlowTotals
from correlate.scale.keys import keys_of


@attrs.frozen(kw_only=True)
class Members:
    """Flows of a part, in the order in which they begin."""

    vantages: tuple[str, ...]
    flow: list[int]
    """The part's own number."""
    keys: list[list[int]]
    """Per flow and vantage; 0 = not seen there."""
    is_opening: list[bool]
    packets: list[int]
    bytes: list[int]
    first_ns: list[int]
    last_ns: list[int]


def members_of(run: Correlation, part: Part, totals: FlowTotals) -> Members:
    """Return the flows with packets that the part tells of."""
    flows = np.flatnonzero(totals.packets > 0)
    flows = flows[np.argsort(totals.first_ns[flows], kind="stable")]
    names = tuple(vantage.name for vantage in run.vantages)
    keys = np.zeros((len(flows), len(names)), np.int64)
    is_opening, is_seen = np.zeros(len(flows), np.bool_), np.zeros(len(flows), np.bool_)
    # Whose packet a SYN is, the most trusted vantage that holds it decides, as of every packet (``Part.owns``).
    for name in sorted(names, key=list(part.owned).index):
        index = names.index(name)
        member = run.joined.member[flows, index]
        seen = np.flatnonzero(member >= 0)
        columns = run.flows[index].columns
        mine = member[seen]
        tuples = np.where(columns.tuple_out[mine] >= 0, columns.tuple_out[mine], columns.tuple_back[mine])
        keys[seen, index] = keys_of(run.packets[index].tuples)[tuples]
        first = ~is_seen[seen]
        is_opening[seen[first]] = _opens(columns.isn_out[mine], columns.first_ns[mine], part.owned[name][0])[first]
        is_seen[seen] = True
    return Members(
        vantages=names,
        flow=flows.tolist(),
        keys=keys.tolist(),
        is_opening=is_opening.tolist(),
        packets=totals.packets[flows].tolist(),
        bytes=totals.bytes[flows].tolist(),
        first_ns=totals.first_ns[flows].tolist(),
        last_ns=totals.last_ns[flows].tolist(),
    )


def _opens(isn: I64, first_ns: I64, low_ns: int) -> Bool:
    return np.asarray((isn >= 0) & (first_ns >= low_ns))
