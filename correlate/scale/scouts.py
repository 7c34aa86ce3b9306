"""Parts that go ahead, so that the others know how often this path loses and its captures miss.

In: numbers of parts. Out: which go ahead.
Method: one part in ``EVERY``, at least ``LEAST``, spread over the time. Where all parts are asked for they are done
first; where a question is about a few parts only, scouts are followed no further than the counts.
Not here: what is made of their counts (``rounds.py``), the weighing (``trajectories/rates.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LEAST, EVERY = 5, 8


def scouts_of(numbers: Sequence[int]) -> list[int]:
    """Return which parts go ahead; a single part has no need of it.

    >>> scouts_of(range(6))
    [0, 1, 2, 4, 5]
    >>> scouts_of([7])
    []
    """
    if len(numbers) < 2:
        return []
    count = min(len(numbers), max(LEAST, len(numbers) // EVERY))
    at = np.unique(np.linspace(0, len(numbers) - 1, count).round().astype(np.int64))
    return [numbers[place] for place in at.tolist()]
