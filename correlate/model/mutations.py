"""Fields of one packet that differ between the two ends of a hop.

In: made by ``metrics``. Out: used by ``diagnose``, ``report``.
Method: flat columns; values are integers, rendered only when written (``Codec`` says how).
Not here: what a change means (``diagnose``).
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import attrs

from correlate.model.arrays import I8, I16, I32, I64, Bool


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


@attrs.frozen(kw_only=True)
class MutationTable:
    """All changes, sorted by packet, hop, field."""

    columns: MutationColumns
    fields: tuple[str, ...]
    """Wireshark field names (``wire/names.py``)."""
    codecs: tuple[str, ...]
    """Per field: ``dec``, ``hex2``, ``hex4``, ``hex8``, ``bool`` (True/False as tshark prints it), ``text``."""
    texts: tuple[str, ...]
    """Values of ``text`` fields (addresses, payload hex): ``before``/``after`` index into this."""

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
