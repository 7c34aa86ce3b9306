"""Frames that hold several packets, in a claim's favour only where the truth allows it.

**In:** claimed frames per packet and place. **Out:** the one transmission that each claimed sighting stands for.
**Method:** a claimed packet stands for a transmission that all its frames hold; two claimed packets with the same frames
stand for two of them, and where there is none left for it a sighting stands for nothing that is right.
**Not here:** counting (``score.py``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.netsim import Truth

I64 = NDArray[np.int64]


def settle(truth: Truth, frames: I64, roots: I64) -> I64:
    """Return ``roots`` with the sightings in frames of several packets settled."""
    held = [_several(truth, place) for place in range(frames.shape[1])]
    if not any(held):
        return roots
    settled = roots.copy()
    exact = {int(root): tuple(row) for root, row in zip(truth.root, truth.frame.tolist(), strict=True)}
    taken: dict[tuple[int, ...], int] = {}
    several = [np.isin(frames[:, place], list(held[place])) for place in range(frames.shape[1])]
    for packet in np.flatnonzero(np.any(several, axis=0)).tolist():
        mine = tuple(frames[packet].tolist())
        places = [place for place, frame in enumerate(mine) if frame]
        sets = [held[place].get(mine[place]) or {int(roots[packet, place])} for place in places]
        # First those that stand in just these frames, then those that others hold as well.
        common = sorted(set.intersection(*sets), key=lambda root: (exact.get(root) != mine, root))
        number = taken[mine] = taken.get(mine, -1) + 1
        if number < len(common):
            settled[packet, places] = common[number]
        elif len(set(roots[packet, places].tolist())) < len(places):
            # Too many of the same, or nothing in common: no two of these sightings agree, whatever stands there.
            settled[packet, places] = np.arange(len(places))
    return settled


def _several(truth: Truth, place: int) -> dict[int, set[int]]:
    """Return the roots of each frame that holds more than one."""
    of_frame: dict[int, set[int]] = {}
    atoms = np.flatnonzero(truth.frame[:, place] > 0)
    pairs = [(int(truth.frame[atom, place]), int(truth.root[atom])) for atom in atoms.tolist()]
    pairs += [(frame, int(truth.root[atom])) for atom, where, frame in truth.copies.tolist() if where == place]
    for frame, root in pairs:
        of_frame.setdefault(frame, set()).add(root)
    return {frame: roots for frame, roots in of_frame.items() if len(roots) > 1}
