"""What equal bytes are worth: whether content alone may join two connections.

**In:** edges between flows that nothing but equal payload supports. **Out:** which of them are credible.
**Method:** algorithms section 2, "Collisions": among n_A n_B pairs of flows, 2**-bits of them meet by chance, so
``log2(n_A n_B) + 10`` bits are demanded. They come from four sources. *Bytes*: the beginnings of both streams are read
again and must be equal however they are cut; the best 32 of them count their collision entropy H2, of values and of the
steps between them, whichever is less (zeros, patterns and counters have none). Text counts nothing, for banners and
requests are the same everywhere, unless it bears a date to the second. *Time*: at the pace of sure pairs, at the
distance that most of these edges have in common, and from one message of a connection to the next, packets meet by
chance in ``window / span`` of all cases; where so many edges lie at one distance that chance is out of the question,
that joins them. *Rarity*, beside time only, for unrelated clients of one service ask for the same in the same order: of
messages that each capture holds once, H2 is log2 of how many there are; up to three agreeing positions count.
*Translation*: an IPv6 address that holds the IPv4 one of the other capture (RFC 6052), with equal ports.
**Not here:** finding the edges (``association.py``), streams compared in full (``streams.py``).
"""

from __future__ import annotations

import re

import numpy as np

from correlate.match.pace import Pace, SurePairs
from correlate.match.reading import read_beginnings
from correlate.match.relative import WINDOW_NS, at_one_distance
from correlate.match.sides import Side
from correlate.match.votes import Edges
from correlate.model.arrays import F64, I64, Bool, take
from correlate.model.fingerprints import mixed
from correlate.model.ordering import distinct
from correlate.model.packets import TCP

_MARGIN = 10.0
"""Bits beyond one false pair: fewer than one in a thousand runs."""
_HEAD = 32
_POSITIONS = 3
"""Agreeing messages that count as independent: a request and what answers it are not."""
_TEXT_SHARE = 0.75
_TEXT = np.zeros(256, np.bool_)
_TEXT[[9, 10, 13, *range(32, 127)]] = True
_DATE = re.compile(rb"\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d")
"""IMF-fixdate (RFC 9110 section 5.6.7): the server's time of day, to the second."""
_DATED = 16.0
"""Bits of that: seconds of a day."""
_TRANSLATED = 26.0
"""Bits of a translated address with ports kept: 10 for the address, as many flows have one server, 16 for the ports."""
_EMBEDDED = ((12, 13, 14, 15), (9, 10, 11, 12), (7, 9, 10, 11), (6, 7, 9, 10), (5, 6, 7, 9), (4, 5, 6, 7))
"""Where prefixes of 96, 64, 56, 48, 40 and 32 bits hold an IPv4 address (RFC 6052 section 2.2)."""
_MOST_READ = 2000
"""Edges whose streams are read again; where time settles so few of them, the rest is left alone."""
_BLOCK = 2048
"""Payloads compared at once: pairs of bytes take 1 kB each."""


def are_credible(a: Side, b: Side, rows: tuple[I64, I64], edges: Edges, known: SurePairs) -> Bool:
    """Return per edge whether the equal payloads of its flows can be no accident.

    Parameters
    ----------
    a, b
        The two vantages; sides whose frames cannot be read again count bytes as random.
    rows
        Packets of equal payload, same positions; those outside all edges are ignored.
    edges
        Pairs of flows.
    known
        Pairs of packets that are sure.

    Returns
    -------
    Bool array
        One per edge. Cost: O(n log n); frames are read again only for edges that time leaves open.
    """
    if not len(edges.a):
        return np.zeros(0, np.bool_)
    edge = _edge_of(a, b, rows, edges)
    at = np.flatnonzero(edge >= 0)
    edge, one, two = edge[at], rows[0][at], rows[1][at]
    demanded = _demanded(a, b)
    timed = _time_bits(a, b, (edge, one, two), len(edges.a), known, demanded)
    timed[edge[_is_translated(a, b, one, two)]] += _TRANSLATED
    # Beside time, and only then, the messages of both captures count.
    bits = float(np.log2(max(1, _messages(a, b)))) if (timed > 0).any() else 0.0
    rarity = np.minimum(np.bincount(edge, minlength=len(edges.a)), _POSITIONS) * bits
    open_ = timed + np.where(timed > 0, rarity, 0.0) < demanded
    streams = np.flatnonzero(open_ & (a.flows.columns.proto[edges.a] == TCP))[:_MOST_READ]
    in_bytes = np.zeros(len(edges.a))
    in_bytes[streams], is_dated = _stream_bits(a, b, take(edges, streams))
    timed[streams[is_dated]] = np.maximum(timed[streams[is_dated]], _DATED)
    rest = np.flatnonzero(open_[edge] & (a.flows.columns.proto[edges.a[edge]] != TCP))
    np.maximum.at(in_bytes, edge[rest], _datagram_bits(a, one[rest]))
    return np.asarray(timed + np.where(timed > 0, rarity, 0.0) + in_bytes >= demanded)


