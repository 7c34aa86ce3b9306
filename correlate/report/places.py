"""Where on the path a vantage stands, and which vantage a place is.

**In:** a ``Correlation``. **Out:** names and indices.
**Method:** ``Path.order`` maps place to input index; unplaced vantages come last.
**Not here:** how the order was found (``paths``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.correlation import Correlation


def in_path_order(correlation: Correlation) -> list[int]:
    """Return the input indices of all vantages, those on the path first, in its order."""
    return [*correlation.path.order, *correlation.path.unplaced]


def place_names(correlation: Correlation) -> list[str]:
    """Return the names of the vantages on the path, in its order."""
    return [correlation.vantages[index].name for index in correlation.path.order]


def hop_names(correlation: Correlation, hop: int) -> tuple[str, str]:
    """Return the names of a hop's two vantages, path order."""
    order = correlation.path.order
    return correlation.vantages[order[hop]].name, correlation.vantages[order[hop + 1]].name


def has_nothing_in_common(correlation: Correlation) -> bool:
    """Return True if there are two or more vantages and no pair of them shares a packet (exit status 3).

    A connection that a proxy carries over is shared although no packet of it is.
    """
    if len(correlation.vantages) < 2 or bool(((correlation.joined.member >= 0).sum(axis=1) > 1).any()):
        return False
    seen = np.zeros(len(correlation.match), np.int16)
    for vantage in range(len(correlation.vantages)):
        seen += correlation.match.rows[:, vantage] >= 0
    return not bool((seen > 1).any())


def frame_of(correlation: Correlation, vantage: int, row: int) -> tuple[str, int]:
    """Return ``(file path, frame number)`` of a packet row of a vantage (input index)."""
    columns = correlation.packets[vantage].columns
    return correlation.vantages[vantage].files[int(columns.file[row])].path, int(columns.frame[row])
