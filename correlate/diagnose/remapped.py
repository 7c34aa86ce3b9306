"""Flows that a NAT gives another address or port after a silence, so that their other end knows them no more.

In: packets seen at both ends of a hop. Out: ``nat-state-lost`` per hop and direction.
Method: RFC 4787 REQ-5, RFC 5382 REQ-5: a mapping that times out is made anew, with another port. Packets of one 5-tuple
at the near vantage have one 5-tuple at the far one before a silence and another after it; the packet after it begins no
connection, and the other end resets it (RFC 9293 section 3.10.7.1). Both frames are at hand, so this is proven.
Not here: flows that a device resets itself (``idle_resets.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.idle_resets import IDLE_NS
from correlate.diagnose.targets import address_text
from correlate.diagnose.view import TCP_RST, TCP_SYN, View
from correlate.diagnose.wording import counted, duration, verb
from correlate.model.arrays import I64, Bool, take
from correlate.model.findings import Finding
from correlate.model.matches import Tier
from correlate.model.packets import TCP


class Remap(NamedTuple):
    """One row per 5-tuple that got another mapping; trajectory rows."""

    before: I64
    after: I64
    idle_ns: I64
    is_exact: Bool
    """Both packets are recognised by all that a NAT leaves alone."""


def find_remapped_flows(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and direction in which flows get another mapping after a silence."""
    for hop, direction in view.ways():
        remap = _remaps(view, hop, direction)
        if len(remap.after):
            yield _finding(view, hop, direction, remap)


def _remaps(view: View, hop: int, direction: int) -> Remap:
    table = view.run.trajectories
    near, far = view.upstream(hop, direction), view.downstream(hop, direction)
    if not len(_resets(view, far, direction)):
        nothing = np.zeros(0, np.int64)
        return Remap(nothing, nothing, nothing, np.zeros(0, np.bool_))
    both = view.is_seen[:, near] & view.is_seen[:, far] & (table.direction == direction) & ~table.is_ambiguous
    at = np.flatnonzero(both & ~view.is_ended[table.flow, hop] & ~view.is_spliced[table.flow, hop])
    at = at[view.values("proto", at, near) == TCP]
    inner = view.values("tuple_id", at, near)
    at = at[np.lexsort((table.rows[at, near], inner))]
    before, after = at[:-1], at[1:]
    is_one = view.values("tuple_id", before, near) == view.values("tuple_id", after, near)
    is_moved = view.values("tuple_id", before, far) != view.values("tuple_id", after, far)
    idle = view.values("ts_ns", after, near) - view.values("ts_ns", before, near)
    # A SYN begins another connection, which may well have another mapping.
    goes_on = (view.tcp_flags[after] & (TCP_SYN | TCP_RST)) == 0
    found = np.flatnonzero(is_one & is_moved & (idle >= IDLE_NS) & goes_on & view.kept[after])
    exact = (table.tier[before] == Tier.EXACT) & (table.tier[after] == Tier.EXACT)
    remap = Remap(before[found], after[found], idle[found], np.asarray(exact[found], np.bool_))
    return take(remap, np.flatnonzero(_is_reset(view, far, direction, remap)))


def _is_reset(view: View, far: int, direction: int, remap: Remap) -> Bool:
    """Mark those whose packet after the silence is answered by a reset beyond the hop."""
    table = view.run.trajectories
    tuples = view.run.packets[view.run.path.order[far]].tuples
    resets = _resets(view, far, direction)
    answered = _ends(tuples, view.values("tuple_id", resets, far), is_turned=True)
    sent = _ends(tuples, view.values("tuple_id", remap.after, far), is_turned=False)
    latest: dict[bytes, int] = {}
    for key, row in zip(answered, table.rows[resets, far].tolist(), strict=True):
        latest[key] = max(row, latest.get(key, -1))
    rows = table.rows[remap.after, far].tolist()
    return np.array([latest.get(key, -1) > row for key, row in zip(sent, rows, strict=True)], np.bool_)


def _resets(view: View, far: int, direction: int) -> I64:
    """Return the resets that the far end holds against the direction."""
    against = view.run.trajectories.direction[view.resets] == -direction
    seen: I64 = view.resets[view.is_seen[view.resets, far] & against]
    return seen


def _ends(tuples: object, rows: I64, *, is_turned: bool) -> list[bytes]:
    """Return source and destination of tuple rows as one key each, turned round if asked."""
    names = ("dst", "dport", "src", "sport") if is_turned else ("src", "sport", "dst", "dport")
    columns = [getattr(tuples, name)[rows] for name in names]
    return [b"".join(column[at].tobytes() for column in columns) for at in range(len(rows))]


def _finding(view: View, hop: int, direction: int, remap: Remap) -> Finding:
    near, far = view.upstream(hop, direction), view.downstream(hop, direction)
    where, count = view.between(hop, direction), len(remap.after)
    shortest, longest = duration(int(remap.idle_ns.min())), duration(int(remap.idle_ns.max()))
    pause = shortest if shortest == longest else f"{shortest} to {longest}"
    inside = _source(view, remap.after[0], near)
    outside = _source(view, remap.before[0], far), _source(view, remap.after[0], far)
    is_proven = bool(remap.is_exact.all())
    refs = [
        ref
        for at in range(min(3, count))
        for packet, note in ((remap.before[at], "last before the silence"), (remap.after[at], "sent after it"))
        for place in (near, far)
        for ref in view.cite(int(packet), place, note)
    ]
    return Finding(
        id=f"nat-state-lost/mapping/{hop}/{direction}",
        code="nat-state-lost",
        severity=CATALOGUE["nat-state-lost"].severity,
        grade="proven" if is_proven else "likely",
        title=f"{counted(count, 'flow')} mapped anew between {where} after a silence of {pause}",
        explanation=(
            f"{verb(count, 'It', 'They')} crossed this hop, then nothing was said for {pause}. {inside} at "
            f"{view.name(near)} was {outside[0]} at {view.name(far)} before and is {outside[1]} after: a NAT forgot "
            "the mapping and made another. The other end knows no connection from there and answers with a RST."
        ),
        hop=view.hop(hop),
        direction=view.direction_name(direction),
        quantity=int(remap.idle_ns.min()),
        unit="ns",
        flows=view.flows_of(remap.after),
        packet=int(remap.after[0]),
        evidence=tuple(refs),
        settle=None if is_proven else f"The idle timeout of the NAT between {where}; its log of mappings.",
    )


def _source(view: View, packet: int, place: int) -> str:
    """Return a packet's source at a place as text."""
    tuples = view.run.packets[view.run.path.order[place]].tuples
    row = int(view.values("tuple_id", np.array([packet], np.int64), place)[0])
    return f"{address_text(tuples.src[row], int(tuples.version[row]))} port {int(tuples.sport[row])}"
