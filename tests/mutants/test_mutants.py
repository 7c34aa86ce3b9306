"""Whatever damage a capture has, the tool ends: with a result that adds up, or with one line.

Rule: input is hostile. ``python -m tests.mutants 10000`` runs the length that the issue asks for; here a hundred.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.mutants.damage import damaged
from tests.mutants.run import ends_well
from tests.mutants.sets import pairs

EACH = 5


@pytest.mark.parametrize("block", range(20))
def test_damaged_captures_end_with_a_result_or_one_line(block: int, tmp_path: Path) -> None:
    known = pairs()
    for index in range(block * EACH, block * EACH + EACH):
        chance = Random(1_000_000 + index)
        name, paths = chance.choice(known)
        end, _ = ends_well(damaged(Path(paths[name]).read_bytes(), chance), name, paths, tmp_path)
        assert end in ("done", "refused")
