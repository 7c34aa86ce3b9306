"""Option bytes that no column holds: TCP options without a field of their own, IP options, IPv6 extension headers.

In: a ``Pair``; the heads of frames that differ. Out: ``Change`` for ``tcp.options``, ``ip.opt.type`` and ``ipv6.nxt``.
Method: hashes in the columns find the packets; only those frames are read again. ``tcp.options`` is a row only where
the fields with names (MSS, window scale, SACK, time stamps) do not explain the difference.
Not here: the named options (``fields.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from correlate.metrics.compare import Change, change_of
from correlate.metrics.expected import crosses_version
from correlate.metrics.frames import Heads
from correlate.metrics.sightings import Pair, Side
from correlate.metrics.texts import TextPool
from correlate.model.arrays import Bool
from correlate.model.packets import TCP, PacketFlag

_NAMED_KINDS = {0, 1, 2, 3, 4, 5, 8}
"""End, no-operation, MSS, window scale, SACK permitted, SACK, time stamps: padding, or fields of their own."""

_FILLED_EN_ROUTE = {7, 68}
"""Record route and internet timestamp: routers write into them (RFC 791 section 3.1)."""


_EXTENSIONS = {0, 43, 44, 51, 60, 135, 139, 140}
"""IPv6 extension headers (IANA ipv6-parameters)."""


def altered_options(pair: Pair) -> Pair:
    """Return the packets of ``pair`` whose TCP or IP option bytes differ, by hash, between the two ends."""
    return pair.at(np.flatnonzero(_tcp_differs(pair) | _ip_differs(pair)))


def option_changes(altered: Pair, heads: Heads, texts: TextPool) -> Iterator[Change]:
    """Yield the changes of raw TCP options, IPv4 options and IPv6 extension headers."""
    for change in (_tcp_options(altered, heads, texts), *_ip_options(altered, heads, texts)):
        if change is not None:
            yield change


def parse_options(options: bytes) -> list[tuple[int, bytes]]:
    """Return (kind, content) of TCP or IPv4 options (RFC 9293 section 3.2, RFC 791 section 3.1); stops at nonsense."""
    found, at = [], 0
    while at < len(options) and options[at]:
        if options[at] == 1:
            found.append((1, b""))
            at += 1
            continue
        length = options[at + 1] if at + 1 < len(options) else 0
        if length < 2:
            break
        found.append((options[at], options[at + 2 : at + length]))
        at += length
    return found


def _tcp_differs(pair: Pair) -> Bool:
    """Return where whole TCP options differ, time stamps and SACK contents left aside."""
    differs = pair.where_both(PacketFlag.TRANSPORT) & (pair.up.raw("proto") == TCP)
    differs &= ~pair.where_either(PacketFlag.OPTIONS_CUT) & ~pair.is_cut
    found: Bool = differs & (pair.up.raw("options") != pair.down.raw("options"))
    return found


def _ip_differs(pair: Pair) -> Bool:
    """Return where IPv4 options or IPv6 extension headers differ; a translator between the two drops them."""
    differs = pair.up.raw("ip_options") != pair.down.raw("ip_options")
    found: Bool = differs & ~crosses_version(pair) & ~pair.is_cut
    return found


def _tcp_options(altered: Pair, heads: Heads, texts: TextPool) -> Change | None:
    """Return ``tcp.options`` where the bytes differ in more than named options."""
    found = altered.at(np.flatnonzero(_tcp_differs(altered)))
    raw = [[_tcp_option_bytes(*item) for item in _framed(side, heads)] for side in (found.up, found.down)]
    explained = _is_explained(found).tolist()
    news = [
        not known or _unnamed(up) != _unnamed(down) for known, up, down in zip(explained, raw[0], raw[1], strict=True)
    ]
    where = np.flatnonzero(np.array(news, np.bool_))
    if not len(where):
        return None
    before, after = (texts.add(side[at].hex() or None for at in where.tolist()) for side in raw)
    return change_of(found.at(where), "tcp.options", before, after, np.zeros(len(where), np.bool_))


def _is_explained(pair: Pair) -> Bool:
    """Return where an option with a field of its own differs."""
    explained = np.zeros(len(pair), np.bool_)
    presence = PacketFlag.HAS_MSS | PacketFlag.HAS_WSCALE | PacketFlag.SACK_PERMITTED | PacketFlag.HAS_TS
    flags = pair.up.column("flags") ^ pair.down.column("flags")
    explained |= (flags & int(presence | PacketFlag.HAS_SACK)) != 0
    for name, flag in (("mss", PacketFlag.HAS_MSS), ("wscale", PacketFlag.HAS_WSCALE)):
        explained |= pair.where_both(flag) & (pair.up.column(name) != pair.down.column(name))
    found: Bool = explained | (pair.up.column("sack_count") != pair.down.column("sack_count"))
    return found


def _unnamed(options: bytes) -> list[tuple[int, bytes]]:
    """Return the options without a field of their own."""
    return [option for option in parse_options(options) if option[0] not in _NAMED_KINDS]


def _framed(side: Side, heads: Heads) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield (frame, IP header start, payload start, source port) of every packet."""
    offsets = side.column("l3_offset").tolist(), side.column("payload_offset").tolist()
    yield from zip(heads.of(side), *offsets, side.fact("sport").tolist(), strict=True)


