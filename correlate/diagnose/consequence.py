"""What followed from an altered packet: one story instead of five findings.

In: the findings so far. Out: the same, with ``caused_by`` set and the causes' explanation continued.
Method: a SYN-ACK that grew makes its receiver acknowledge the extra bytes; packets that carry this acknowledgement and
are lost on another hop are its consequence. RFC 9293 section 3.10.7.4: an ACK of what was never sent is refused.
Not here: the loss itself (``loss.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from correlate.diagnose.view import TCP_ACK, TCP_FIN, TCP_SYN, View
from correlate.diagnose.wording import share_of, verb
from correlate.model.arrays import I64
from correlate.model.findings import Finding
from correlate.model.trajectories import Fate

CAUSES: dict[str, tuple[int, ...]] = {
    "syn-ack-altered": (TCP_SYN | TCP_ACK,),
    "syn-altered": (TCP_SYN,),
    "payload-altered": (0, TCP_ACK),
}
"""Finding that can mislead a receiver -> the SYN and ACK flags of the packets it is about."""


def packets_misled_by(view: View, cause: Finding) -> I64:
    """Return packets whose acknowledgement covers bytes that only the altered side ever saw."""
    table = view.run.trajectories
    wrong: dict[int, list[int]] = {}
    for packet in _altered_packets(view, cause).tolist():
        for place, key in _wrong_end(view, packet):
            wrong.setdefault(place, []).append(key)
    misled = [np.empty(0, np.int64)]
    for place, keys in wrong.items():
        peers = np.flatnonzero(view.is_seen[:, place] & ((view.tcp_flags & TCP_ACK) != 0))
        acks = view.values("ack", peers, place).astype(np.int64)
        mine = _ack_key(table.flow[peers].astype(np.int64), table.is_outbound[peers].astype(np.int64), acks)
        misled.append(peers[np.isin(mine, np.array(keys, np.int64))])
    return np.unique(np.concatenate(misled))


def _ack_key(flow: Any, is_outbound: Any, ack: Any) -> Any:
    """Return flow, side of the acknowledging end and number as one integer: flows are below 2**30."""
    return (flow * 2 + is_outbound) * 2**32 + ack


def _altered_packets(view: View, cause: Finding) -> I64:
    """Return at most 1000 packets of the cause's kind whose length its hop changed; more would tell the same story."""
    table = view.run.mutations
    if cause.hop is None or "tcp.len" not in table.fields:
        return np.empty(0, np.int64)
    hop = [view.hop(h) for h in range(view.run.path.hop_count)].index(cause.hop)
    columns = table.odd
    rows = view.unexpected
    is_length = (columns.field[rows] == table.fields.index("tcp.len")) & (columns.hop[rows] == hop)
    packets = np.unique(columns.packet[rows[is_length]])
    handshake = view.tcp_flags[packets] & (TCP_SYN | TCP_ACK)
    return packets[np.isin(handshake, CAUSES[cause.code])][:1000]


def _wrong_end(view: View, packet: int) -> Iterator[tuple[int, int]]:
    """Yield the place nearest its receiver, and the acknowledgement due there, for a packet that grew on its way."""
    one = np.array([packet], np.int64)
    table = view.run.trajectories
    seen = [place for place in range(view.places) if view.is_seen[packet, place]]
    if int(table.direction[packet]) < 0:
        seen.reverse()
    sent, received = (int(view.values("payload_len", one, place)[0]) for place in (seen[0], seen[-1]))
    if received <= sent:
        return
    flags = int(view.tcp_flags[packet])
    extra = int(flags & TCP_SYN != 0) + int(flags & TCP_FIN != 0)
    due = (int(view.values("seq", one, seen[-1])[0]) + received + extra) & 0xFFFFFFFF
    yield seen[-1], int(_ack_key(int(table.flow[packet]), int(not table.is_outbound[packet]), due))


def tell_consequences(view: View, findings: Sequence[Finding]) -> list[Finding]:
    """Link losses to the alteration that caused them and continue the cause's explanation."""
    told = _resets_of_lost_state(findings)
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


def _resets_of_lost_state(findings: Sequence[Finding]) -> list[Finding]:
    """Link resets born on a hop to the state that the hop had lost, where all of them are of such flows."""
    causes = [one for one in findings if one.code == "nat-state-lost"]
    told = []
    for one in findings:
        cause = next((c for c in causes if c.hop == one.hop and set(one.flows) <= set(c.flows)), None)
        is_effect = one.code == "rst-injected" and cause is not None
        told.append(attrs.evolve(one, caused_by=cause.id) if is_effect and cause is not None else one)
    return told


def _is_about(view: View, loss: Finding, misled: I64) -> bool:
    """Tell whether the loss is of the misled packets' flows and holds one of them."""
    flows = set(view.run.trajectories.flow[misled].tolist())
    return bool(flows & set(loss.flows)) and loss.packet in set(misled.tolist())


def _story(view: View, misled: I64) -> str:
    packet = int(misled[0])
    direction = int(view.run.trajectories.direction[packet])
    seen = np.flatnonzero(view.is_seen[packet])
    # Where its sender's packets come by first.
    place = int(seen[0] if direction >= 0 else seen[-1])
    ack = int(view.values("ack", misled[:1], place)[0])
    text = f"The receiver at {view.name(place)} then acknowledges {ack}, which nobody sent"
    fates = view.run.fates
    rows = np.flatnonzero(np.isin(fates.packet, misled) & (fates.fate == Fate.LOST))
    if len(rows) == 0:
        return f"{text}."
    hop = int(fates.hop[rows[0]])
    up, down = view.upstream(hop, direction), view.downstream(hop, direction)
    lost = len(np.unique(fates.packet[rows[fates.hop[rows] == hop]]))
    if lost == len(misled) > 1:
        which = f"all {lost} packets that carry such an acknowledgement are"
    else:
        part = share_of(lost, len(misled), "packet")
        which = f"{part} that {verb(len(misled), 'carries', 'carry')} such an acknowledgement {verb(lost, 'is', 'are')}"
    return f"{text}; {which} seen at {view.name(up)} and never at {view.name(down)}."
