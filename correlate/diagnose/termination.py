"""Connections that end on a hop: what looks like an altered handshake is another device's own.

In: unexpected changes per flow and hop. Out: ``ended_flows`` for the other rules, ``tcp-proxy`` findings.
Method: a box that only rewrites numbers leaves the window alone; one that has a connection of its own on each side has
its own initial sequence numbers *and* its own window. Both together on one flow and hop are two connections whose
content is joined; their handshakes, options and acknowledgements are not compared, and what one of them lacks was
neither lost nor missed.
Not here: joining the content (``match``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.wording import counted
from correlate.model.arrays import Bool
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding

if TYPE_CHECKING:
    from correlate.diagnose.view import View

OWN_NUMBERS = "tcp.seq_raw"
OWN_WINDOW = "tcp.window_size_value"


def ended_flows(run: Correlation) -> Bool:
    """Return which joined flow (rows) is two connections on which hop (columns)."""
    table = run.mutations
    shape = (len(run.joined), max(1, run.path.hop_count))
    marks = []
    for name in (OWN_NUMBERS, OWN_WINDOW):
        mark = np.zeros(shape, np.bool_)
        if name in table.fields:
            rows = np.flatnonzero((table.columns.field == table.fields.index(name)) & ~table.columns.expected)
            mark[run.trajectories.flow[table.columns.packet[rows]], table.columns.hop[rows]] = True
        marks.append(mark)
    return np.asarray(marks[0] & marks[1], np.bool_)


def find_terminations(view: View) -> Iterator[Finding]:
    """Yield one finding per hop that ends connections."""
    table = view.run.trajectories
    for hop in range(view.run.path.hop_count):
        flows = np.flatnonzero(view.is_ended[:, hop])
        if len(flows) == 0:
            continue
        crossing = view.is_seen[:, hop] & view.is_seen[:, hop + 1] & np.isin(table.flow, flows)
        packets = np.flatnonzero(crossing)
        first, second = view.hop(hop)
        yield Finding(
            id=f"tcp-proxy/{hop}",
            code="tcp-proxy",
            severity=CATALOGUE["tcp-proxy"].severity,
            grade="likely",
            title=f"TCP ends between {first} and {second}, another connection goes on: {counted(len(flows), 'flow')}",
            explanation=(
                "Sequence numbers and windows differ on the two sides although the content is the same: a proxy, or a "
                "NAT that runs TCP itself. Handshakes, options and bare acknowledgements of the two connections are "
                "each its own; they are not compared, and none of them is called altered, lost or missed."
            ),
            hop=(first, second),
            quantity=len(flows),
            flows=tuple(flows.tolist()[:1000]),
            packet=int(packets[0]),
            evidence=view.refs(packets[:3].tolist(), note="same content, other connection", limit=6),
            settle=f"The configuration of what stands between {first} and {second}.",
        )
