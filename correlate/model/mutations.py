"""Fields of one packet that differ between the two ends of a hop.

In: made by ``metrics``. Out: used by ``diagnose``, ``report``.
Method: flat columns; values are integers, rendered only when written (``Codec`` says how). What routing and a plain NAT
did to the bulk of the packets is kept as a rule (``routine.py``), and becomes rows only for who asks for all of them.
Not here: what a change means (``diagnose``).
"""

from __future__ import annotations

import enum
from functools import cached_property
from typing import Any, NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I8, I16, I32, I64, Bool, freeze, take
from correlate.model.routine import Routine
from correlate.model.routine_kernel import ODD, lay_routine


class MutationKind(enum.IntEnum):
    """Contract: mutations.parquet ``kind``."""

    CHANGED = 0
    ADDED = 1
    REMOVED = 2
    CORRUPTED = 3

    @property
    def code(self) -> str:
        """The word in reports."""
        return self.name.lower()


class MutationColumns(NamedTuple):
    """One row per packet, hop and field that differs."""

    packet: I32
    """Row of the TrajectoryTable: widen it before multiplying."""
    hop: I16
    field: I16
    """Index into ``MutationTable.fields``."""
    kind: I8
    expected: Bool
    """What routing and a plain NAT do."""
    before: I64
    """Along the packet's travel; meaning by the field's codec; -1 = absent."""
    after: I64


MUTATION_DTYPES = (np.int32, np.int16, np.int16, np.int8, np.bool_, np.int64, np.int64)
"""Of ``MutationColumns``."""


@attrs.frozen(kw_only=True, slots=False)
class MutationTable:
    """All changes, sorted by packet, hop, field."""

    odd: MutationColumns
    """Changes told row by row: all of packets to which anything but the routine happened, all that are not expected."""
    routine: Routine | None = None
    """Changes of all other packets; None = there are none, ``odd`` is everything."""
    fields: tuple[str, ...]
    """Wireshark field names (``wire/names.py``)."""
    codecs: tuple[str, ...]
    """Per field: ``dec``, ``hex2``, ``hex4``, ``hex8``, ``bool`` (True/False as tshark prints it), ``text``."""
    texts: tuple[str, ...]
    """Values of ``text`` fields (addresses, payload hex): ``before``/``after`` index into this."""

    @cached_property
    def columns(self) -> MutationColumns:
        """Every change as a row: 26 bytes each, made when first asked for."""
        return self.odd if self.routine is None else spelled(self.routine, self.odd)

    def of(self, packet: int) -> MutationColumns:
        """Return the changes of one packet."""
        here = slice(*np.searchsorted(self.odd.packet, np.array([packet, packet + 1], self.odd.packet.dtype)))
        mine = take(self.odd, here)
        if self.routine is None:
            return mine
        alone = mine._replace(packet=np.zeros_like(mine.packet))
        found = spelled(self.routine.at(np.array([packet])), alone)
        return freeze(found._replace(packet=found.packet + np.int32(packet)))

    def text(self, field: int, value: int) -> str | None:
        """Return a value as ``tshark -T fields`` prints it; None = absent."""
        if value == -1:
            return None
        codec = self.codecs[field]
        if codec == "text":
            return self.texts[value]
        if codec == "bool":
            return "True" if value else "False"
        if codec == "dec":
            return str(value)
        return f"0x{value:0{int(codec[3:])}x}"


def spelled(routine: Routine, odd: MutationColumns) -> MutationColumns:
    """Return routine changes and the others as rows, sorted by packet, hop, field.

    A packet has either on a hop, never both, so each packet and hop knows where its rows go.
    """
    packets, hops = len(routine.rows), max(1, routine.rows.shape[1] - 1)
    slot = odd.packet.astype(np.int64) * hops + odd.hop
    counts = np.bincount(slot, minlength=packets * hops)
    bits = np.array([0 if mask == ODD else mask.bit_count() for mask in range(2 * ODD)], np.int64)
    for one in routine.hops:
        counts[one.hop :: hops] += bits[one.mask]
    cursor = np.cumsum(counts)
    cursor -= counts
    columns: list[Any] = [np.empty(int(counts.sum()), dtype) for dtype in MUTATION_DTYPES]
    # Rows of one slot stand together: the first of them goes where the slot begins.
    at = cursor[slot] + np.arange(len(slot)) - np.searchsorted(slot, slot)
    for column, values in zip(columns, odd, strict=True):
        column[at] = values
    out = MutationColumns(*columns)
    for one in routine.hops:
        ends = one.near, one.far
        lay_routine(routine.rows, one.hop, hops, one.mask, routine.is_forward, *ends, routine.fields, cursor, out)
    return freeze(out)
