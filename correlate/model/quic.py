"""Connection IDs that QUIC packets show.

In: made by ``dissect``. Out: used by ``flows``.
Method: a side table, one row per datagram that may be QUIC, because few captures hold any. Only a handshake packet says
how long its IDs are; of the others the first bytes are kept (RFC 9000 section 17).
Not here: which datagrams are one connection (``flows``).
"""

from __future__ import annotations

from typing import NamedTuple

from correlate.model.arrays import I8, I64, U8, frozen

LONGEST_ID = 20
"""Bytes of a connection ID (RFC 9000 section 17.2)."""

LEAST_PAYLOAD = 7 + 2 * LONGEST_ID
"""Captured payload bytes from which a datagram is looked at: a long header with the longest IDs. Shorter short headers
name the same connections as their neighbours do."""


class QuicColumns(NamedTuple):
    """One row per datagram, by row of the PacketTable."""

    row: I64
    target: U8
    """Shape (n, 20): destination connection ID; of a short header the bytes where it stands; padded with zeros."""
    target_len: I8
    """Bytes of it; -1 = a short header, which does not say."""
    source_len: I8
    """Bytes of the source connection ID, which the other end will use as destination; -1 = a short header."""


NO_QUIC = QuicColumns(
    row=frozen([], "i8"),
    target=frozen([[0] * LONGEST_ID], "u1")[:0],
    target_len=frozen([], "i1"),
    source_len=frozen([], "i1"),
)
"""The table of a capture without QUIC."""
