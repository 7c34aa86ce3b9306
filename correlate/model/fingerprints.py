"""What of a packet survives NAT, as numbers to join on.

In: made by ``fingerprint`` (one row per row of the PacketTable). Out: used by ``match``.
Method: components, not finished keys: ``match`` drops one component at a time and shifts ``seq``/``ack`` where a
firewall rewrote the initial sequence numbers (algorithms section 2). Addresses, ports, TTL, DSCP and checksums are in
none of them, nor are the ECN bits of TCP. Nearly every packet is matched by the strictest key alone, so that one is
ready made and the components of a packet are computed when they are asked for.
Not here: which components make a tier (``match/ladder.py``), how they are made (``fingerprint/components.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I64, U8, Bool

Rows = Any
"""Rows of a PacketTable: positions, a mask or a slice."""


@attrs.frozen(kw_only=True)
class Fingerprints:
    """Of the packets of one vantage: three columns, one entry per packet, and the components on demand.

    Components, by name: ``shape`` (what kind of packet), ``ident`` (IP ID, -1 = none), ``seq``, ``ack``, ``length``
    (transport payload on the wire, bytes), ``body`` (hash of the length and, without TCP, of the first bytes),
    ``head`` and ``opening`` (hashes of the first 32 payload bytes, with and without the length; 0 = not known),
    ``total`` (payload sum as the headers tell it, 0 = unknown), ``stamp`` (hash of the TCP timestamps, 0 = none),
    ``detail`` (hash of what a scrubber may change), ``sack`` (hash of the first SACK block, 0 = none), ``is_bare`` (TCP
    without payload, SYN, FIN or RST: such packets repeat without being retransmissions), ``mapping`` (hash of the MPTCP
    mapping, 0 = none), ``is_wrong`` (the transport checksum is wrong, and stays so through translators, RFC 1624).
    """

    exact: I64
    """Hash of ``ident``, ``seq``, ``ack``, ``shape``, ``body``, ``stamp``, ``detail``, ``sack``: the strictest key."""
    is_telling: Bool
    """The IP ID tells transmissions of this sender apart: there is one, it is not 0, and the sender changes it."""
    bits: U8
    """Cautious estimate of how much chance it would take for another packet to have the same components, bits."""
    components: Mapping[str, Callable[[Rows], NDArray[Any]]]
    """What makes each component of some rows."""

    def at(self, name: str, rows: Rows) -> NDArray[Any]:
        """Return a column or a component of some packets; integers as int64."""
        made = self.components.get(name)
        return getattr(self, name)[rows] if made is None else made(rows)

    def __len__(self) -> int:
        return len(self.exact)


_MIXED_AT_ONCE = 1 << 13
"""Rows: what they need stays in the processor's nearest cache."""

U64 = NDArray[np.uint64]


def mixed(*parts: Any) -> I64:
    """Return one int64 hash per row of integer columns (or scalars), equal on every machine.

    Multiply and shift, as in splitmix64; arithmetic in uint64 throughout, wrapping.

    >>> bool(mixed(np.array([1, 2]), 3)[0] == mixed(np.array([1]), 3)[0])
    True
    """
    columns = [np.atleast_1d(np.asarray(part)) for part in parts]
    (rows,) = np.broadcast_shapes(*(column.shape for column in columns))
    mixed_rows = np.zeros(rows, np.uint64)
    for begin in range(0, rows, _MIXED_AT_ONCE):
        some = slice(begin, begin + _MIXED_AT_ONCE)
        _mix([column if len(column) == 1 else column[some] for column in columns], mixed_rows[some])
    return mixed_rows.view(np.int64)


def _mix(columns: list[NDArray[Any]], state: U64) -> None:
    """Mix a few thousand rows into ``state``, in place."""
    shifted = np.empty_like(state)
    for column in columns:
        state ^= column.astype(np.int64, copy=False).view(np.uint64)
        state += np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            np.right_shift(state, np.uint64(shift), out=shifted)
            state ^= shifted
            state *= np.uint64(factor)
    np.right_shift(state, np.uint64(31), out=shifted)
    state ^= shifted


def sack_hash(left: Any, right: Any) -> I64:
    """Return ``sack`` of a block's edges; never 0.

    >>> bool(sack_hash(np.array([1]), np.array([2]))[0] == sack_hash(np.array([2]), np.array([1]))[0])
    False
    """
    return mixed(left, right) | 1