def _time_bits(a: Side, b: Side, rows: tuple[I64, I64, I64], count: int, known: SurePairs, demanded: float) -> F64:
    """Return what the times of each edge's packets (edge, row, row) say for it: common distance, pace, equal gaps."""
    edge, one, two = rows
    lag = b.time[two] - a.time[one]
    worth = float(_window_bits(max(a.time.span, b.time.span)))
    bits, met = np.zeros(count), np.zeros(count, np.bool_)
    met[edge[at_one_distance(lag, edge)]] = True
    # So many of all edges at one distance, of any choice of them.
    if (np.count_nonzero(met) - 1) * worth - count >= demanded:
        bits[met] = demanded
    elif len(known.time):
        due = Pace(known).expect(np.full(len(one), -1), a.time[one])
        bits[edge[np.abs(b.time[two] - due.time) <= WINDOW_NS]] = worth
    low, high, first, last = (np.full(count, sign * np.inf) for sign in (1, -1, 1, -1))
    for least, most, times in ((low, high, lag), (first, last, a.time[one])):
        np.minimum.at(least, edge, times)
        np.maximum.at(most, edge, times)
    gaps = np.minimum(np.bincount(edge, minlength=count), _POSITIONS + 1) - 1
    lasted = _window_bits(np.where(high - low <= 2 * WINDOW_NS, last - first, 0.0))
    return np.asarray(bits + gaps * lasted)


def _is_translated(a: Side, b: Side, one: I64, two: I64) -> Bool:
    """Tell which pairs of packets cross between IP versions with an address embedded and their ports kept."""
    ours, theirs = a.packets.tuples, b.packets.tuples
    left, right = a.packets.columns.tuple_id[one], b.packets.columns.tuple_id[two]
    crosses = ours.version[left] != theirs.version[right]
    crosses &= (ours.sport[left] == theirs.sport[right]) & (ours.dport[left] == theirs.dport[right])
    crosses &= ours.sport[left] >= 0
    found = np.zeros(len(one), np.bool_)
    for mine, other in ((ours.src[left], theirs.src[right]), (ours.dst[left], theirs.dst[right])):
        for place in _EMBEDDED:
            found |= (mine[:, place] == other[:, 12:]).all(axis=1) | (other[:, place] == mine[:, 12:]).all(axis=1)
    return np.asarray(found & crosses, np.bool_)


def _window_bits(span: F64 | float) -> F64:
    """Return how unlikely it is to meet within the window by chance, when anything within ``span`` may be met."""
    return np.asarray(np.log2(np.maximum(1.0, np.asarray(span) / (2 * WINDOW_NS))), np.float64)


def are_believed(
    a: Side, b: Side, rows: tuple[I64, I64], bodies: list[bytes], is_dated: Bool, known: SurePairs
) -> Bool:
    """Return per pair of flows, given by one packet each, whether equal messages can be no accident.

    ``bodies`` are what was read of them beyond text that is the same everywhere.
    """
    demanded = _demanded(a, b)
    timed = _time_bits(a, b, (np.arange(len(bodies)), *rows), len(bodies), known, demanded)
    timed[is_dated] = np.maximum(timed[is_dated], _DATED)
    rarity = float(np.log2(max(1, _messages(a, b))))
    return np.asarray(timed + np.where(timed > 0, rarity, 0.0) + head_bits(bodies) >= demanded)


def _demanded(a: Side, b: Side) -> float:
    """Return the bits that a join of two flows takes."""
    talking: list[int] = []
    for side in (a, b):
        has_bytes = (side.prints.at("length", slice(None)) > 0) & (side.packets.columns.head_digest != 0)
        talking.append(int(np.count_nonzero(np.bincount(side.flows.of_packet[has_bytes]))))
    return sum(float(np.log2(max(1, count))) for count in talking) + _MARGIN


