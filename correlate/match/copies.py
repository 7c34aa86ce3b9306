"""Packets that one capture holds more than once.

**In:** packets and fingerprints of a vantage. **Out:** ``Repeats``: which row repeats which, and whether the capture
itself made it so.
**Method:** equal in everything that identifies a transmission, within a few milliseconds. Another link-layer header,
VLAN, tunnel, interface or a lower TTL proves a second tap on the same packet (SPAN, VLAN, routed copy). Equal frames
are copies where a large share of the interface's packets is doubled; where it is rare they are left to the comparison
with other vantages (``duplicates.py``), because a network can duplicate a packet too (RFC 5560).
**Not here:** retransmissions: their IP ID is new, or at least 10 ms lie between.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.match.joins import tabulate
from correlate.match.sides import Elapsed
from correlate.model.arrays import F64, I32, I64, Bool
from correlate.model.fingerprints import Fingerprints
from correlate.model.ordering import stable_order
from correlate.model.packets import PacketTable

_COPY_NS = 10e6
"""Two taps on one packet lie this close; the least retransmission timers are far beyond."""
_FASTEST_RESEND_NS = 100e3
"""No sender repeats itself sooner than a round trip."""
_SPAN_SHARE = 0.1
"""Share of doubled packets, of those whose doubles show, from which an interface is taken for a doubling tap."""
_TICK_SAMPLE = 20_000
"""Stamps looked at for their common divisor."""
_FEW_HOPS = 8
"""A routed copy has lost at most this many hops."""


class Repeats(NamedTuple):
    """What one capture holds more than once."""

    row: I64
    """Rows that repeat another, ascending."""
    first: I64
    """First sighting of the same transmission, for each of these."""
    is_copy: Bool
    """Per row of the capture: it doubled that packet itself."""
    is_repeat: Bool
    """Per row: repeats another, and it is not known who doubled it."""

    def original(self, rows: I64) -> I64:
        """Return the first sighting of what the rows hold; the row itself for all others."""
        if not len(self.row):
            return rows
        at = np.minimum(np.searchsorted(self.row, rows), len(self.row) - 1)
        return np.where(self.row[at] == rows, self.first[at], rows)


def find_repeats(packets: PacketTable, prints: Fingerprints, time: F64 | Elapsed, before: I32 | None = None) -> Repeats:
    """Return the repeated sightings of one capture.

    ``before``: per row, the one before it that has the same strictest key, -1 = none; None = not known. Cost O(n).
    """
    columns = packets.columns
    count = len(packets)
    is_copy = np.zeros(count, np.bool_)
    before = tabulate(prints.exact, tells_before=True).before if before is None else before
    two = np.flatnonzero(before >= 0)
    one = before[two].astype(np.int64)
    gap = time[two] - time[one]
    is_close = (gap >= 0) & (gap <= _COPY_NS)
    if not is_close.any():
        nothing = np.zeros(0, np.int64)
        return Repeats(nothing, nothing, is_copy, np.zeros(count, np.bool_))
    # Equal keys together, as they follow one another.
    two = two[is_close]
    two = two[stable_order(prints.exact[two])]
    one = before[two].astype(np.int64)
    gap = time[two] - time[one]
    fall = columns.ttl[one].astype(np.int64) - columns.ttl[two]
    is_elsewhere = (
        (columns.link_hash[one] != columns.link_hash[two])
        | (columns.vlan[one] != columns.vlan[two])
        | (columns.interface[one] != columns.interface[two])
        | (columns.tunnel[one] != columns.tunnel[two])
        | (fall > 0)
    )
    same_digest = columns.digest[one] == columns.digest[two]
    same_tuple = columns.tuple_id[one] == columns.tuple_id[two]
    # Rewritten addresses need numbers that chance does not repeat; without telling ID a pure ACK repeats by nature.
    is_one = same_digest & (same_tuple | (prints.bits[one] >= 40))
    is_soon = same_tuple & (gap <= _FASTEST_RESEND_NS)
    is_soon &= bool(is_soon.any()) and _tick(time) < _FASTEST_RESEND_NS
    is_one &= prints.is_telling[two] | (~prints.at("is_bare", two) & ((prints.bits[two] >= 24) | is_soon))
    routed = is_one & is_elsewhere & (fall >= 0) & (fall <= _FEW_HOPS)
    equal = is_one & ~is_elsewhere & same_tuple
    tapped = routed.copy()
    if equal.any():
        shows = prints.is_telling | (~prints.at("is_bare", slice(None)) & (prints.bits >= 24))
        doubling = _doubling_interfaces(columns.interface, two[equal], np.flatnonzero(shows))
        tapped |= equal & doubling[columns.interface[two]]
    # On a fast network a retransmission may follow within a millisecond; only a telling IP ID tells it from a double.
    equal &= tapped | prints.is_telling[two] | is_soon
    tapped |= _by_rhythm(one, two, tapped, is_elsewhere | ~same_tuple | ~same_digest, time)
    is_copy[two[tapped]] = True
    known = tapped | equal
    by_row = np.argsort(two[known])
    row, first = two[known][by_row], one[known][by_row]
    is_repeat = np.zeros(count, np.bool_)
    is_repeat[row] = True
    is_repeat &= ~is_copy
    return _first_of_chain(Repeats(row, first, is_copy, is_repeat))


def _tick(time: F64 | Elapsed) -> float:
    """Return the step that stamps are multiples of, ns: within one of them nobody is soon."""
    steps = np.diff(time[:_TICK_SAMPLE]).astype(np.int64)
    return float(np.gcd.reduce(np.abs(steps))) if len(steps) else 0.0


def _by_rhythm(one: I64, two: I64, tapped: Bool, is_different: Bool, time: F64 | Elapsed) -> Bool:
    """Return further copies by a doubling tap: equal frames at the distance at which the tap repeats others.

    Without this, pure acknowledgements without telling IP ID would look like repeated ones.
    """
    gap = time[two] - time[one]
    nothing = np.zeros(len(one), np.bool_)
    if np.count_nonzero(tapped) < 20:
        return nothing
    candidate = ~tapped & ~is_different & (gap <= 2 * np.quantile(gap[tapped], 0.9))
    # A copy has no copy: of a run of equal frames every second one.
    follows = np.concatenate([[False], (two[:-1] == one[1:]) & candidate[:-1]])
    return np.asarray(candidate & ~follows)


def _doubling_interfaces(interface: np.ndarray, doubled: I64, shown: I64) -> Bool:
    """Return per interface whether its tap doubles packets: half of a doubled pair is the copy."""
    kinds = int(interface.max(initial=0)) + 1
    total = np.bincount(interface[shown], minlength=kinds)
    twice = np.bincount(interface[doubled], minlength=kinds)
    return np.asarray(twice >= np.maximum(2, _SPAN_SHARE * (total - twice)))


def _first_of_chain(repeats: Repeats) -> Repeats:
    """Follow copies of copies to the first."""
    while True:
        further = repeats.original(repeats.first)
        if np.array_equal(further, repeats.first):
            return repeats
        repeats = repeats._replace(first=further)
