"""Rewritten sequence numbers, learned.

**In:** sights of blocks whose numbers do not agree, or of pairs known. **Out:** ``Numbering``.
**Method:** packets that are recognisable without their numbers (TCP timestamps, payload, IP ID, SYN) and unique in
their block each give a reading of ``seq_b - seq_a``, and with ``ack_b - ack_a`` one of the other direction.
**Not here:** what readings add up to (``numbering.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.match.joins import unique_pairs
from correlate.match.numbering import Edges, Numbering, Readings, constant, stepwise
from correlate.match.sides import Sights
from correlate.model.arrays import I64, Bool, concatenate, take
from correlate.model.fingerprints import mixed
from correlate.model.ordering import distinct

MOST_EDITED = 256
"""Bytes by which a gateway makes a segment longer or shorter at the most: it replaces addresses and ports."""


def learn_shifts(a: Sights, b: Sights, blocks: int) -> Numbering:
    """Return the constant shift of each block, as most of its recognisable packets show it."""
    found = [_recognised(a, b, way) for way in (_by_stamp, _by_content, _by_ident, _by_syn)]
    return constant(concatenate([_read(a.take(one), b.take(two))[0] for one, two in found]), blocks)


def shown_shifts(a: Sights, b: Sights, blocks: int) -> Numbering:
    """Return the shifts, step by step, of pairs known already (same positions of both sights)."""
    return stepwise(concatenate([*_read(a, b)]), blocks, _edges(a.take([]), b.take([])))


def learn_steps(known: tuple[Sights, Sights], left: tuple[Sights, Sights], is_settled: Bool) -> Numbering:
    """Return the shifts of blocks in which packets are left over, step by step.

    ``known`` are pairs found, same positions, ``left`` those without partner. ``is_settled`` tells of each block
    whether pairs beyond these agree in their numbers: then a single reading is no level, for one capture may have
    missed the one segment and the other capture the next.
    """
    left_a, left_b = left
    found = [_recognised(left_a, left_b, way) for way in (_by_stamp, _by_content, _by_ident, _by_syn)]
    found.append(_edited(left_a, left_b))
    # Recognised in several ways, a packet is still one witness.
    pairs = distinct(np.concatenate([one * len(left_b.row) + two for one, two in found]))
    one, two = np.divmod(pairs, max(1, len(left_b.row)))
    readings = [_read(*known), _read(left_a.take(one), left_b.take(two))]
    told = concatenate([part for both in readings for part in both])
    is_lone = is_settled & (np.bincount(told.block, minlength=len(is_settled)) == 1)
    return stepwise(take(told, ~is_lone[told.block]), len(is_settled), _edges(left_a, left_b))


def _edges(a: Sights, b: Sights) -> Edges:
    """Return the segments with payload."""
    mine, theirs = (np.flatnonzero(side.is_tcp & (side.length > 0)) for side in (a, b))
    end = (a.seq[mine] + a.length[mine]) & 0xFFFFFFFF
    return Edges(a.block[mine], a.seq[mine], end, mixed(b.block[theirs], b.seq[theirs], b.length[theirs]))


def _read(a: Sights, b: Sights) -> tuple[Readings, Readings]:
    """Return what pairs of packets tell of their own direction and, by acknowledging, of the other."""
    own = np.flatnonzero(a.is_tcp & b.is_tcp)
    other = own[(a.ack[own] != 0) & (b.ack[own] != 0)]
    return (
        Readings(a.block[own], a.seq[own], (b.seq[own] - a.seq[own]) & 0xFFFFFFFF),
        Readings(a.block[other] ^ 1, a.ack[other], (b.ack[other] - a.ack[other]) & 0xFFFFFFFF),
    )


def _recognised(a: Sights, b: Sights, way: object) -> tuple[I64, I64]:
    """Return positions of pairs that one way recognises."""
    assert callable(way), "a way is a function of sights"
    key_a, can_a = way(a)
    key_b, can_b = way(b)
    rows_a, rows_b = np.flatnonzero(can_a), np.flatnonzero(can_b)
    at_a, at_b = unique_pairs(key_a[rows_a], key_b[rows_b])
    return rows_a[at_a], rows_b[at_b]


def _edited(a: Sights, b: Sights) -> tuple[I64, I64]:
    """Return positions of pairs of equal IP ID and not too different length: boxes that cut anew reuse IDs as well."""
    one, two = _recognised(a, b, _by_ident_only)
    is_edit = np.abs(a.length[one].astype(np.int64) - b.length[two]) <= MOST_EDITED
    return one[is_edit], two[is_edit]


def _by_stamp(sights: Sights) -> tuple[I64, Bool]:
    return mixed(sights.block, sights.stamp, sights.length, sights.shape), sights.stamp != 0


def _by_content(sights: Sights) -> tuple[I64, Bool]:
    return mixed(sights.block, sights.head), sights.head != 0


def _by_ident(sights: Sights) -> tuple[I64, Bool]:
    return mixed(sights.block, sights.ident, sights.body, sights.shape), sights.is_telling


def _by_ident_only(sights: Sights) -> tuple[I64, Bool]:
    """Recognise what was edited: its first byte keeps its place."""
    return mixed(sights.block, sights.ident, sights.shape), sights.is_telling


def _by_syn(sights: Sights) -> tuple[I64, Bool]:
    """Recognise the first SYN or SYN-ACK of a block; another one is a repeat of it."""
    syns = np.flatnonzero(sights.is_syn)
    syns = syns[np.lexsort((sights.row[syns], sights.block[syns]))]
    is_first = np.ones(len(syns), np.bool_)
    is_first[1:] = sights.block[syns[1:]] != sights.block[syns[:-1]]
    can = np.zeros(len(sights.row), np.bool_)
    can[syns[is_first]] = True
    return mixed(sights.block, sights.shape), can
