"""Bounds from packets that only one of two vantages saw.

In: matches, packets, path. Out: anchors of the direction in which no packet was seen at both vantages.
Method: happens-before. Data that passed B was there before its acknowledgement passed A; what A answered left B before.
With one-way traffic between A and B, the other half of each exchange, seen at one of them, so bounds the offset from
the other side: by the path and the host beyond, far wider than a packet of its own, but bounded. It supposes that
acknowledgements come from beyond both vantages, so it never makes a clock ``proven``.
Not here: exchanges (``exchanges.py``), what anchors say (``evidence.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from correlate.clocks.exchanges import find_turns
from correlate.clocks.hop import HopFit
from correlate.model.arrays import I64, Bool, frozen
from correlate.model.clocks import AnchorTable
from correlate.model.frames import NO_TIME
from correlate.model.matches import MatchTable, Tier
from correlate.model.packets import PacketTable
from correlate.model.path import Direction, Path

ENOUGH = 1
"""Anchors of a direction's own that make hearsay unnecessary: one packet both ways says more."""


def complete(
    anchors: AnchorTable, packets: Sequence[PacketTable], match: MatchTable, path: Path, up: int, down: int
) -> AnchorTable:
    """Return the anchors of the vantages ``up`` and ``down`` (input indices), hearsay added where one way is silent."""
    forward = int(np.count_nonzero(anchors.direction > 0))
    silent = [
        way
        for way, count in ((Direction.FORWARD, forward), (Direction.REVERSE, len(anchors.direction) - forward))
        if count < ENOUGH
    ]
    if len(silent) != 1:
        return anchors
    heard = _heard(packets, match, path, (up, down), -int(silent[0]))
    return AnchorTable(
        up_ns=frozen(np.concatenate((anchors.up_ns, heard.up_ns))),
        down_ns=frozen(np.concatenate((anchors.down_ns, heard.down_ns))),
        direction=frozen(np.concatenate((anchors.direction, heard.direction))),
        packet=frozen(np.concatenate((anchors.packet, heard.packet))),
    )


def told_by(fit: HopFit, anchors: AnchorTable, real: int) -> HopFit:
    """Return the fit of ``anchors``, the first ``real`` of which are packets seen at both, with honest counts."""
    clock = fit.clock
    if len(anchors.packet) == real:
        return fit
    forward = int(np.count_nonzero(anchors.direction[:real] > 0))
    note = "one direction is known from acknowledgements only: bounds are as wide as what lies beyond"
    grade = "likely" if clock.grade == "proven" else clock.grade
    changed = attrs.evolve(
        clock,
        samples_forward=forward,
        samples_reverse=real - forward,
        grade=grade,
        notes=(*clock.notes, note),
    )
    return fit._replace(clock=changed)


def _heard(
    packets: Sequence[PacketTable], match: MatchTable, path: Path, ends: tuple[int, int], way: int
) -> AnchorTable:
    """Return anchors against the way ``way`` that the packets seen at both ends travel."""
    sign = np.where(match.is_outbound, 1, -1) * path.shown_direction[match.flow]
    is_shared = (match.rows[:, list(ends)] >= 0).all(axis=1) & (sign == way)
    is_shared &= ~match.is_ambiguous & (match.network_duplicate_of < 0)
    is_shared &= (match.tier >= Tier.EXACT) & (match.tier <= Tier.TRANSFORMED)
    first, last = ends if way > 0 else ends[::-1]
    parts = [
        # The shared packet is the request: it was at its far end before the reply came back to its near end.
        _anchors(packets, match, is_shared, near=first, far=last, is_request=True),
        # The shared packet is the reply: the request had left its far end before the reply was at its near end.
        _anchors(packets, match, is_shared, near=last, far=first, is_request=False),
    ]
    earlier, later, packet = (np.concatenate(column) for column in zip(*parts, strict=True))
    up_ns, down_ns = (later, earlier) if way > 0 else (earlier, later)
    kept = (up_ns != NO_TIME) & (down_ns != NO_TIME)
    return AnchorTable(
        up_ns=frozen(up_ns[kept], np.int64),
        down_ns=frozen(down_ns[kept], np.int64),
        direction=frozen(np.full(int(kept.sum()), -way), np.int8),
        packet=frozen(packet[kept], np.int64),
    )


def _anchors(
    packets: Sequence[PacketTable], match: MatchTable, is_shared: Bool, *, near: int, far: int, is_request: bool
) -> tuple[I64, I64, I64]:
    """Return stamps (earlier, at the packet's downstream end; later, upstream) and the shared packet of each exchange.

    ``near`` saw the whole exchange, ``far`` only the shared packet.
    """
    here = packets[near]
    of_row = np.full(len(here), -1, np.int64)
    held = np.flatnonzero(match.rows[:, near] >= 0)[::-1]
    of_row[match.rows[held, near]] = held
    rows = np.flatnonzero(of_row >= 0)
    flow, outbound = np.zeros(len(here), np.int64), np.zeros(len(here), np.bool_)
    flow[rows], outbound[rows] = match.flow[of_row[rows]], match.is_outbound[of_row[rows]]
    turns = find_turns(here, flow[rows], outbound[rows], rows)
    shared, other = (turns.request, turns.reply) if is_request else (turns.reply, turns.request)
    # A reply recorded first answered something that this capture lacks.
    kept = is_shared[of_row[shared]] & (turns.reply > turns.request)
    packet, other = of_row[shared[kept]], other[kept]
    at_far = packets[far].columns.ts_ns[match.rows[packet, far]]
    at_near = here.columns.ts_ns[other]
    return (at_far, at_near, packet) if is_request else (at_near, at_far, packet)
