"""What a hop does to the numbers of each flow, learned from its packets.

In: made by ``metrics``. Out: used by ``report``.
Not here: single changed fields (``mutations.py``), addresses and ports (``metrics.TranslationGroup``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I16, I32, I64, Bool


class RewritingColumns(NamedTuple):
    """One row per hop, joined flow and direction whose numbers change there."""

    hop: I16
    """``Path`` hop index."""
    flow: I32
    is_outbound: Bool
    packets: I64
    """Packets seen at both ends."""
    seq_shift: I64
    """Sequence number at the hop's far end (path order) minus that at its near end, modulo 2**32, of most packets."""
    seq_steps: I64
    """How often that difference changes along the bytes: 1 or more where a gateway makes payload longer or shorter."""
    stamp_shift: I64
    """The same for TSval; 0 where there are no timestamps."""
    is_ident_rewritten: Bool
    """Most IPv4 identifications differ."""


def no_rewritings() -> RewritingColumns:
    """Return an empty table.

    >>> len(no_rewritings().hop)
    0
    """
    number, flag = np.zeros(0, np.int64), np.zeros(0, np.bool_)
    return RewritingColumns(
        hop=np.zeros(0, np.int16),
        flow=np.zeros(0, np.int32),
        is_outbound=flag,
        packets=number,
        seq_shift=number,
        seq_steps=number,
        stamp_shift=number,
        is_ident_rewritten=flag,
    )
