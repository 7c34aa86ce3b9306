"""What of a packet survives NAT, as numbers to join on.

In: made by ``fingerprint`` (one row per row of the PacketTable). Out: used by ``match``.
Method: components, not finished keys: ``match`` drops one component at a time and shifts ``seq``/``ack`` where a
firewall rewrote the initial sequence numbers (algorithms section 2). Addresses, ports, TTL, DSCP and checksums are in
none of them, nor are the ECN bits of TCP.
Not here: which components make a tier (``match/keys.py``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I32, I64, U8, Bool


class FingerprintColumns(NamedTuple):
    """One row per packet."""

    shape: I64
    """Hash of protocol, TCP flags (without ECE, CWR, AE) or ICMP type, fragment offset and MF. ICMPv6 echo and errors
    get the numbers of their ICMP twins, so that NAT64 changes nothing."""
    ident: I64
    """IP ID; -1 = none."""
    is_telling: Bool
    """The IP ID tells transmissions of this sender apart: there is one, it is not 0, and the sender changes it."""
    seq: I64
    """TCP, ICMP echo, ESP, AH or GRE sequence number, TSN of SCTP; of an ICMP error that of the packet it quotes.
    0 = none."""
    ack: I64
    """TCP acknowledgement number (0 without ACK), SPI, GRE key, SCTP verification tag; of an ICMP error the payload sum
    of the packet it quotes; else 0."""
    length: I32
    """Transport payload length on the wire, bytes; 0 for ICMP errors (translation may change it)."""
    body: I64
    """Hash of the length; without TCP also of the first 32 payload bytes (a marker stands for them when cut away)."""
    head: I64
    """Hash of the first 32 payload bytes and the length; 0 = no payload, or cut away."""
    opening: I64
    """Hash of the first 32 payload bytes of what is no TCP, whatever its length; 0 = fewer, or a later fragment."""
    total: I64
    """Payload sum as the headers tell it (RFC 1624); 0 = unknown. Known without any captured payload."""
    stamp: I64
    """Hash of TSval and TSecr; 0 = no TCP timestamps."""
    detail: I64
    """Hash of what a scrubber may change: window, urgent pointer; the IP ID that an ICMP error quotes."""
    sack: I64
    """Hash of the first SACK block, 0 = none: it moves with the acknowledgement number, unless a box forgets it."""
    is_bare: Bool
    """TCP without payload, SYN, FIN or RST: such packets repeat without being retransmissions."""
    mapping: I64
    """Hash of the MPTCP mapping, 0 = none: bytes that another subflow sends again have another one (reinjection)."""
    is_wrong: Bool
    """The transport checksum is wrong. Translators update it by what they change (RFC 1624), so that a wrong one stays
    wrong: it tells apart packets that are alike in all else, and is no part of ``exact``."""
    exact: I64
    """Hash of all components above but ``head`` and ``total``: the strictest key, ready made because nearly
    every packet needs it."""
    bits: U8
    """Cautious estimate of how much chance it would take for another packet to have the same components, bits."""


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
    """Return ``FingerprintColumns.sack`` of a block's edges; never 0.

    >>> bool(sack_hash(np.array([1]), np.array([2]))[0] == sack_hash(np.array([2]), np.array([1]))[0])
    False
    """
    return mixed(left, right) | 1
