"""What followed from an altered packet: one story instead of five findings.

In: the findings so far. Out: the same, with ``caused_by`` set and the causes' explanation continued.
Method: a SYN-ACK that grew makes its receiver acknowledge the extra bytes; packets that carry this acknowledgement and
are lost on another hop are its consequence. RFC 9293 section 3.10.7.4: an ACK of what was never sent is refused.
Not here: the loss itself (``loss.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from correlate.diagnose.view import TCP_ACK, TCP_SYN, View
from correlate.model.arrays import I64
from correlate.model.findings import Finding
from correlate.model.trajectories import Fate
from correlate.wire.seq import seq_diffs

CAUSES: dict[str, tuple[int, ...]] = {
    "syn-ack-altered": (TCP_SYN | TCP_ACK,),
    "syn-altered": (TCP_SYN,),
    "payload-altered": (0, TCP_ACK),
}
"""Finding that can mislead a receiver -> the SYN and ACK flags of the packets it is about."""


def packets_misled_by(view: View, cause: Finding) -> I64:
    """Return packets whose acknowledgement covers bytes that only the altered side ever saw."""
    table = view.run.trajectories
    altered = _altered_packets(view, cause)
    misled: list[I64] = []
    for packet in altered.tolist():
        ends = _acknowledgements(view, packet)
        if ends is None:
            continue
        honest, wrong = ends
        peers = np.flatnonzero((table.flow == table.flow[packet]) & (table.is_outbound != table.is_outbound[packet]))
        acks = view.first_values("ack", peers).astype(np.int64)
        has_ack = (view.tcp_flags[peers] & 16) != 0
        misled.append(peers[has_ack & (acks == wrong) & (seq_diffs(acks, honest) > 0)])
    return np.unique(np.concatenate(misled)) if misled else np.empty(0, np.int64)


def _altered_packets(view: View, cause: Finding) -> I64:
    """Return at most 1000 packets of the cause's kind whose length its hop changed; more would tell the same story."""
    table = view.run.mutations
    if cause.hop is None or "tcp.len" not in table.fields:
        return np.empty(0, np.int64)
    hop = [view.hop(h) for h in range(view.run.path.hop_count)].index(cause.hop)
    columns = table.columns
    is_length = (columns.field == table.fields.index("tcp.len")) & (columns.hop == hop) & ~columns.expected
    packets = np.unique(columns.packet[is_length])
    handshake = view.tcp_flags[packets] & (TCP_SYN | TCP_ACK)
    return packets[np.isin(handshake, CAUSES[cause.code])][:1000]


def _acknowledgements(view: View, packet: int) -> tuple[int, int] | None:
    """Return the acknowledgement due for the packet as sent, and as received; None if they are equal."""
    one = np.array([packet], np.int64)
    lengths = [
        (int(view.values("payload_len", one, place)[0]), int(view.values("seq", one, place)[0]))
        for place in range(view.places)
        if view.is_seen[packet, place]
    ]
    if int(view.run.trajectories.direction[packet]) < 0:
        lengths.reverse()
    flags = int(view.tcp_flags[packet])
    extra = int(flags & 2 != 0) + int(flags & 1 != 0)
    (sent, seq), (received, _) = lengths[0], lengths[-1]
    if sent == received:
        return None
    return (seq + sent + extra) & 0xFFFFFFFF, (seq + received + extra) & 0xFFFFFFFF


def tell_consequences(view: View, findings: Sequence[Finding]) -> list[Finding]:
    """Link losses to the alteration that caused them and continue the cause's explanation."""
    told = list(findings)
    for index, cause in enumerate(told):
        if cause.code not in CAUSES:
            continue
        misled = packets_misled_by(view, cause)
        if len(misled) == 0:
            continue
        effects = [i for i, one in enumerate(told) if one.code == "loss" and _is_about(view, one, misled)]
        for i in effects:
            told[i] = attrs.evolve(told[i], caused_by=cause.id)
        told[index] = attrs.evolve(cause, explanation=f"{cause.explanation} {_story(view, misled)}")
    return told


def _is_about(view: View, loss: Finding, misled: I64) -> bool:
    """Tell whether the loss is of the misled packets' flows and holds one of them."""
    flows = set(view.run.trajectories.flow[misled].tolist())
    return bool(flows & set(loss.flows)) and loss.packet in set(misled.tolist())


def _story(view: View, misled: I64) -> str:
    packet = int(misled[0])
    one = np.array([packet], np.int64)
    place = int(np.flatnonzero(view.is_seen[packet])[0])
    ack = int(view.values("ack", one, place)[0])
    receiver = view.name(place if int(view.run.trajectories.direction[packet]) > 0 else view.places - 1)
    fates = view.run.fates
    lost = fates.packet[np.isin(fates.packet, misled) & (fates.fate == Fate.LOST)]
    text = f"The receiver at {receiver} then acknowledges {ack}, which nobody sent"
    if len(lost) == 0:
        return f"{text}."
    hop = int(fates.hop[(fates.packet == lost[0]) & (fates.fate == Fate.LOST)][0])
    direction = int(view.run.trajectories.direction[packet])
    up, down = view.upstream(hop, direction), view.downstream(hop, direction)
    return (
        f"{text}; all {len(np.unique(lost))} packets that carry this acknowledgement are seen at {view.name(up)} "
        f"and never at {view.name(down)}."
    )
