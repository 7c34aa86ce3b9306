"""Order-preserving assignment, the slow and obvious way."""

from itertools import combinations

GAP = 4.6


def all_assignments(rows, width):
    """Every order-preserving pairing as a tuple of (i, j)."""
    for size in range(min(rows, width) + 1):
        for left in combinations(range(rows), size):
            for right in combinations(range(width), size):
                yield tuple(zip(left, right, strict=True))


def total(pairs, rows, width, cost):
    """Cost of a pairing: its pairs and a gap for everyone left alone."""
    return sum(cost(i, j) for i, j in pairs) + GAP * (rows + width - 2 * len(pairs))


def best_assignments(rows, width, cost):
    """(least total, pairings that reach it)."""
    totals = {pairs: total(pairs, rows, width, cost) for pairs in all_assignments(rows, width)}
    least = min(totals.values())
    return least, [pairs for pairs, value in totals.items() if value <= least + 1e-6], totals
