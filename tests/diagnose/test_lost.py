"""``diagnose.lost``: every lost packet is in exactly one group, graded by what most of it is."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.diagnose.lost import KINDS, PLAIN, grade_of, lost_groups
from correlate.model.trajectories import Fate, FateGrade
from tests.diagnose.worlds import BULK, outcome
from tests.netsim import chain


def test_groups_share_out_the_lost_packets() -> None:
    """All kinds together hold each graded loss once."""
    view = outcome(chain(3, loads=BULK).with_hop(1, both={"loss": 0.03})).view()
    fates = view.run.fates
    lost = (fates.fate == Fate.LOST) & (fates.grade != FateGrade.INCONCLUSIVE)
    groups = list(lost_groups(view, PLAIN, *sorted(set(KINDS.values()))))
    assert sum(len(group.packets) for group in groups) == int(lost.sum()) > 0
    assert all(group.sent >= len(group.packets) == len(group.grades) == len(group.witnesses) for group in groups)


@pytest.mark.parametrize(("proven", "likely", "grade"), [(3, 2, "proven"), (2, 2, "likely"), (0, 1, "likely")])
def test_a_claim_about_all_needs_most(proven: int, likely: int, grade: str) -> None:
    """Half is not most."""
    grades = np.array([FateGrade.PROVEN] * proven + [FateGrade.LIKELY] * likely, np.int64)
    assert grade_of(grades) == grade
