"""Put checksums right after bytes under them changed.

In: old and new bytes, the table of sites. Out: the new bytes with new checksums.
Method: RFC 1624: a checksum moves with the bytes it covers. So a right one stays right, a wrong one wrong by the same
amount, one that the card was to finish unfinished, and one that was left out stays out. Rows are worked from the last
to the first: a quoted packet lies under its error's checksum.
Not here: which bytes change (``rewrite.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.headers.bytes_kernel import be16
from correlate.jit import kernel
from correlate.privacy.sites import IP_SUM, L4_SUM
from correlate.wire.checksum import fold, words_sum


@kernel
def _change(old: Any, new: Any, at: Any, end: Any) -> Any:
    """Return by how much the ones-complement sum of the bytes changed, modulo 65535."""
    return (words_sum(new, at, end) % 65535 - words_sum(old, at, end) % 65535) % 65535


@kernel
def _put(new: Any, at: Any, value: Any) -> None:
    new[at], new[at + 1] = value >> 8, value & 0xFF


@kernel
def _moved(field: Any, change: Any) -> Any:
    """Return an inverted sum moved by a change."""
    if change == 0:
        return field
    return 0xFFFF - (0xFFFF - field + change) % 65535


@kernel
def pseudo_of(data: Any, address: Any, version: Any, protocol: Any) -> Any:
    """Return the pseudo-header's sum without the length; 0 for ICMP, which has none."""
    if protocol in (1, 2):
        return np.int64(0)
    return words_sum(data, address, address + (8 if version == 4 else 32)) + protocol


@kernel
def _is_right(data: Any, head: Any, body: Any, end: Any, pseudo: Any, wire: Any) -> Any:
    """Tell whether the checksum holds; of what is cut or without pseudo-header too it is only asked where it is 0."""
    if max(end, body) - head < wire:
        return False
    return fold(pseudo + (wire if pseudo else 0) + words_sum(data, head, max(end, body))) == 0xFFFF


@kernel
def fix_sums(old: Any, new: Any, sites: Any) -> None:
    """Rewrite all checksums of ``sites`` in ``new``."""
    for row in range(len(sites) - 1, -1, -1):
        kind, at, end, head = sites[row, 0], sites[row, 1], sites[row, 2], sites[row, 3]
        if kind == IP_SUM:
            field = be16(old, at)
            if field != 0:
                _put(new, at, _moved(field, _change(old, new, head, end)))
        elif kind == L4_SUM:
            body, address, version = sites[row, 4], sites[row, 5], sites[row, 6]
            protocol, wire = sites[row, 7], sites[row, 8]
            field = be16(old, at)
            if field == 0 and protocol == 17:
                continue
            ends = np.int64(0)
            if protocol != 1:
                stop = address + (8 if version == 4 else 32)
                ends = _change(old, new, address, stop)
                pseudo = words_sum(old, address, stop) + protocol
                if field in (fold(pseudo + wire), fold(pseudo)):
                    # Left for the card to finish: a sum, not inverted, of the pseudo-header alone.
                    if ends:
                        _put(new, at, (field + ends) % 65535 if (field + ends) % 65535 else 65535)
                    continue
            if field == 0 and not _is_right(old, head, body, end, pseudo_of(old, address, version, protocol), wire):
                # Never computed (simulators, cards): nothing moves it on its way either.
                continue
            change = (ends + _change(old, new, head, body) + _change(old, new, body, max(end, body))) % 65535
            _put(new, at, _moved(field, change))
