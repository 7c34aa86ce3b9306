"""``scope.restrict``: rows of other packets go, numbers stay."""

from __future__ import annotations

import numpy as np

from correlate.scope import restrict_fates, restrict_mutations
from tests.diagnose.sets import outcome_of_set


def test_only_rows_of_kept_packets_stay() -> None:
    """Every kept packet keeps all its rows and its number."""
    run = outcome_of_set("syn-ack-altered").result
    kept = np.arange(len(run.trajectories)) % 2 == 0
    fates = restrict_fates(run.fates, kept)
    assert set(fates.packet.tolist()) == {p for p in run.fates.packet.tolist() if p % 2 == 0}
    mutations = restrict_mutations(run.mutations, kept)
    assert (mutations.columns.packet % 2 == 0).all()
    assert len(mutations.columns.packet) == int((run.mutations.columns.packet % 2 == 0).sum())
