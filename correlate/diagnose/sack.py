"""Findings about devices that shift sequence numbers and forget the SACK blocks.

In: packets with SACK blocks at both ends of a hop. Out: ``sack-not-rewritten`` per hop.
Method: RFC 2018: a SACK block is in the numbers of the data's sender, as the acknowledgement number is. Where a hop
shifts the acknowledgement of a packet and leaves the block's edges as they were, the block points outside the window,
and the sender ignores it or trips over it.
Not here: the shift itself (``alteration.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.once import shared
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, share_of
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding
from correlate.model.packets import TCP, PacketFlag


def find_stale_sack(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and direction that leaves SACK blocks in old numbers."""
    for hop, direction in view.ways():
        stale, shifted = _stale(view, hop, direction)
        if len(stale):
            yield _finding(view, (hop, direction), stale, shifted)


def _stale(view: View, hop: int, direction: int) -> tuple[I64, int]:
    """Return packets whose acknowledgement alone was shifted, and how many had their block shifted as well."""
    table = view.run.trajectories
    sides = (hop, hop + 1)
    has = view.is_sure_pair & (table.direction == direction) & view.kept
    for place in sides:
        has &= view.is_seen[:, place] & _has_block(view, place)
    both = np.flatnonzero(has)
    both = both[~view.ends(both, hop)]
    ack, left, right = (
        [view.values(name, both, place).astype(np.int64) for place in sides]
        for name in ("ack", "sack_left", "sack_right")
    )
    is_shifted = ack[0] != ack[1]
    is_same = (left[0] == left[1]) & (right[0] == right[1])
    return both[is_shifted & is_same], int((is_shifted & ~is_same).sum())


@shared
def _has_block(view: View, place: int) -> Bool:
    """Tell which packets have a SACK block at a place that shows them."""
    columns = view.run.packets[view.run.path.order[place]].columns
    has = (columns.proto == TCP) & ((columns.flags & np.uint32(PacketFlag.HAS_SACK)) != 0)
    return np.asarray(view.of_everyone(has, place), np.bool_)


def _finding(view: View, where: tuple[int, int], stale: I64, shifted: int) -> Finding:
    between = view.between(*where)
    up, down = view.upstream(*where), view.downstream(*where)
    packet = int(stale[0])
    one = stale[:1]
    before, after = (int(view.values("ack", one, place)[0]) for place in (up, down))
    return Finding(
        id=f"sack-not-rewritten/{where[0]}/{where[1]}",
        code="sack-not-rewritten",
        severity=CATALOGUE["sack-not-rewritten"].severity,
        grade="proven",
        title=f"Sequence numbers are shifted between {between}, SACK blocks are not",
        explanation=(
            f"{share_of(len(stale), len(stale) + shifted, 'packet')} with a SACK block keeps it in the old numbers: "
            f"its acknowledgement became {after} from {before}, its block still begins at "
            f"{int(view.values('sack_left', one, down)[0])}. Selective acknowledgement is lost with it: the sender "
            "repairs one loss per round trip, or drops the packet."
        ).replace("packets with a SACK block keeps", "packets with a SACK block keep"),
        hop=view.hop(where[0]),
        direction=view.direction_name(where[1]),
        quantity=len(stale),
        unit="packets",
        flows=view.flows_of(stale),
        packet=packet,
        evidence=(
            *view.cite(packet, up, "acknowledgement and block agree"),
            *view.cite(packet, down, "only the acknowledgement was shifted"),
        ),
        against=() if not shifted else (f"{counted(shifted, 'other packet')} had the block shifted as well.",),
    )
