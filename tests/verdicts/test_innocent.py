"""Nobody is blamed where nobody did wrong: a world of some causes; ``python -m tests.verdicts innocent`` runs more."""

from __future__ import annotations

import pytest

from tests.verdicts.innocent import KINDS, accusations, draw, findings_of

SEEDS = range(len(KINDS))
NEWER = {"path MTU probes answered", "path MTU probes in vain", "IPsec gateway"}
FORMER = tuple(kind for kind in KINDS if kind not in NEWER)
ONCE_ACCUSED = ((398, FORMER), (559, FORMER), (10042, FORMER), (38, KINDS), (300, KINDS), (2696, KINDS))
SOME = (*((seed, KINDS) for seed in SEEDS[::5]), *ONCE_ACCUSED)
"""A few in every test run, and those in which somebody was blamed once; the command runs any number."""


@pytest.mark.parametrize(("seed", "kinds"), SOME, ids=[str(seed) for seed, _ in SOME])
def test_no_hop_is_blamed(seed: int, kinds: tuple[str, ...]) -> None:
    """findings.md: a false accusation is the worst defect this project can have."""
    world = draw(seed, kinds)
    assert accusations(findings_of(world)) == [], world.causes


def test_every_cause_comes_round() -> None:
    """The first cause of a world follows from its seed."""
    assert {draw(seed).causes[0] for seed in SEEDS} == set(KINDS)
