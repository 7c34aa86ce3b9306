"""Precision and recall of matching in simulated worlds."""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import attrs
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from loading import load, match

from tests.netsim import World, simulate


@attrs.frozen(kw_only=True)
class Score:
    """Counted over all pairs of vantages. Frames of one root (a packet and its network copies) count as one."""

    right: int
    wrong: int
    """Pairs that are not, whatever is said of their ambiguity."""
    wrong_for_sure: int
    missed: int
    ambiguous: int
    duplicates: tuple[int, int]
    """Found, true."""
    copies: tuple[int, int]
    examples: tuple[object, ...]

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def score(world: World, seed: int, folder: Path) -> Score:
    """Simulate, match, compare."""
    run = simulate(world, seed=seed)
    tables = [load(path) for path in run.write(folder).values()]
    found, _ = match(tables)
    truth = run.truth
    root = truth.root
    held = [truth.transmission_of[v][table.columns.frame - 1] for v, table in enumerate(tables)]
    right = wrong = sure = missed = 0
    examples: list[object] = []
    for x, y in combinations(range(len(tables)), 2):
        both = np.flatnonzero((found.rows[:, x] >= 0) & (found.rows[:, y] >= 0))
        one, two = held[x][found.rows[both, x]], held[y][found.rows[both, y]]
        same = root[one] == root[two]
        wrong += int(np.count_nonzero(~same))
        sure += int(np.count_nonzero(~same & ~found.is_ambiguous[both]))
        for k in np.flatnonzero(~same)[:5]:
            frames = [int(tables[v].columns.frame[found.rows[both[k], v]]) for v in (x, y)]
            examples.append(
                ("wrong", x, y, *frames, str(truth.kind[one[k]]), str(truth.kind[two[k]]), int(found.tier[both[k]]))
            )
        met = np.zeros(len(root), bool)
        met[root[one[same]]] = True
        could = np.unique(root[(truth.frame[:, x] > 0) & (truth.frame[:, y] > 0)])
        right += int(np.count_nonzero(met[could]))
        missed += int(np.count_nonzero(~met[could]))
        examples += [
            ("missed", x, y, *truth.frame[t, [x, y]].tolist(), str(truth.kind[t])) for t in could[~met[could]][:5]
        ]
    return Score(
        right=right,
        wrong=wrong,
        wrong_for_sure=sure,
        missed=missed,
        ambiguous=int(found.is_ambiguous.sum()),
        duplicates=(int(np.count_nonzero(found.network_duplicate_of >= 0)), int(np.count_nonzero(truth.copy_of >= 0))),
        copies=(len(found.copies.row), len(truth.copies)),
        examples=tuple(examples),
    )
