"""The best order of the vantages on a line.

**In:** votes per flow and pair. **Out:** the order, and for every flow the sign it has along that order.

**Method:** brute force over at most 8!/2 orders (algorithms section 6). A flow may run either way, so it supports an
order by the absolute sum of its agreeing votes. Flows with equal votes are counted once with their number. Ties go to
the order with clearly fewer packets that vanish and reappear (set inclusion, weak), then to the one nearest the given.

**Not here:** the votes (``votes.py``); flows without votes (``directions.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations

import attrs
import numpy as np

from correlate.model.arrays import I8, I64
from correlate.paths.votes import PairVotes

MAX_VANTAGES = 8
"""Beyond this the brute force is no longer instant."""

PATTERN_CHUNK = 256
"""Vote patterns weighed at once: 20,160 orders x 256 float32 = 21 MB."""


@attrs.frozen(kw_only=True)
class Ordering:
    """An order with the evidence for it."""

    order: tuple[int, ...]
    score: float
    """Votes for it; 0 = evidence is silent."""
    lean: float
    """Flows begun near its first end minus flows begun near its last."""


@attrs.frozen(kw_only=True)
class VotePatterns:
    """Distinct rows of votes over the pairs of placed vantages."""

    pairs: tuple[tuple[int, int], ...]
    """Input indices, ``first < second``."""
    signs: I8
    """Shape (patterns, pairs)."""
    counts: I64
    of_flow: I64
    """Pattern of each joined flow."""


def find_patterns(votes: Sequence[PairVotes], placed: Sequence[int], flow_count: int) -> VotePatterns:
    """Return the distinct vote rows; flows number millions, patterns a few dozen."""
    pairs = tuple(combinations(sorted(placed), 2))
    signs = {(pair.first, pair.second): pair.nearness for pair in votes}
    code = np.zeros(flow_count, np.int64)
    for index, pair in enumerate(pairs):
        if pair in signs:
            code += (signs[pair].astype(np.int64)) * 3**index
    distinct, of_flow, counts = np.unique(code, return_inverse=True, return_counts=True)
    return VotePatterns(pairs=pairs, signs=_decode(distinct, len(pairs)), counts=counts, of_flow=of_flow.reshape(-1))


def _decode(codes: I64, digits: int) -> I8:
    """Undo the balanced base-3 code."""
    signs = np.zeros((len(codes), digits), np.int8)
    rest = codes.copy()
    for index in range(digits):
        digit = (rest + 1) % 3 - 1
        signs[:, index] = digit
        rest = (rest - digit) // 3
    return signs


def order_signs(order: Sequence[int], pairs: Sequence[tuple[int, int]]) -> I8:
    """Return +1 per pair whose first vantage comes before its second in ``order``, else -1."""
    position = {vantage: place for place, vantage in enumerate(order)}
    return np.array([1 if position[u] < position[v] else -1 for u, v in pairs], np.int8)


def flow_signs(order: Sequence[int], patterns: VotePatterns) -> I8:
    """Return per joined flow: 1 outbound runs along ``order``, -1 against it, 0 its votes are silent or split."""
    sums = patterns.signs.astype(np.int64) @ order_signs(order, patterns.pairs).astype(np.int64)
    return np.sign(sums).astype(np.int8)[patterns.of_flow]


def weigh(order: Sequence[int], patterns: VotePatterns) -> Ordering:
    """Return the order with its support."""
    sums = patterns.signs.astype(np.int64) @ order_signs(order, patterns.pairs).astype(np.int64)
    return Ordering(
        order=tuple(order),
        score=float(np.abs(sums) @ patterns.counts),
        lean=float(np.sign(sums) @ patterns.counts),
    )


def best_order(given: Sequence[int], patterns: VotePatterns, masks: tuple[I64, I64]) -> Ordering:
    """Return the best order of the vantages ``given``, its first end nearest the initiators of most flows.

    Parameters
    ----------
    given
        Input indices in the order of the command line.
    patterns
        Votes.
    masks
        Distinct sets of vantages that hold a packet (bit = input index) and how many packets each has.
    """
    tied = _tied_orders(given, patterns)
    holes = [count_holes(order, masks) for order in tied]
    # Set inclusion is weak: capture misses make holes as well. It overrules the given order only when it is clear.
    nearest = min(range(len(tied)), key=lambda i: (_inversions(tied[i], given), tied[i]))
    fewest = min(range(len(tied)), key=lambda i: (holes[i], _inversions(tied[i], given), tied[i]))
    chosen = weigh(tied[fewest if 4 * holes[fewest] + 3 < holes[nearest] else nearest], patterns)
    backwards = tuple(reversed(chosen.order))
    if chosen.lean < 0 or (chosen.lean == 0 and _inversions(backwards, given) < _inversions(chosen.order, given)):
        return weigh(backwards, patterns)
    return chosen


def _tied_orders(given: Sequence[int], patterns: VotePatterns) -> list[tuple[int, ...]]:
    """Return the orders with the highest score, one of each mirrored pair."""
    orders = [order for order in permutations(given) if len(order) < 2 or order[0] < order[-1]]
    signs = np.array([order_signs(order, patterns.pairs) for order in orders], np.float32).reshape(len(orders), -1)
    scores = np.zeros(len(orders))
    for start in range(0, len(patterns.counts), PATTERN_CHUNK):
        part = slice(start, start + PATTERN_CHUNK)
        scores += np.abs(signs @ patterns.signs[part].T.astype(np.float32)) @ patterns.counts[part].astype(np.float64)
    return [orders[index] for index in np.flatnonzero(scores >= scores.max() - 0.5)]


def count_holes(order: Sequence[int], masks: tuple[I64, I64]) -> int:
    """Return how many times a packet is absent between two vantages that hold it."""
    held = (masks[0][:, np.newaxis] >> np.array(order, np.int64)) & 1
    after_first = np.maximum.accumulate(held, axis=1)
    before_last = np.maximum.accumulate(held[:, ::-1], axis=1)[:, ::-1]
    return int(((1 - held) * after_first * before_last).sum(axis=1) @ masks[1])


def _inversions(order: Sequence[int], given: Sequence[int]) -> int:
    """Return the number of pairs that stand the other way round than given."""
    position = {vantage: place for place, vantage in enumerate(given)}
    return sum(position[u] > position[v] for u, v in combinations(order, 2))
