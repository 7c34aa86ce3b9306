"""Compare payloads by digest, and show the bytes of those that differ.

In: a ``Pair``; the heads of frames that differ. Out: a ``Change`` per payload field.
Method: digests where both captures hold the whole payload (or the same part of it), else the digest of the first
32 bytes, else the sum that checksum and headers imply (RFC 1624), which needs no payload byte at all.
Not here: offload and fragments (another cut is no change) and the packets that ICMP errors quote (a NAT translates
them, which is expected; their text would be those of ``ip.src`` and the like once more).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.metrics.compare import Change, change_of, is_length_sure
from correlate.metrics.frames import SHOWN_BYTES, Heads
from correlate.metrics.sightings import Pair, Side
from correlate.metrics.texts import TextPool
from correlate.model.arrays import Bool
from correlate.model.packets import ICMP, ICMPV6, TCP, UDP, ChecksumState, PacketFlag


def altered_payloads(pair: Pair) -> Pair:
    """Return the packets of ``pair`` whose payload differs between the two ends."""
    return pair.at(np.flatnonzero(payload_differs(pair)))


def payload_changes(altered: Pair, heads: Heads, texts: TextPool) -> Iterator[Change]:
    """Yield the changes of ``tcp.payload``, ``udp.payload`` and, for everything else, ``data.data``."""
    protocols = _protocol(altered)
    for name, code in (("tcp.payload", TCP), ("udp.payload", UDP), ("data.data", 0)):
        named = altered.at(np.flatnonzero(protocols == code))
        if len(named):
            before, after = (texts.add(_excerpts(side, heads)) for side in (named.up, named.down))
            change = change_of(named, name, before, after, np.zeros(len(named), np.bool_))
            if change is not None:
                yield change


def payload_differs(pair: Pair) -> Bool:
    """Return where the payload surely differs between the two ends.

    Parameters
    ----------
    pair : Pair
        Packets at both ends.

    Returns
    -------
    bool array
        False also where the captures hold too little to know.
    """
    wire = [side.raw("payload_len") for side in (pair.up, pair.down)]
    captured = [side.raw("payload_cap") for side in (pair.up, pair.down)]
    is_same_digest = pair.up.raw("digest") == pair.down.raw("digest")
    is_same_length = wire[0] == wire[1]
    is_whole = (captured[0] == wire[0]) & (captured[1] == wire[1])
    is_same_part = is_same_length & (captured[0] == captured[1])
    differs = (is_whole | is_same_part) & ~is_same_digest
    differs |= ~is_same_length & is_length_sure(pair)
    if not is_whole.all():
        differs |= ~is_whole & (_head_differs(pair) | _sum_differs(pair))
    is_comparable = ~pair.is_cut & ~pair.where_either(PacketFlag.ICMP_ERROR)
    # A length that only the capture vouches for may include link-layer padding.
    found: Bool = differs & is_comparable & _starts_alike(pair) & (is_same_length | is_length_sure(pair))
    return found


def _starts_alike(pair: Pair) -> Bool:
    """Return where the payload starts after the same header at both ends.

    Where a capture cut the transport header, "payload" means what follows the IP header.
    """
    has_header = pair.where_both(PacketFlag.TRANSPORT)
    is_other = ~np.isin(pair.down.raw("proto"), (TCP, UDP, ICMP, ICMPV6)) & ~pair.where_either(PacketFlag.TRANSPORT)
    headless = pair.where_both(PacketFlag.LATER_FRAGMENT) | is_other
    found: Bool = has_header | headless
    return found


def _head_differs(pair: Pair) -> Bool:
    """Return where both captures hold the first bytes of the payload and they differ."""
    heads = pair.up.column("head_digest"), pair.down.column("head_digest")
    lengths = [np.minimum(side.column("payload_len"), 32) for side in (pair.up, pair.down)]
    found: Bool = (heads[0] != 0) & (heads[1] != 0) & (heads[0] != heads[1]) & (lengths[0] == lengths[1])
    return found


def _sum_differs(pair: Pair) -> Bool:
    """Return where the payload sums that the headers imply differ, both checksums not being known to be wrong."""
    known = pair.where_both(PacketFlag.PAYLOAD_SUM_KNOWN)
    for side in (pair.up, pair.down):
        known &= side.column("l4_csum_state") != ChecksumState.BAD
    found: Bool = known & (pair.up.column("payload_sum") % 65535 != pair.down.column("payload_sum") % 65535)
    return found


def _protocol(pair: Pair) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return TCP or UDP where that header was read, else 0."""
    proto = np.where(pair.where_both(PacketFlag.TRANSPORT), pair.down.column("proto"), 0)
    return np.where((proto == TCP) | (proto == UDP), proto, 0)


def _excerpts(side: Side, heads: Heads) -> Iterator[str | None]:
    """Yield the first payload bytes of every packet as hex; None where there is no payload."""
    starts, wire, captured = (side.column(name).tolist() for name in ("payload_offset", "payload_len", "payload_cap"))
    for index, head in enumerate(heads.of(side)):
        if not wire[index]:
            yield None
            continue
        start = starts[index]
        shown = head[start : start + min(captured[index], SHOWN_BYTES)]
        yield shown.hex() + ("..." if len(shown) < wire[index] else "")
