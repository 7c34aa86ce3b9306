"""The finding about payload that a gateway rewrote to another length.

In: what gateways do (``gateway.py``). Out: one ``alg-rewrite`` per hop.
Method: the first resized segment is shown in full, with the byte from which the shift jumps; the rest is counted.
Not here: recognising it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.gateway import Gateway, signed
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, verb
from correlate.model.arrays import I64
from correlate.model.findings import Finding

_NUMBERS = ("tcp.seq_raw", "tcp.ack_raw")


def find_gateways(view: View) -> Iterator[Finding]:
    """Yield one finding per hop on which gateways rewrite payload."""
    for gateway in view.gateways:
        if len(gateway.edited):
            yield _finding(view, gateway)


def _finding(view: View, gateway: Gateway) -> Finding:
    table, columns = view.run.trajectories, view.run.mutations.odd
    row = CATALOGUE["alg-rewrite"]
    directions = np.unique(table.direction[gateway.edited]).tolist()
    direction = int(directions[0]) if len(directions) == 1 else 0
    resized = np.flatnonzero(gateway.growth != 0)
    packet = int(gateway.edited[resized[0]])
    up, down = view.upstream(gateway.hop, direction), view.downstream(gateway.hop, direction)
    numbered = np.isin(
        columns.field[gateway.rows],
        [view.run.mutations.fields.index(name) for name in _NUMBERS if name in view.run.mutations.fields],
    )
    shifted = np.unique(columns.packet[gateway.rows[numbered]]).astype(np.int64)
    some = counted(len(gateway.edited), "segment")
    return Finding(
        id=f"alg-rewrite/{gateway.hop}/{direction}",
        code="alg-rewrite",
        severity=row.severity,
        grade="proven",
        title=f"Payload of {some} rewritten to another length between {view.between(gateway.hop, direction)}",
        explanation=" ".join(_sentences(view, gateway, packet, shifted)),
        hop=view.hop(gateway.hop),
        direction=view.direction_name(direction),
        quantity=len(gateway.edited),
        unit="packets",
        flows=view.flows_of(gateway.edited),
        packet=packet,
        evidence=(
            *view.cite(packet, up, "as it was sent"),
            *view.cite(packet, down, "as it arrived"),
            *view.refs(shifted[shifted != packet].tolist(), note="shifted", limit=6),
        ),
        settle=None,
    )


def _sentences(view: View, gateway: Gateway, packet: int, shifted: I64) -> Iterator[str]:
    """Say where the shift jumps and by how much, in the first edited flow, then how much else fared so."""
    table = view.run.trajectories
    direction = int(table.direction[packet])
    up, down = view.upstream(gateway.hop, direction), view.downstream(gateway.hop, direction)
    one = np.array([packet], np.int64)
    sent, came = (int(view.values("payload_len", one, place)[0]) for place in (up, down))
    end = (int(view.values("seq", one, up)[0]) + sent) & 0xFFFFFFFF
    yield (
        f"It left {view.name(up)} (#{view.ref(packet, up).frame}) with {sent} bytes of data and reached "
        f"{view.name(down)} (#{view.ref(packet, down).frame}) with {came}: from sequence number {end} on the shift of "
        f"this direction jumps by {came - sent:+d}, and acknowledgements are shifted back."
    )
    same = (table.flow[gateway.edited] == table.flow[packet]) & (
        table.is_outbound[gateway.edited] == table.is_outbound[packet]
    )
    jumps = _jumps(view, gateway.edited[same], gateway.growth[same], up) * (1 if direction >= 0 else -1)
    if len(jumps) > 1:
        listed = ", ".join(f"{jump:+d}" for jump in jumps[:8].tolist()) + (", ..." if len(jumps) > 8 else "")
        yield f"In this flow it jumps {len(jumps)} times ({listed}), to {int(jumps.sum()):+d} in the end."
    count, flows = len(gateway.edited), len(np.unique(table.flow[gateway.edited]))
    yield (
        f"{counted(count, 'segment')} in {counted(flows, 'flow')} {verb(count, 'was', 'were')} rewritten and "
        f"{counted(len(shifted), 'packet')} renumbered to fit, as a gateway (ALG) for FTP or SIP does; "
        "nothing was lost or damaged by it."
    )


def _jumps(view: View, edited: I64, growth: I64, up: int) -> I64:
    """Return the changes of length along the bytes of one direction; a segment sent again counts once."""
    seq = view.values("seq", edited, up).astype(np.int64)
    distance = signed(seq - seq[:1])
    _, first = np.unique(distance, return_index=True)
    jumps = growth[first]
    return np.asarray(jumps[jumps != 0])
