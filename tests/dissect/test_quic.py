"""Connection IDs of QUIC datagrams."""

import numpy as np
import pytest

from correlate.dissect import TupleInterner, dissect_frames, gather
from tests.dissect.chunks import chunk_of
from tests.match.crafting import CLIENT, SERVER, tcp, udp

ID, OTHER = bytes(range(1, 9)), bytes(range(100, 120))


def long_header(target, source, version=1, size=200, first=0xC3):
    head = bytes((first,)) + version.to_bytes(4, "big")
    return (head + bytes((len(target),)) + target + bytes((len(source),)) + source).ljust(size, b"\x55")


def short_header(target, size=60):
    return (b"\x41" + target).ljust(size, b"\xaa")


def read(payloads, cuts=()):
    """Connection IDs of datagrams, read in chunks."""
    frames = [udp(CLIENT, SERVER, 5000, 443, payload) for payload in payloads]
    tuples, parts = TupleInterner(), []
    for one, two in zip((0, *cuts), (*cuts, len(frames)), strict=True):
        parts.append(dissect_frames(chunk_of(frames[one:two]), tuples, 0))
    return gather(parts, tuples).quic


def test_a_handshake_shows_both_ids_and_short_headers_where_one_stands():
    """RFC 9000 sections 17.2 and 17.3.1."""
    quic = read([long_header(ID, OTHER), short_header(OTHER)])
    assert quic.row.tolist() == [0, 1]
    assert (quic.target_len.tolist(), quic.source_len.tolist()) == ([8, -1], [20, -1])
    assert bytes(quic.target[0]) == ID.ljust(20, b"\0")
    assert bytes(quic.target[1]) == OTHER


def test_ids_may_be_empty():
    quic = read([long_header(b"", b"")])
    assert (quic.target_len.tolist(), quic.source_len.tolist()) == ([0], [0])
    assert not quic.target.any()


@pytest.mark.parametrize(
    "payload",
    [
        long_header(ID, OTHER, version=0x12345678),
        long_header(ID, OTHER, first=0x83),
        long_header(bytes(21), OTHER),
        long_header(ID, bytes(21)),
        b"\xc3\0\0\0\x01",
        b"",
    ],
    ids=["unknown version", "fixed bit clear", "long target", "long source", "cut", "empty"],
)
def test_what_is_no_handshake_opens_nothing(payload):
    """RFC 9000 section 17.2: IDs of at most 20 bytes, the fixed bit set."""
    assert not len(read([payload, short_header(OTHER)]).row)


def test_short_headers_count_only_behind_a_handshake_wherever_the_capture_is_cut():
    """Any datagram may look like one."""
    payloads = [short_header(OTHER), long_header(ID, OTHER), short_header(OTHER), b"\x80" * 90, short_header(ID)]
    for cuts in ((), (1,), (2,), (1, 2, 3, 4)):
        assert read(payloads, cuts).row.tolist() == [1, 2, 4]


def test_other_protocols_are_not_looked_at():
    frames = [tcp(CLIENT, SERVER, 1, 443, seq=1, data=long_header(ID, OTHER))]
    tuples = TupleInterner()
    assert np.array_equal(gather([dissect_frames(chunk_of(frames), tuples, 0)], tuples).quic.row, [])
