"""Nobody is blamed where nobody did wrong: a world of some causes; ``python -m tests.verdicts innocent`` runs more."""

from __future__ import annotations

import pytest

from tests.verdicts.innocent import CHANGES, SPOILS, accusations, draw, findings_of

SEEDS = range(len(CHANGES) + len(SPOILS))
ONCE_ACCUSED = (398, 559)
SOME = (*SEEDS[::5], *ONCE_ACCUSED)
"""A few in every test run, and those in which somebody was blamed once; the command runs any number."""


@pytest.mark.parametrize("seed", SOME)
def test_no_hop_is_blamed(seed: int) -> None:
    """findings.md: a false accusation is the worst defect this project can have."""
    world = draw(seed)
    assert accusations(findings_of(world)) == [], world.causes


def test_every_cause_comes_round() -> None:
    """The first cause of a world follows from its seed."""
    assert {draw(seed).causes[0] for seed in SEEDS} == {*CHANGES, *SPOILS}
