"""Order-preserving assignment of packets that look the same.

In: groups of equal keys on two sides, expected and real times, what else tells copies apart.
Out: partner on side B of every member on side A, and by how much the next best explanation is worse.
Method: Needleman-Wunsch over the two orders, cost = residual of the time in units of the local scatter plus penalties,
gap = -ln(loss); banded to the nearest ``BAND`` candidates in time. Run forwards and backwards: the best total through
each cell gives the margin of each pair. Cost O(members x band); O(members) where the order is plain
(``straight_kernel.py``).
Not here: where the expected times come from (``pace.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel
from correlate.match.straight_kernel import FAR, GAP, cell_cost, pair_straight

BAND = 48
"""Candidates per packet in large groups; retransmissions of one packet are far fewer."""


@kernel
def lay_band(
    first_a: Any, last_a: Any, first_b: Any, last_b: Any, expected: Any, real: Any, scale: Any, band: Any
) -> None:
    """Write into ``band`` how few and how many of B may have been used up after i members of A."""
    rows, width = last_a - first_a, last_b - first_b
    nearest = 0
    for i in range(rows + 1):
        if width <= BAND or i in (0, rows):
            band[i, 0], band[i, 1] = 0, width
            if width > BAND:
                band[i, 0], band[i, 1] = (0, BAND) if i == 0 else (width - BAND, width)
            continue
        if scale[first_a + i - 1] < 0:
            nearest = i * width // rows
        else:
            while nearest < width and real[first_b + nearest] < expected[first_a + i - 1]:
                nearest += 1
        band[i, 0] = max(band[i - 1, 0], min(max(nearest - BAND // 2, 0), width))
        band[i, 1] = min(width, max(band[i - 1, 1], band[i, 0] + BAND))
    for i in range(rows, 0, -1):
        band[i - 1, 0] = min(band[i - 1, 0], band[i, 0])
        band[i - 1, 1] = max(band[i - 1, 1], min(width, band[i, 0] + 1))


@kernel
def align_group(
    first_a: Any,
    last_a: Any,
    first_b: Any,
    last_b: Any,
    expected: Any,
    real: Any,
    scale: Any,
    marks_a: Any,
    marks_b: Any,
    band: Any,
    start: Any,
    forward: Any,
    backward: Any,
    partner: Any,
    margin: Any,
) -> int:
    """Align one group, members [first, last) of each side by time; fill ``partner`` and ``margin``.

    Returns the cells computed; -1 = they do not fit.

    ``band`` (shape members + 1, 2) and ``start`` are scratch, ``forward`` and ``backward`` hold the cells of the band.
    """
    rows, width = last_a - first_a, last_b - first_b
    lay_band(first_a, last_a, first_b, last_b, expected, real, scale, band)
    if pair_straight(first_a, last_a, first_b, last_b, expected, real, scale, marks_a, marks_b, band, partner, margin):
        return 0
    cells = 0
    for i in range(rows + 1):
        start[i] = cells - band[i, 0]
        cells += band[i, 1] - band[i, 0] + 1
    if cells > len(forward):
        return -1
    for i in range(rows + 1):
        for j in range(band[i, 0], band[i, 1] + 1):
            best = 0.0 if i == 0 and j == 0 else FAR
            if j > band[i, 0]:
                best = min(best, forward[start[i] + j - 1] + GAP)
            if i > 0:
                if band[i - 1, 0] <= j <= band[i - 1, 1]:
                    best = min(best, forward[start[i - 1] + j] + GAP)
                if band[i - 1, 0] < j <= band[i - 1, 1] + 1:
                    cost = cell_cost(first_a + i - 1, first_b + j - 1, expected, real, scale, marks_a, marks_b)
                    best = min(best, forward[start[i - 1] + j - 1] + cost)
            forward[start[i] + j] = best
    for i in range(rows, -1, -1):
        for j in range(band[i, 1], band[i, 0] - 1, -1):
            best = 0.0 if i == rows and j == width else FAR
            if j < band[i, 1]:
                best = min(best, backward[start[i] + j + 1] + GAP)
            if i < rows:
                if band[i + 1, 0] <= j <= band[i + 1, 1]:
                    best = min(best, backward[start[i + 1] + j] + GAP)
                if band[i + 1, 0] <= j + 1 <= band[i + 1, 1]:
                    cost = cell_cost(first_a + i, first_b + j, expected, real, scale, marks_a, marks_b)
                    best = min(best, backward[start[i + 1] + j + 1] + cost)
            backward[start[i] + j] = best
    total = forward[start[rows] + width]
    # For each member of A: the best total through each of its cells, and through leaving it out.
    taken = 0
    for i in range(rows):
        alone, best, second, chosen = FAR, FAR, FAR, -1
        for j in range(band[i, 0], band[i, 1] + 1):
            if band[i + 1, 0] <= j <= band[i + 1, 1]:
                alone = min(alone, forward[start[i] + j] + GAP + backward[start[i + 1] + j])
            if j < width and band[i + 1, 0] <= j + 1 <= band[i + 1, 1]:
                cost = cell_cost(first_a + i, first_b + j, expected, real, scale, marks_a, marks_b)
                through = forward[start[i] + j] + cost + backward[start[i + 1] + j + 1]
                if through < best - 1e-9 and j >= taken:
                    best, second, chosen = through, min(second, best), j
                else:
                    second = min(second, through)
        if chosen >= 0 and best <= total + 1e-6:
            partner[first_a + i] = first_b + chosen
            margin[first_a + i] = min(second, alone) - best
            taken = chosen + 1
    return cells


@kernel
def align_groups(
    a_start: Any,
    b_start: Any,
    expected: Any,
    real: Any,
    scale: Any,
    marks_a: Any,
    marks_b: Any,
    band: Any,
    start: Any,
    forward: Any,
    backward: Any,
    partner: Any,
    margin: Any,
) -> int:
    """Align all groups; ``partner`` starts at -1. Returns how many did not fit into the scratch arrays (none)."""
    failed = 0
    for group in range(len(a_start) - 1):
        cells = align_group(
            a_start[group],
            a_start[group + 1],
            b_start[group],
            b_start[group + 1],
            expected,
            real,
            scale,
            marks_a,
            marks_b,
            band,
            start,
            forward,
            backward,
            partner,
            margin,
        )
        if cells < 0:
            failed += 1
    return failed


def scratch_cells(rows: int, width: int) -> int:
    """Return a bound on the cells of one group of ``rows`` x ``width``: the band, and what it crosses to stay whole."""
    return (rows + 1) * (min(width, 2 * BAND) + 2) + 2 * width + 2
