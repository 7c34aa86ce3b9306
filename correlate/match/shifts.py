"""Rewritten initial sequence numbers, learned.

**In:** sights of blocks whose numbers do not agree, or of pairs known. **Out:** what to add to A's sequence numbers,
per block.
**Method:** packets that are recognisable without their numbers (TCP timestamps, payload, IP ID, SYN) and unique in
their block each propose ``seq_b - seq_a``; the most frequent proposal wins if it has half of the votes. The
acknowledgement numbers of a direction move with the sequence numbers of the other (RFC 9293 section 3.4).
**Not here:** the jump in the middle of a flow that an ALG makes.
"""

from __future__ import annotations

import numpy as np

from correlate.match.joins import unique_pairs
from correlate.match.sides import Sights
from correlate.model.arrays import I64, Bool
from correlate.model.fingerprints import mixed


def learn_shifts(a: Sights, b: Sights, blocks: int) -> I64:
    """Return ``seq_b - seq_a`` modulo 2**32 per block, 0 where none was learned."""
    votes = [_propose(a, b, way) for way in (_by_stamp, _by_content, _by_ident, _by_syn)]
    return _most_frequent(
        np.concatenate([vote[0] for vote in votes]), np.concatenate([vote[1] for vote in votes]), blocks
    )


def shown_shifts(a: Sights, b: Sights, blocks: int) -> I64:
    """Return the same of pairs known already (same positions of both sights)."""
    return _most_frequent(a.block, (b.seq - a.seq) & 0xFFFFFFFF, blocks)


def _most_frequent(block: I64, shift: I64, blocks: int) -> I64:
    """Return per block the shift that more than half of its votes propose, 0 if there is none."""
    learned = np.zeros(blocks, np.int64)
    if not len(block):
        return learned
    order = np.lexsort((shift, block))
    block, shift = block[order], shift[order]
    is_new = np.concatenate([[True], (block[1:] != block[:-1]) | (shift[1:] != shift[:-1])])
    starts = np.flatnonzero(is_new)
    count = np.diff(np.concatenate([starts, [len(block)]]))
    cast = np.bincount(block, minlength=blocks)
    block, shift = block[starts], shift[starts]
    wins = count * 2 > cast[block]
    learned[block[wins]] = shift[wins]
    return learned


def _propose(a: Sights, b: Sights, way: object) -> tuple[I64, I64]:
    """Return (block, shift) of pairs that one way recognises."""
    assert callable(way), "a way is a function of sights"
    key_a, can_a = way(a)
    key_b, can_b = way(b)
    rows_a, rows_b = np.flatnonzero(can_a), np.flatnonzero(can_b)
    at_a, at_b = unique_pairs(key_a[rows_a], key_b[rows_b])
    one, two = rows_a[at_a], rows_b[at_b]
    return a.block[one], (b.seq[two] - a.seq[one]) & 0xFFFFFFFF


def _by_stamp(sights: Sights) -> tuple[I64, Bool]:
    return mixed(sights.block, sights.stamp, sights.length, sights.shape), sights.stamp != 0


def _by_content(sights: Sights) -> tuple[I64, Bool]:
    return mixed(sights.block, sights.head), sights.head != 0


def _by_ident(sights: Sights) -> tuple[I64, Bool]:
    return mixed(sights.block, sights.ident, sights.body, sights.shape), sights.is_telling


def _by_syn(sights: Sights) -> tuple[I64, Bool]:
    """Recognise the first SYN or SYN-ACK of a block; another one is a repeat of it."""
    syns = np.flatnonzero(sights.is_syn)
    syns = syns[np.lexsort((sights.row[syns], sights.block[syns]))]
    is_first = np.ones(len(syns), np.bool_)
    is_first[1:] = sights.block[syns[1:]] != sights.block[syns[:-1]]
    can = np.zeros(len(sights.row), np.bool_)
    can[syns[is_first]] = True
    return mixed(sights.block, sights.shape), can
