"""Connection IDs of QUIC datagrams.

In: positions of UDP payloads. Out: ``QuicColumns`` of the chunk.
Method: RFC 9000 section 17, RFC 8999. A long header of a known version is believed if its IDs are no longer than 20
bytes. Any datagram may look like a short header, so those count only behind the first long header of a capture, in
record order: where the capture is cut into chunks changes nothing. Only the first packet of a datagram is read.
Not here: what the IDs tell (``flows``); other numbers, which are ciphertext.
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I64, U8, Bool, frozen
from correlate.model.packets import UDP, PacketColumns, PacketFlag
from correlate.model.quic import LEAST_PAYLOAD, LONGEST_ID, NO_QUIC, QuicColumns

_VERSIONS = (1, 0x6B3343CF)
"""RFC 9000 and RFC 9369; beside them drafts 27 to 34."""
_DRAFTS = 0xFF00001B, 0xFF000022


@attrs.define(kw_only=True)
class QuicReader:
    """What one capture has shown so far; give it every chunk in order."""

    has_handshake: bool = False

    def read(self, data: U8, payload: I64, out: PacketColumns, headers: tuple[int, int]) -> QuicColumns:
        """Return the connection IDs of a chunk's packets; ``payload`` int64 (n,): where each one's payload starts.

        ``headers``: how many datagrams may have a long header, and how many a short one.
        """
        if not headers[0] and not (headers[1] and self.has_handshake):
            return NO_QUIC
        is_datagram = (out.proto == UDP) & ((out.flags & np.uint32(PacketFlag.TRANSPORT)) != 0)
        rows = np.flatnonzero(is_datagram & (out.payload_cap >= LEAST_PAYLOAD))
        if not len(rows):
            return NO_QUIC
        at = payload[rows]
        form = data[at] & 0xC0
        is_long = form == 0xC0
        if is_long.any():
            is_long[is_long] = _is_handshake(data, at[is_long])
        is_short = form == 0x40
        if not self.has_handshake:
            first = int(is_long.argmax()) if is_long.any() else len(rows)
            is_short[:first] = False
        self.has_handshake |= bool(is_long.any())
        kept = is_long | is_short
        return _columns(data, rows[kept], at[kept], is_long[kept])


def _is_handshake(data: U8, at: I64) -> Bool:
    """Return which positions hold a long header that can be believed (RFC 9000 section 17.2)."""
    version = _word(data, at + 1)
    is_known = (
        (version == _VERSIONS[0]) | (version == _VERSIONS[1]) | ((version >= _DRAFTS[0]) & (version <= _DRAFTS[1]))
    )
    target = data[at + 5].astype(np.int64)
    fits = target <= LONGEST_ID
    source = data[at + 6 + np.where(fits, target, 0)]
    return np.asarray(is_known & fits & (source <= LONGEST_ID))


def _word(data: U8, at: I64) -> I64:
    """Return 32-bit words in network order."""
    parts = [data[at + byte].astype(np.int64) << (24 - 8 * byte) for byte in range(4)]
    return parts[0] | parts[1] | parts[2] | parts[3]


def _columns(data: U8, rows: I64, at: I64, is_long: Bool) -> QuicColumns:
    """Return the columns of datagrams whose header is known."""
    begin = at + np.where(is_long, 6, 1)
    length = np.where(is_long, data[at + 5].astype(np.int64), LONGEST_ID)
    target = data[begin[:, None] + np.arange(LONGEST_ID)]
    target = np.where(np.arange(LONGEST_ID) < length[:, None], target, 0)
    source_len = data[begin + np.where(is_long, length, 0)].astype(np.int64)
    return QuicColumns(
        row=frozen(rows, np.int64),
        target=frozen(target, np.uint8),
        target_len=frozen(np.where(is_long, length, -1), np.int8),
        source_len=frozen(np.where(is_long, source_len, -1), np.int8),
    )
