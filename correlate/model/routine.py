"""What routing and a plain NAT did to most packets, as one byte per packet and hop instead of a row per field.

In: made by ``metrics``. Out: used by ``MutationTable`` (rows for who asks) and ``report`` (counts).
Method: such changes follow from the two sightings of a packet, so it is enough to know which fields changed; their
values stay where they are, in the packets' columns. Five changed fields per packet would take 130 bytes as rows.
Not here: which packets are routine (``metrics``), changes that are news (``mutations.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I32, I64, U8, U16, U32, Bool, frozen


class RoutineEnd(NamedTuple):
    """Values at one end of a hop: columns of its packets, then one entry per row of its tuple table."""

    flags: U32
    tuple_id: I32
    proto: U8
    ttl: U8
    ip_csum: U16
    l4_csum: U16
    src: I64
    """Index into ``MutationTable.texts``; -1 where no routine change shows it."""
    dst: I64
    sport: I64
    dport: I64


@attrs.frozen(kw_only=True, eq=False)
class RoutineHop:
    """Routine changes of one hop."""

    hop: int
    mask: U8
    """Per packet: routine fields that changed, as bits (``routine_kernel.py``); ``ODD`` = told row by row."""
    near: RoutineEnd
    far: RoutineEnd


def no_routine(hop: int) -> RoutineHop:
    """Return the routine changes of a hop that has none."""
    end = RoutineEnd(*(frozen(np.zeros(0), dtype) for dtype in _END_DTYPES))
    return RoutineHop(hop=hop, mask=frozen(np.zeros(0), np.uint8), near=end, far=end)


_END_DTYPES = (np.uint32, np.int32, np.uint8, np.uint8, np.uint16, np.uint16, *(np.int64,) * 4)


@attrs.frozen(kw_only=True, eq=False)
class Routine:
    """Routine changes of a run; hops that have none are left out."""

    hops: tuple[RoutineHop, ...]
    rows: I64
    """Those of the TrajectoryTable."""
    is_forward: Bool
    """Per packet."""
    fields: I64
    """Shape (IPv4 and IPv6 by TCP and UDP, routine fields): index into ``MutationTable.fields``."""

    def at(self, packets: I64) -> Routine:
        """Return the same of these packets only, numbered from 0."""
        return attrs.evolve(
            self,
            hops=tuple(attrs.evolve(one, mask=frozen(one.mask[packets])) for one in self.hops),
            rows=frozen(self.rows[packets]),
            is_forward=frozen(self.is_forward[packets]),
        )

    def only(self, kept: Bool) -> Routine:
        """Return the routine changes of the packets of a mask; packets keep their numbers."""
        masks = (frozen(np.where(kept, one.mask, 0), np.uint8) for one in self.hops)
        return attrs.evolve(
            self, hops=tuple(attrs.evolve(one, mask=mask) for one, mask in zip(self.hops, masks, strict=True))
        )
