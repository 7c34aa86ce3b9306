"""Packets whose flows do not meet, paired one by one.

**In:** rows that no flow-wise comparison paired. **Out:** ``Pairs``.
**Method:** a key that occurs once on each side, with enough evidence of its own and due at that time. Example: an ICMP
error whose quoted header a NAT left untranslated, so that on the far side it belongs to no known flow.
**Not here:** everything that has a flow on both sides (``ladder.py``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from correlate.match.joins import unique_pairs
from correlate.match.ladder import Pairs
from correlate.match.pace import Pace, SurePairs
from correlate.match.sides import Side
from correlate.model.arrays import I32
from correlate.model.matches import Tier

_LEAST_BITS = 20
"""The time check adds ten and more; chance pairs of two captures stay below one in a thousand."""
_LATE = 12.0
"""Scatters, as in ``ladder.py``."""


def pair_strays(a: Side, b: Side, rows: tuple[I32, I32], known: Callable[[], SurePairs]) -> Pairs:
    """Return pairs among open rows of two vantages; none without a known pace. Cost O(n log n)."""
    rows_a, rows_b = (part[side.prints.bits[part] >= _LEAST_BITS] for side, part in ((a, rows[0]), (b, rows[1])))
    at_a, at_b = unique_pairs(a.prints.exact[rows_a], b.prints.exact[rows_b])
    one, two = rows_a[at_a], rows_b[at_b]
    due = Pace(known).expect(np.full(len(one), -1), a.time[one])
    good = (due.scatter > 0) & (np.abs(b.time[two] - due.time) <= _LATE * due.scatter)
    good &= a.prints.is_telling[one]
    one, two = one[good], two[good]
    return Pairs(one, two, np.full(len(one), int(Tier.EXACT), np.int8), np.zeros(len(one), np.bool_))
