"""Parts that are counted first, so that every part knows how often this path loses and its captures miss.

In: tasks. Out: ``Tallies`` of a few of them, spread over the time.
Method: what a packet that nobody acknowledges came to is weighed by rates, and rates want more packets than a part
holds. One part in ``EVERY``, at least ``LEAST``, is followed as far as the counts. A part adds its own counts to those
of the others, so nothing is counted twice.
Not here: the weighing (``trajectories/rates.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from correlate.model.tallies import Tallies

LEAST, EVERY = 5, 8


def scouts_of(numbers: Sequence[int], pilot: int) -> list[int]:
    """Return which parts are counted first besides the pilot; a single part has no need of it.

    >>> scouts_of(range(6), 3)
    [0, 1, 5]
    """
    if len(numbers) < 2:
        return []
    count = min(len(numbers), max(LEAST, len(numbers) // EVERY)) - 1
    at = np.unique(np.linspace(0, len(numbers) - 1, count).astype(np.int64))
    return [numbers[place] for place in at.tolist() if numbers[place] != pilot]


def known_to(number: int, counted: Mapping[int, Tallies | None]) -> Tallies | None:
    """Return the counts of all scouts but this part itself."""
    total = None
    for scout, tallies in counted.items():
        if scout != number and tallies is not None:
            total = tallies if total is None else total.plus(tallies)
    return total
