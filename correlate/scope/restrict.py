"""Cuts what is told down to some packets.

**In:** fates, mutations, a mask over the packets. **Out:** the rows of these packets; packets keep their numbers.
**Method:** plain indexing. Trajectories stay whole: what was left out is no longer told of, but still is evidence.
**Not here:** which packets (``select.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import Bool, take
from correlate.model.mutations import MutationTable
from correlate.model.trajectories import FateColumns


def restrict_fates(fates: FateColumns, kept: Bool) -> FateColumns:
    """Return the fates of the kept packets."""
    return take(fates, np.flatnonzero(kept[fates.packet])) if len(fates.packet) else fates


def restrict_mutations(mutations: MutationTable, kept: Bool) -> MutationTable:
    """Return the changes of the kept packets."""
    odd, routine = mutations.odd, mutations.routine
    return attrs.evolve(
        mutations,
        odd=take(odd, np.flatnonzero(kept[odd.packet])),
        routine=None if routine is None else routine.only(kept),
    )
