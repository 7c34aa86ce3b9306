"""Which packets the page carries: all of them, or those that matter and an even sample of the rest.

**In:** fates, changes, findings. **Out:** rows of the TrajectoryTable, ascending, and how many there are in all.
**Method:** every packet that was not simply delivered unchanged, up to half of the room; then every n-th of the others.
What is left out is said on the page.
**Not here:** what is carried of each (``columns.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.trajectories import Fate

MOST_POINTS = 100_000


class Sample(NamedTuple):
    """Packets of the page."""

    packets: I64
    total: int
    """Packets of the run."""
    odd: int
    """Packets of the run that were not simply delivered unchanged."""
    odd_shown: int


def sample_of(correlation: Correlation, most: int = MOST_POINTS) -> Sample:
    """Return the packets that the page carries, at most ``most``."""
    total = len(correlation.trajectories)
    is_odd = _is_odd(correlation)
    odd = np.flatnonzero(is_odd)
    if total <= most:
        return Sample(np.arange(total), total, len(odd), len(odd))
    kept = _thinned(odd, most // 2)
    rest = _thinned(np.flatnonzero(~is_odd), most - len(kept))
    cited = [finding.packet for finding in correlation.findings[: most // 10] if finding.packet is not None]
    packets = np.unique(np.concatenate([kept, rest, np.array(cited, np.int64)]))
    return Sample(packets, total, len(odd), int(is_odd[packets].sum()))


def _is_odd(correlation: Correlation) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    is_odd = np.zeros(len(correlation.trajectories), np.bool_)
    fates, changes = correlation.fates, correlation.mutations.odd
    is_odd[fates.packet[fates.fate != Fate.DELIVERED]] = True
    is_odd[changes.packet[~changes.expected]] = True
    return is_odd


def _thinned(packets: I64, most: int) -> I64:
    """Return at most ``most`` of the packets, evenly spread."""
    if len(packets) <= most:
        return packets
    return packets[np.linspace(0, len(packets) - 1, most).astype(np.int64)]
