"""QUIC connections that change their addresses.

**In:** ``PacketTable``. **Out:** which conversations (5-tuples) of a capture are one connection.
**Method:** a server finds the connection of a datagram by the connection ID that it has issued (RFC 9000 section 5.2),
and so does this: conversations with one end in common, to which datagrams with the same ID are sent, are one
connection. How long the IDs are shows in the handshake (section 17.2); a conversation without one is asked for every ID
of the others, at the length that it has there, so that a short ID is never taken for the beginning of longer ones. An
ID that several handshakes show (a server that always uses the same one) names none of them. Conversations that carry
equal datagrams are two views of one (both sides of a NAT in one capture) and stay apart.
**Not here:** a client that migrates on purpose takes an ID that only ciphertext has named (section 9.5): nothing joins
its conversations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I64, U8, Bool
from correlate.model.fingerprints import mixed
from correlate.model.packets import PacketTable, TupleColumns
from correlate.model.quic import LONGEST_ID

_SHORTEST = 6
"""Bytes of an ID that chance does not repeat among the datagrams of one server."""
_MOST_MOVES = 16
"""Moves followed of a client that also takes another known ID each time."""


class _Datagrams(NamedTuple):
    """QUIC datagrams of a capture."""

    tuple_id: I64
    receiver: I64
    """Number of the end that they are sent to."""
    target: U8
    target_len: I64


def find_migrations(packets: PacketTable, of_tuple: I64) -> tuple[I64, I64]:
    """Return pairs of tuple rows with one destination that are one connection.

    Parameters
    ----------
    packets
        Packets of one vantage.
    of_tuple
        Conversation of each tuple row.

    Returns
    -------
    tuple
        Tuple rows, a pair per further conversation. Cost: O(q log q) for q QUIC datagrams and each length of IDs.
    """
    quic = packets.quic
    none = np.zeros(0, np.int64)
    tuple_id = packets.columns.tuple_id[quic.row].astype(np.int64)
    if len(np.unique(of_tuple[tuple_id])) < 2:
        return none, none
    sender, receiver = _ends(packets.tuples)
    length = _shown_lengths(len(of_tuple), tuple_id, quic.source_len.astype(np.int64), (sender, receiver))
    has_handshake = length > 0
    found = _Datagrams(tuple_id, receiver[tuple_id], quic.target, quic.target_len.astype(np.int64))
    _learn_lengths(found, length)
    at = _named(found, length)
    key = _keys(found, at, length[tuple_id[at]])
    order = np.lexsort((tuple_id[at], key))
    key, holder = key[order], tuple_id[at][order]
    is_shared = _are_shared(key, of_tuple[holder], has_handshake[holder])
    key, holder = key[~is_shared], holder[~is_shared]
    again = np.flatnonzero((key[1:] == key[:-1]) & (of_tuple[holder[1:]] != of_tuple[holder[:-1]]))
    one, two = holder[again], holder[again + 1]
    stays = ~_show_the_same(packets, tuple_id, one, two)
    return one[stays], two[stays]


def _are_shared(key: I64, conversation: I64, has_handshake: Bool) -> Bool:
    """Return which keys several conversations with handshakes of their own have: that ID names no connection."""
    order = np.lexsort((conversation, key))
    order = order[has_handshake[order]]
    is_another = (key[order][1:] == key[order][:-1]) & (conversation[order][1:] != conversation[order][:-1])
    return np.isin(key, key[order][1:][is_another])


def _shown_lengths(count: int, tuple_id: I64, source_len: I64, ends: tuple[I64, I64]) -> I64:
    """Return per tuple row how long the IDs of its receiver are, as the handshake says; 0 = unknown."""
    sender, receiver = ends
    width = int(max(sender.max(), receiver.max())) + 1
    there, back = sender * width + receiver, receiver * width + sender
    number = _numbered_words(np.concatenate([there, back]))
    said = np.zeros(int(number.max()) + 1, np.int64)
    np.maximum.at(said, number[:count][tuple_id], source_len)
    return said[number[count:]]


def _learn_lengths(found: _Datagrams, length: I64) -> None:
    """Fill in lengths of conversations without a handshake that use an ID of one whose length is known."""
    for _ in range(_MOST_MOVES):
        at = _named(found, length)
        of_row = length[found.tuple_id[at]]
        known = np.unique(_keys(found, at, of_row))
        open_rows = np.flatnonzero((length[found.tuple_id] == 0) & np.isin(found.receiver, found.receiver[at]))
        is_new = False
        for size in np.unique(of_row)[::-1].tolist():
            rows = open_rows[length[found.tuple_id[open_rows]] == 0]
            hits = rows[np.isin(_keys(found, rows, np.full(len(rows), size)), known)]
            length[found.tuple_id[hits]] = size
            is_new |= len(hits) > 0
        if not is_new:
            return


def _named(found: _Datagrams, length: I64) -> I64:
    """Return the datagrams that bear an ID of known length; a client's first ones bear one that it made up itself."""
    size = length[found.tuple_id]
    return np.flatnonzero((size >= _SHORTEST) & ((found.target_len < 0) | (found.target_len == size)))


def _keys(found: _Datagrams, at: I64, length: I64) -> I64:
    """Return a hash per datagram of its receiver and of the ID, so many bytes long, that it bears."""
    bytes_of_id = np.where(np.arange(LONGEST_ID) < length[:, None], found.target[at], 0).astype(np.uint8)
    words = np.ascontiguousarray(bytes_of_id).view(np.uint32)
    return mixed(found.receiver[at], length, *words.T)


def _ends(tuples: TupleColumns) -> tuple[I64, I64]:
    """Return numbers of the sending and of the receiving end (address and port) of each tuple row."""
    ends = [
        np.concatenate([address, np.ascontiguousarray(port, ">i4").view(np.uint8).reshape(-1, 4)], axis=1)
        for address, port in ((tuples.src, tuples.sport), (tuples.dst, tuples.dport))
    ]
    number = _numbered(np.concatenate(ends))
    return number[: len(ends[0])], number[len(ends[0]) :]


def _numbered_words(values: I64) -> I64:
    """Return dense numbers, equal for equal values."""
    return np.asarray(np.unique(values, return_inverse=True)[1], np.int64)


def _numbered(rows: U8) -> I64:
    """Return a number per row of bytes, equal for equal rows."""
    flat = np.ascontiguousarray(rows)
    _, number = np.unique(flat.view(f"V{flat.shape[1]}").ravel(), return_inverse=True)
    return np.asarray(number, np.int64)


def _show_the_same(packets: PacketTable, tuple_id: I64, one: I64, two: I64) -> Bool:
    """Return which pairs of tuple rows carry an equal datagram: QUIC never sends one twice (RFC 9000 section 12.3)."""
    is_asked = np.zeros(len(packets.tuples.sport), np.bool_)
    is_asked[one] = is_asked[two] = True
    asked = np.flatnonzero(is_asked[tuple_id])
    _, payload = np.unique(packets.columns.digest[packets.quic.row[asked]], return_inverse=True)
    order = np.lexsort((tuple_id[asked], payload))
    payload, holder = payload[order], tuple_id[asked][order]
    repeats = np.flatnonzero((payload[1:] == payload[:-1]) & (holder[1:] != holder[:-1]))
    width = len(is_asked)
    shown = holder[repeats] * width + holder[repeats + 1]
    return np.isin(np.minimum(one, two) * width + np.maximum(one, two), shown)