def _messages(a: Side, b: Side) -> int:
    """Return how many different messages both captures have at least."""
    heads = [side.prints.at("head", np.arange(len(side))) for side in (a, b)]
    return min(len(distinct(head[head != 0])) for head in heads)


def _edge_of(a: Side, b: Side, rows: tuple[I64, I64], edges: Edges) -> I64:
    """Return the edge of each pair of rows, -1 = none."""
    keys = mixed(edges.a, edges.b)
    order = np.argsort(keys)
    asked = mixed(a.flows.of_packet[rows[0]], b.flows.of_packet[rows[1]])
    at = np.minimum(np.searchsorted(keys[order], asked), len(keys) - 1)
    return np.where(keys[order][at] == asked, order[at], -1)


def _stream_bits(a: Side, b: Side, edges: Edges) -> tuple[F64, Bool]:
    """Return what the beginnings of both streams are worth (-inf where they differ), and which bear a date."""
    if a.fetch is None or b.fetch is None:
        return np.full(len(edges.a), 8.0 * _HEAD), np.zeros(len(edges.a), np.bool_)
    ours, theirs = read_beginnings(a, edges.a), read_beginnings(b, edges.b)
    bits, is_dated = np.zeros(len(edges.a)), np.zeros(len(edges.a), np.bool_)
    for at, (one, two, turned) in enumerate(zip(*(column.tolist() for column in edges), strict=True)):
        windows = []
        for way in (0, 1):
            mine, other = ours.get((one, way), b""), theirs.get((two, way ^ int(turned)), b"")
            common = min(len(mine), len(other))
            if mine[:common] != other[:common]:
                bits[at] = -np.inf
            is_dated[at] |= _DATE.search(mine[:common]) is not None
            windows += [mine[start : start + _HEAD] for start in range(0, common, _HEAD)]
        bits[at] += head_bits(windows).max(initial=0.0)
    return bits, is_dated


def _datagram_bits(side: Side, rows: I64) -> F64:
    """Return what the first bytes of each datagram are worth, as the capture holds them."""
    columns = side.packets.columns
    if side.fetch is None or not len(rows):
        return np.full(len(rows), 8.0 * _HEAD)
    distinct, inverse = np.unique(rows, return_inverse=True)
    starts, held = columns.payload_offset[distinct].tolist(), columns.payload_cap[distinct].tolist()
    frames = side.fetch(distinct)
    bodies = [frame[at : at + min(size, _HEAD)] for frame, at, size in zip(frames, starts, held, strict=True)]
    return head_bits(bodies)[inverse]


def head_bits(heads: list[bytes]) -> F64:
    """Return the bits that equality of such bytes is worth; 0 for text, constants and counters.

    >>> head_bits([bytes(32), bytes(range(32)), b"GET /index.html HTTP/1.1"]).tolist()
    [0.0, 0.0, 0.0]
    """
    parts = [_block_bits(heads[start : start + _BLOCK]) for start in range(0, len(heads), _BLOCK)]
    return np.concatenate([np.zeros(0), *parts])


def _block_bits(heads: list[bytes]) -> F64:
    size = np.array([min(len(head), _HEAD) for head in heads], np.int64)
    values = np.frombuffer(b"".join(head[:_HEAD].ljust(_HEAD, b"\0") for head in heads), np.uint8).reshape(-1, _HEAD)
    is_held = np.arange(_HEAD) < size[:, None]
    entropy = np.minimum(_collision_bits(values, is_held), _collision_bits(np.diff(values, axis=1), is_held[:, 1:]))
    is_text = (_TEXT[values] & is_held).sum(axis=1) >= _TEXT_SHARE * np.maximum(1, size)
    return np.where(is_text, 0.0, np.minimum(entropy, 8.0) * size)


def _collision_bits(values: np.ndarray, is_held: Bool) -> F64:
    """Return log2 of the inverse share of equal pairs among the bytes of each row (collision entropy, cautiously)."""
    both = np.triu(np.ones((values.shape[1], values.shape[1]), np.bool_), 1)
    both = both & is_held[:, :, None] & is_held[:, None, :]
    equal = ((values[:, :, None] == values[:, None, :]) & both).sum(axis=(1, 2))
    return np.asarray(np.log2((both.sum(axis=(1, 2)) + 1) / (equal + 1)), np.float64)
