"""New addresses for old ones, under a key.

In: addresses as bytes. Out: addresses as bytes, always the same for the same.
Method: Prefix-preserving (Xu, Fan, Ammar, Moon, ICNP 2002): whether a bit changes is a keyed function of the bits
before it, so two addresses share as many first bits after as before. The function is keyed BLAKE2b of the prefix and
its length. (Crypto-PAn, the usual one, enciphers the prefix padded with bits of the key: where a bit equals its padding
the next one changes as it did, and 1 of 1,500 private addresses stayed what it was.) If no bit before the last has
changed, the last one does. What an address is for stays: private, link-local, shared and multicast ranges keep their
prefix, and no other address is moved into one (it is changed again until it is outside). Unspecified, loopback and
broadcast addresses stay. An IPv4 address inside a NAT64 or mapped prefix is the new IPv4 address. MACs keep their group
and local bits; their other bits are a keyed hash.
Not here: where addresses are in a frame.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

RANGES_V4 = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "224.0.0.0/4")
)
FIXED_V4 = tuple(ip_network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "255.255.255.255/32", "224.0.0.0/24"))
RANGES_V6 = tuple(ip_network(text) for text in ("fc00::/7", "fe80::/10"))
FIXED_V6 = tuple(ip_network(text) for text in ("::/127", "ff02::/120"))
EMBEDDED_V6 = tuple(ip_network(text) for text in ("64:ff9b::/96", "::ffff:0:0/96", "::/96"))
RESERVED_V4 = (*RANGES_V4, *FIXED_V4)
RESERVED_V6 = (*RANGES_V6, *FIXED_V6, *EMBEDDED_V6, ip_network("ff00::/8"))
GROUP_MACS = (b"\xff\xff\xff\xff\xff\xff", b"\x00\x00\x00\x00\x00\x00")


@attrs.define
class Pseudonyms:
    """All new names that one key gives."""

    key: bytes
    """32 bytes."""
    has_ports: bool = False
    """Ports are renamed too."""
    known: dict[bytes, bytes] = attrs.field(factory=dict)
    prefixes: bytes = b""
    ports: NDArray[np.uint16] | None = None

    def __attrs_post_init__(self) -> None:
        self.prefixes = self.derived(b"addresses")
        if self.has_ports:
            self.ports = self._permuted_ports()

    def derived(self, purpose: bytes) -> bytes:
        """Return a key of 32 bytes for one purpose."""
        return hashlib.blake2b(purpose, key=self.key, digest_size=32).digest()

    def of(self, addresses: Iterable[bytes]) -> list[bytes]:
        """Return the new address of each: 4 bytes IPv4, 6 a MAC, 16 IPv6."""
        return [self.known.get(one) or self._name(one) for one in addresses]

    def _name(self, address: bytes) -> bytes:
        if len(address) == 4:
            new = self._v4(int.from_bytes(address, "big")).to_bytes(4, "big")
        elif len(address) == 16:
            new = self._v6(int.from_bytes(address, "big")).to_bytes(16, "big")
        else:
            new = self._mac(address)
        self.known[address] = new
        return new

    def _v4(self, value: int) -> int:
        address = IPv4Address(value)
        if _is_in(address, FIXED_V4):
            return value
        own = next((network for network in RANGES_V4 if address in network), None)
        while True:
            value = self._changed(value, 32, 0 if own is None else own.prefixlen)
            # Again until it is in the set that it came from: so no two addresses meet.
            if not _is_in(IPv4Address(value), RESERVED_V4 if own is None else FIXED_V4):
                return value

    def _v6(self, value: int) -> int:
        address = IPv6Address(value)
        if _is_in(address, FIXED_V6):
            return value
        if _is_in(address, EMBEDDED_V6):
            return (value >> 32 << 32) | self._v4(value & 0xFFFFFFFF)
        own = next((network for network in RANGES_V6 if address in network), None)
        if address.is_multicast:
            own = ip_network((value >> 112 << 112, 16))
        while True:
            value = self._changed(value, 128, 0 if own is None else own.prefixlen)
            if not _is_in(IPv6Address(value), RESERVED_V6 if own is None else FIXED_V6):
                return value

    def _changed(self, value: int, width: int, kept: int) -> int:
        """Return another address: its first ``kept`` bits stay, each further one changes as the bits before it say."""
        flips = 0
        for place in range(kept, width):
            prefix = (value >> (width - place)).to_bytes(16, "big")
            drawn = hashlib.blake2b(bytes([width, place]) + prefix, key=self.prefixes, digest_size=1).digest()
            flips = flips << 1 | (drawn[0] & 1)
        return value ^ (flips or 1)

    def _mac(self, address: bytes) -> bytes:
        if address in GROUP_MACS:
            return address
        kept = 3 if address[:3] == b"\x01\x00\x5e" else 2 if address[:2] == b"\x33\x33" else 0
        fresh = hashlib.blake2b(address, key=self.derived(b"mac"), digest_size=6).digest()
        first = (fresh[0] & 0xFC) | (address[0] & 3)
        return address[:kept] + (bytes([first]) + fresh[1:])[kept:]

    def _permuted_ports(self) -> NDArray[np.uint16]:
        """Return new numbers for ports 0 to 65535; 0 stays."""
        key = self.derived(b"ports")
        drawn = b"".join(hashlib.blake2b(b"%d" % port, key=key, digest_size=8).digest() for port in range(1, 65536))
        order = np.argsort(np.frombuffer(drawn, np.uint64), kind="stable")
        table = np.zeros(65536, np.uint16)
        table[1:] = (order + 1).astype(np.uint16)
        return table


def _is_in(address: Any, networks: tuple[Any, ...]) -> bool:
    return any(address in network for network in networks)
