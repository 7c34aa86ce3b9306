"""One number per address for the whole run, and what checksums make of addresses and ports.

In: the ``TupleColumns`` of every vantage.
Out: an ``AddressBook`` (address <-> number) and per vantage ``TupleFacts``, one entry per tuple row.
Method: two tuple tables number the same address differently, so addresses are ranked together once; from then on
"the same address" is an integer comparison. Sums are ones-complement sums of 16-bit words (RFC 1071).
Not here: which packet has which tuple (``sightings.py``), names for addresses.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import I64, U8
from correlate.model.packets import ICMP, ICMPV6, PacketTable, TupleColumns

ONES = 65535
"""Modulus of ones-complement 16-bit arithmetic."""


class TupleFacts(NamedTuple):
    """One entry per row of one vantage's tuple table, all int64."""

    src: I64
    """Number of the address in the ``AddressBook``."""
    dst: I64
    sport: I64
    """-1 = none."""
    dport: I64
    version: I64
    address_sum: I64
    """Both addresses as 16-bit words, added modulo 65535: their share of a pseudo-header or IPv4 header."""
    port_sum: I64
    """Both ports (ICMP: the identifier, once) modulo 65535."""


@attrs.frozen(kw_only=True)
class AddressBook:
    """Every address of every vantage; the number is the row."""

    octets: U8
    """Shape (addresses, 16)."""
    version: I64

    def text(self, number: int) -> str:
        """Return the address as ``tshark -T fields`` prints it."""
        octets = self.octets[number].tobytes()
        # The same for IPv4, at a tenth of the time; IPv6 would show embedded IPv4 addresses another way.
        return socket.inet_ntoa(octets[12:]) if self.version[number] == 4 else str(ipaddress.IPv6Address(octets))


def number_addresses(packets: Sequence[PacketTable]) -> tuple[AddressBook, tuple[TupleFacts, ...]]:
    """Give a number to all addresses of all vantages together.

    Parameters
    ----------
    packets : sequence of PacketTable
        Input order.

    Returns
    -------
    AddressBook
        Every distinct address once.
    tuple of TupleFacts
        Per vantage, aligned with its ``TupleColumns``.
    """
    tables = [table.tuples for table in packets]
    sides = [octets for table in tables for octets in (table.src, table.dst)]
    octets = np.ascontiguousarray(np.concatenate(sides)) if sides else np.zeros((0, 16), np.uint8)
    version = np.concatenate([np.zeros(0, np.int64), *(np.tile(table.version.astype(np.int64), 2) for table in tables)])
    first, number = _rank(octets, version)
    book = AddressBook(octets=octets[first], version=version[first])
    facts, start = [], 0
    for table in tables:
        size = len(table.proto)
        facts.append(_facts(table, number[start : start + size], number[start + size : start + 2 * size]))
        start += 2 * size
    return book, tuple(facts)


def _rank(octets: U8, version: I64) -> tuple[I64, I64]:
    """Return the first row of each distinct (version, octets) and the rank of every row."""
    if not len(octets):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    halves = octets.view(np.uint64)
    order = np.lexsort((halves[:, 1], halves[:, 0], version))
    is_new = np.ones(len(order), np.bool_)
    ordered, ordered_version = halves[order], version[order]
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1) | (ordered_version[1:] != ordered_version[:-1])
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(is_new) - 1
    return order[is_new], number


def _facts(table: TupleColumns, src: I64, dst: I64) -> TupleFacts:
    """Return what comparisons need of one tuple table."""
    sport, dport = table.sport.astype(np.int64), table.dport.astype(np.int64)
    is_icmp = (table.proto == ICMP) | (table.proto == ICMPV6)
    ports = np.maximum(sport, 0) + np.where(is_icmp, 0, np.maximum(dport, 0))
    is_short = table.version == 4
    return TupleFacts(
        src=src,
        dst=dst,
        sport=sport,
        dport=dport,
        version=table.version.astype(np.int64),
        address_sum=(_word_sum(table.src, is_short) + _word_sum(table.dst, is_short)) % ONES,
        port_sum=ports % ONES,
    )


def _word_sum(octets: U8, is_short: NDArray[np.bool_]) -> I64:
    """Add an address's big-endian 16-bit words; of an IPv4 address only the last two."""
    wide = octets.astype(np.int64)
    words = wide[:, 0::2] * 256 + wide[:, 1::2]
    found: I64 = np.where(is_short, words[:, 6:].sum(axis=1), words.sum(axis=1))
    return found
