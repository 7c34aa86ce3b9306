"""Findings about address translation that was learned.

In: translation groups of the metrics. Out: ``nat`` per hop and kind.
Method: the mapping is read off matched packets, never configured; a few examples are shown as people write them.
Not here: learning it (``match``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.targets import address_text
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted
from correlate.model.findings import Finding
from correlate.model.metrics import TranslationGroup


def find_translations(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and kind of translation."""
    for group in view.run.metrics.translations:
        # Two connections are no translation of one: ``termination.py`` tells of them.
        if group.kind == "proxy":
            continue
        yield _finding(view, group)


def _finding(view: View, group: TranslationGroup) -> Finding:
    first, second = view.hop(group.hop)
    examples = [text for flow in group.flows[:3] if (text := _mapping(view, flow, group.hop))]
    packets = [int(p) for flow in group.flows[:2] for p in _crossing(view, flow, group.hop)]
    return Finding(
        id=f"nat/{group.hop}/{group.kind}",
        code="nat",
        severity=CATALOGUE["nat"].severity,
        grade="proven" if _has_beginning(view, group) else "likely",
        title=f"{group.kind.upper()} between {first} and {second}, {counted(len(group.flows), 'flow')}",
        explanation=f"Learned from matched packets: {'; '.join(examples)}."
        if examples
        else "Learned from matched packets.",
        hop=(first, second),
        quantity=None,
        flows=group.flows[:1000],
        packet=packets[0] if packets else None,
        evidence=view.refs(packets, note="same packet, other address", limit=4),
    )


def _has_beginning(view: View, group: TranslationGroup) -> bool:
    """Tell whether anyone is known to have begun a flow of it: whether source or target is translated hangs on that."""
    if view.run.path.is_guessed:
        return False
    members = view.run.joined.member[list(group.flows)].astype(np.int64)
    return any(
        bool((table.columns.has_known_initiator[np.maximum(member, 0)] & (member >= 0)).any())
        for table, member in zip(view.run.flows, members.T, strict=True)
        if len(table)
    )


def _crossing(view: View, flow: int, hop: int) -> list[int]:
    """Return the first packet of a flow seen at both ends of the hop."""
    table = view.run.trajectories
    found = ((table.flow == flow) & view.is_seen[:, hop] & view.is_seen[:, hop + 1]).nonzero()[0]
    return [int(packet) for packet in found[:1]]


def _mapping(view: View, flow: int, hop: int) -> str | None:
    """Return ``a:1 > b:2 becomes c:3 > b:2`` of one flow, in its initiator's direction."""
    sides = [_tuple_text(view, flow, place) for place in (hop, hop + 1)]
    return None if None in sides else f"{sides[0]} becomes {sides[1]}"


def _tuple_text(view: View, flow: int, place: int) -> str | None:
    vantage = view.run.path.order[place]
    member = int(view.run.joined.member[flow, vantage])
    if member < 0:
        return None
    columns = view.run.flows[vantage].columns
    is_swapped = bool(view.run.joined.is_swapped[vantage][member])
    out, back = int(columns.tuple_out[member]), int(columns.tuple_back[member])
    index, is_reversed = (back, out < 0) if is_swapped else (out, False)
    if index < 0:
        index, is_reversed = (out if is_swapped else back), True
    tuples = view.run.packets[vantage].tuples
    version = int(tuples.version[index])
    ends = [
        _end(address_text(tuples.src[index], version), int(tuples.sport[index]), version),
        _end(address_text(tuples.dst[index], version), int(tuples.dport[index]), version),
    ]
    if is_reversed:
        ends.reverse()
    return " > ".join(ends)


def _end(address: str, port: int, version: int) -> str:
    host = f"[{address}]" if version == 6 and port >= 0 else address
    return f"{host}:{port}" if port >= 0 else host
