"""New payload bytes for old ones, under a key.

In: the captured bytes of a payload and its length on the wire. Out: as many other bytes.
Method: blocks of 32 bytes; each is a keyed BLAKE2b hash of all bytes up to its end. So equal payloads stay equal,
different ones differ, two that differ do so from the same block on, and the first 32 bytes of a cut payload are those
of the whole one. Of a payload captured whole, the last even word is chosen so that its ones-complement sum is the old
one: no transport checksum moves, and what headers tell of a payload (RFC 1624) stays true between captures. Payloads of
one or two bytes are moved within their values instead, as their sum would give them away.
Zeros stay zeros, and that a handshake of TLS begins stays.
Not here: which bytes are payload.
"""

from __future__ import annotations

import hashlib

import attrs

BLOCK = 32
WORDS = 65535
HANDSHAKE = b"\x16\x03"
"""Record type and major version of TLS (RFC 8446 section 5.1): that a handshake goes on is no secret."""
LEAST_TOLD = 4
"""Bytes of a whole payload from which its first two do not hold the word that keeps the sum."""


@attrs.define
class PayloadMask:
    """Masks payloads under one key."""

    key: bytes

    def of(self, payload: bytes, wire_len: int) -> bytes:
        """Return the new bytes of what is captured of a payload."""
        if not any(payload):
            return payload
        is_whole = len(payload) == wire_len
        if is_whole and wire_len <= 2:
            return self._small(payload)
        masked = bytearray(self._blocks(payload))
        if not is_whole or wire_len >= LEAST_TOLD:
            self._tell(payload, masked)
        if is_whole:
            at = (wire_len & ~1) - 2
            masked[at : at + 2] = b"\0\0"
            word: int = (_sum(payload) - _sum(masked)) % WORDS
            masked[at : at + 2] = word.to_bytes(2, "big")
        return bytes(masked)

    def _blocks(self, payload: bytes) -> bytes:
        state = b""
        parts: list[bytes] = []
        for at in range(0, len(payload), BLOCK):
            state = hashlib.blake2b(state + payload[at : at + BLOCK], key=self.key, digest_size=BLOCK).digest()
            parts.append(state)
        return b"".join(parts)[: len(payload)]

    def _tell(self, payload: bytes, masked: bytearray) -> None:
        """Let what begins with a handshake record of TLS begin so, and nothing else."""
        if payload.startswith(HANDSHAKE):
            masked[: len(HANDSHAKE)] = HANDSHAKE
        elif masked.startswith(HANDSHAKE):
            masked[0] ^= 0xFF

    def _small(self, payload: bytes) -> bytes:
        """Return one or two bytes, not all zero, moved around within such values."""
        size = len(payload)
        values: int = 256**size - 1
        step = int.from_bytes(hashlib.blake2b(bytes([size]), key=self.key, digest_size=8).digest(), "big")
        return ((int.from_bytes(payload, "big") - 1 + step) % values + 1).to_bytes(size, "big")


def _sum(data: bytes | bytearray) -> int:
    """Return the sum of the big-endian 16-bit words, an odd last byte being the high half of one; modulo 65535."""
    padded = bytes(data) + bytes(len(data) % 2)
    # 2**16 is 1 modulo 65535: the number that the bytes spell is congruent to the sum of its words.
    return int.from_bytes(padded, "big") % WORDS
