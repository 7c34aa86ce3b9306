"""Counts of losses and misses for tests.

**In:** a number. **Out:** ``Tallies`` of a path of two vantages.
**Not here:** what is asserted.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from correlate.model.tallies import Tallies, Tally


def tallies(count: int, order: tuple[str, ...] = ("a", "b"), **changes: Any) -> Tallies:
    """Return counts that are all ``count`` at the first vantage and twice that at the second, but for ``changes``."""
    column = np.array([count, 2 * count], np.int64)
    tally = Tally(**{**dict.fromkeys(attrs.fields_dict(Tally), column), **changes})
    return Tallies(order=order, forward=tally, reverse=tally)
