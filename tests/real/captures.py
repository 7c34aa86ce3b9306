"""The public captures beside the checkout, correlated.

**In:** file names below ``captures/``. **Out:** a ``Correlation``; the test is skipped where the captures are absent.
**Not here:** what is known of them (README of the captures).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from correlate.model.correlation import Correlation
from correlate.pipeline import correlate

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"


def need(path: Path) -> Path:
    """Return the path, or skip the test."""
    if not path.exists():
        pytest.skip("public captures are not beside the checkout")
    return path


@cache
def correlated(folder: str, **files: str) -> Correlation:
    """Correlate captures of one folder: name=file."""
    return correlate({name: need(CAPTURES / "vantages" / folder / file) for name, file in files.items()})


def frames_of(result: Correlation) -> np.ndarray:
    """Return frame numbers, shape (packets, places); 0 = not seen."""
    found = np.zeros(result.trajectories.rows.shape, np.int64)
    for place, index in enumerate(result.path.order):
        rows = result.trajectories.rows[:, place]
        found[rows >= 0, place] = result.packets[index].columns.frame[rows[rows >= 0]]
    return found


def bounds_of(result: Correlation, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (lo, hi) of a vantage's offset at each of its stamps."""
    (clock,) = [one for one in result.clocks.vantages if result.vantages[one.vantage].name == name]
    _, lo, hi = clock.offset_at(result.packets[clock.vantage].columns.ts_ns)
    return lo, hi


def names_in_order(result: Correlation) -> list[str]:
    """Return vantage names in path order."""
    return [result.vantages[index].name for index in result.path.order]
