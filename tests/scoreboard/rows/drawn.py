"""Rows on worlds drawn by seed (``tests/netsim/drawn.py``): several worlds a row, so that a row is not one accident.

The seeds of the table are not those that the matcher was tuned on (1000 and above).
"""

from __future__ import annotations

from tests.netsim.drawn import draw
from tests.scoreboard.scenario import ACCUSING, Scenario

SEEDS = range(1, 17)

ROWS = tuple(
    # What the captures of a drawn world settle is not known beforehand: no code is demanded, accusations are judged.
    Scenario(name=f"drawn {seed}", world=draw(seed), hoped=ACCUSING)
    for seed in SEEDS
)
