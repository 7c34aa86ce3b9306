"""Delay floors that the user knows, laid on the evidence.

In: ``AnchorTable`` and how long a packet takes at least in each direction, ns. Out: tighter anchors, or a refusal.
Method: a forward packet that took at least f says ``offset <= stamp difference - f``, a reverse one ``>= ... + f``
(algorithms section 1, tier F). Floors that add up to more than the least two-way transit seen are refuted by the
captures and left aside with a note: a wrong floor would make the bounds lie.
Not here: parsing the option (``cli``), bounds (``hop.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from correlate.clocks.hop import HopFit
from correlate.clocks.mirror import Ticks, fit_both_ways
from correlate.model.arrays import frozen
from correlate.model.clocks import AnchorTable

Floors = Mapping[tuple[int, int], int]
"""(from, to), input indices of vantages -> least delay, ns."""


class PairFloors(NamedTuple):
    """Floors between two vantages, ns."""

    forward: int
    """From the first vantage (path order) to the second."""
    reverse: int

    @property
    def total(self) -> int:
        """Least two-way transit that they claim."""
        return self.forward + self.reverse


def floors_between(floors: Floors, up: int, down: int) -> PairFloors:
    """Return the floors between two vantages, 0 where the user gave none."""
    return PairFloors(floors.get((up, down), 0), floors.get((down, up), 0))


def raise_to(anchors: AnchorTable, floors: PairFloors) -> AnchorTable:
    """Return the anchors as if every packet had come as much earlier as its floor."""
    least = np.where(anchors.direction > 0, -floors.forward, floors.reverse)
    return anchors._replace(down_ns=frozen(anchors.down_ns + least))


def fit_with_floors(
    anchors: AnchorTable, ticks_ns: Ticks, plain: HopFit, floors: PairFloors, *, is_first_set_back: bool = False
) -> HopFit | None:
    """Return the fit with floors (as :func:`fit_both_ways`); None where the captures refute them."""
    known = plain.clock.min_two_way_ns
    if known is not None and floors.total > known + sum(ticks_ns):
        return None
    fit = fit_both_ways(raise_to(anchors, floors), ticks_ns, is_first_set_back=is_first_set_back)
    return None if _contradictions(fit) > _contradictions(plain) else fit


def _contradictions(fit: HopFit) -> int:
    """Return how often the stamps refute a clock that drifts at most; cuts for safety prove nothing."""
    evidence = fit.clock.evidence
    proven = sum(one.kind != "suspected" for one in evidence.breaks)
    return proven + sum(one.kind in ("relaxed", "contradictory") for one in evidence.segments)
