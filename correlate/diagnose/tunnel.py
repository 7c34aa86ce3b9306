"""Findings about tunnels: packets that are wrapped at one end of a hop and not, or otherwise, at the other.

In: the tunnel of every matched packet at both ends of a hop. Out: ``tunnel`` per hop and change.
Method: the stack of tunnel headers around a packet is read off its frames; a change of kind, of the tunnel's ends or
of what it adds is the hop's doing. Numbers that change from hop to hop by design (TTL, labels, entropy ports) are none.
Not here: what is inside (everything else), tunnels that both ends see alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.targets import address_text
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted
from correlate.model.arrays import I64
from correlate.model.findings import Finding
from correlate.model.tunnels import TunnelKind, layers_of

_MOST_EXAMPLES = 3


class _Stack(NamedTuple):
    """What a person is told of a stack; both directions of a tunnel are one."""

    kinds: tuple[str, ...]
    """Outermost first; empty = no tunnel."""
    ends: tuple[frozenset[str], ...]
    """Addresses of the layers that have some."""


def find_tunnels(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and change of the stack."""
    for hop in range(view.places - 1):
        if not any(_has_tunnels(view, place) for place in (hop, hop + 1)):
            continue
        packets = np.flatnonzero(view.is_seen[:, hop] & view.is_seen[:, hop + 1] & ~view.run.trajectories.is_ambiguous)
        changes = _changes(view, hop, packets)
        for number, ((near, far), members) in enumerate(sorted(changes.items(), key=lambda item: -len(item[1]))):
            yield _finding(view, hop, number, (near, far), members)


def _has_tunnels(view: View, place: int) -> bool:
    """Tell whether the place's capture shows any packet inside a tunnel."""
    return bool(view.run.packets[view.run.path.order[place]].columns.tunnel.any())


def _changes(view: View, hop: int, packets: I64) -> dict[tuple[_Stack, _Stack], I64]:
    """Return the packets of each pair of stacks that differ, keyed by the stacks at the first and second vantage."""
    if not len(packets):
        return {}
    near, far = (view.values("tunnel", packets, place).astype(np.int64) for place in (hop, hop + 1))
    if not near.any() and not far.any():
        return {}
    width = int(far.max()) + 1
    pairs, of_packet = np.unique(near * width + far, return_inverse=True)
    changes: dict[tuple[_Stack, _Stack], list[I64]] = {}
    for index, pair in enumerate(pairs.tolist()):
        stacks = _stack(view, hop, pair // width), _stack(view, hop + 1, pair % width)
        if stacks[0] != stacks[1]:
            changes.setdefault(stacks, []).append(packets[of_packet == index])
    return {stacks: np.sort(np.concatenate(parts)) for stacks, parts in changes.items()}


def _stack(view: View, place: int, number: int) -> _Stack:
    """Return the stack of a tunnel number at a place."""
    table = view.run.packets[view.run.path.order[place]]
    kinds, ends = [], []
    for row in layers_of(table.tunnels, number):
        kinds.append(TunnelKind(int(table.tunnels.kind[row])).code.upper())
        at = int(table.tunnels.tuple_id[row])
        if at >= 0:
            version = int(table.tuples.version[at])
            ends.append(frozenset(address_text(side[at], version) for side in (table.tuples.src, table.tuples.dst)))
    return _Stack(tuple(kinds), tuple(ends))


def _finding(view: View, hop: int, number: int, stacks: tuple[_Stack, _Stack], packets: I64) -> Finding:
    first, second = view.hop(hop)
    told = [_words(stack) for stack in stacks]
    added = [int(np.median(view.values("tunnel_bytes", packets, place))) for place in (hop, hop + 1)]
    names = ["/".join(stack.kinds) or "no tunnel" for stack in stacks]
    what = f"{names[0]} becomes {names[1]}" if names[0] != names[1] else f"{names[0]} with other ends"
    return Finding(
        id=f"tunnel/{hop}/{number}",
        code="tunnel",
        severity=CATALOGUE["tunnel"].severity,
        grade="proven",
        title=f"{what} between {first} and {second}, {counted(len(packets), 'packet')}",
        explanation=f"{first} sees these packets {told[0]}, {second} {told[1]}: {added[0]} and {added[1]} bytes around "
        "each. They are compared by what is inside.",
        hop=(first, second),
        quantity=added[1] - added[0],
        unit="bytes",
        flows=view.flows_of(packets),
        packet=int(packets[0]),
        evidence=tuple(
            ref
            for packet in packets[:2].tolist()
            for place, words in zip((hop, hop + 1), told, strict=True)
            for ref in view.cite(packet, place, words)
        ),
    )


def _words(stack: _Stack) -> str:
    """Return ``in VXLAN (192.0.2.1, 192.0.2.9)``."""
    if not stack.kinds:
        return "bare"
    ends = "; ".join(", ".join(sorted(pair)) for pair in stack.ends[:_MOST_EXAMPLES])
    return f"in {'/'.join(stack.kinds)}{f' ({ends})' if ends else ''}"