def _tcp_option_bytes(frame: bytes, _start: int, payload: int, sport: int) -> bytes:
    """Return the options of the TCP header that ends at ``payload``: its length and source port must fit.

    Looking back from the payload needs no walk over IPv6 extension headers.
    """
    for words in range(5, 16):
        at = payload - 4 * words
        if at >= 0 and frame[at + 12] >> 4 == words and int.from_bytes(frame[at : at + 2]) == sport:
            return frame[at + 20 : payload]
    return b""


def _ip_options(altered: Pair, heads: Heads, texts: TextPool) -> Iterator[Change | None]:
    """Yield ``ip.opt.type`` and ``ipv6.nxt`` where IPv4 options or IPv6 extension headers differ."""
    differs, is_six = _ip_differs(altered), altered.down.has(PacketFlag.IPV6)
    for name, mask, read in (("ip.opt.type", ~is_six, _ip4_options), ("ipv6.nxt", is_six, _ip6_headers)):
        found = altered.at(np.flatnonzero(differs & mask))
        up, down = (
            [read(frame, start) for frame, start, _, _ in _framed(side, heads)] for side in (found.up, found.down)
        )
        both = list(zip(up, down, strict=True))
        expected = [before[0] == after[0] and bool(_FILLED_EN_ROUTE & {*before[0]}) for before, after in both]
        before = texts.add(_show(mine, other) for mine, other in both)
        after = texts.add(_show(mine, other) for other, mine in both)
        yield change_of(found, name, before, after, np.array(expected, np.bool_) & (name == "ip.opt.type"))


_Extras: TypeAlias = tuple[list[int], bytes]
"""Types (or next-header numbers) in order, and all their bytes."""


def _show(mine: _Extras, other: _Extras) -> str | None:
    """Return the types as tshark prints them; where both ends have the same types, the bytes that differ, as hex."""
    if not mine[1]:
        return None
    return mine[1].hex() if mine[0] == other[0] else ",".join(map(str, mine[0]))


def _ip4_options(frame: bytes, start: int) -> _Extras:
    """Return the options of an IPv4 header (RFC 791 section 3.1)."""
    options = frame[start + 20 : start + 4 * (frame[start] & 15)]
    return [kind for kind, _ in parse_options(options)], options


def _ip6_headers(frame: bytes, start: int) -> _Extras:
    """Return the extension headers before the transport header (RFC 8200 section 4)."""
    numbers: list[int] = []
    header, first, at = frame[start + 6], start + 40, start + 40
    while header in _EXTENSIONS and at + 8 <= len(frame):
        numbers.append(header)
        # RFC 4302: an authentication header counts its length in 4-byte words.
        length = 8 if header == 44 else 4 * (frame[at + 1] + 2) if header == 51 else 8 * (frame[at + 1] + 1)
        header, at = frame[at], at + length
    return numbers, frame[first:at]
