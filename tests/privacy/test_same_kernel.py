"""Rule: of a header stays what its opener needs; a frame that the walk finds otherwise than before is told."""

from __future__ import annotations

import numpy as np
import pytest
from scapy.layers.inet import IP, UDP

from correlate.model.arrays import frozen
from correlate.privacy.rows_kernel import put_thin
from correlate.privacy.same_kernel import blank_stray, find_strays, thin
from correlate.privacy.sites import COLUMNS, LINK_OPENER
from tests.dissect.packets import LINKS

pytestmark = pytest.mark.jit_off
PACKET = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=5, dport=6) / b"payload"


def thinned(frame: bytes, at: int, end: int, head: int, opener: int, kind: int) -> bytes:
    sites = np.zeros((1, COLUMNS), np.int64)
    put_thin(sites, 0, at, end, head, opener, (len(frame), len(frame)), kind)
    data = np.frombuffer(frame, np.uint8).copy()
    thin(data, frozen(sites))
    return data.tobytes()


def strays(old: bytes, new: bytes, link: int) -> list[bool]:
    out = np.zeros(1, np.bool_)
    where = [frozen(np.array([value], np.int64)) for value in (0, len(old), len(old))]
    views = [frozen(np.frombuffer(data, np.uint8)) for data in (old, new)]
    find_strays(*views, *where, frozen(np.array([link], np.int32)), out)
    return out.tolist()


def test_a_header_keeps_its_length_and_what_follows_and_nothing_else() -> None:
    """PKTAP: header length, record type and link type stand first, then names of interface and program."""
    _link, wrap = LINKS["pktap"]
    frame = bytearray(wrap(PACKET))
    size = int.from_bytes(frame[:4], "little")
    frame[12:size] = b"n" * (size - 12)
    new = thinned(bytes(frame), 0, size, 0, LINK_OPENER, 258)
    assert b"n" not in new[:size]
    assert (new[:4], new[8:12], new[size:]) == (bytes(frame[:4]), bytes(frame[8:12]), bytes(frame[size:]))


def test_a_teredo_origin_loses_the_address_in_it() -> None:
    """RFC 4380 section 5.1.1: the origin indication holds an address and a port, each inverted."""
    inner = b"\x60" + bytes(5) + b"\x3b" + bytes(33)
    datagram = bytes(UDP(sport=3544, dport=3544, len=8 + 8 + 40)) + b"\0\0" + b"\xab" * 6 + inner
    new = thinned(datagram, 8, 16, 0, 17, 4)
    assert new == datagram[:8] + bytes(8) + inner


def test_frames_that_are_another_packet_than_before_are_told() -> None:
    frame = LINKS["ethernet"][1](PACKET)
    other = bytearray(frame)
    other[26:30] = b"\1\2\3\4"
    assert strays(frame, bytes(other), 1) == [False]
    other[14] = 0
    assert strays(frame, bytes(other), 1) == [True]


def test_a_frame_that_is_no_packet_is_blanked_but_for_what_says_so() -> None:
    frame = b"\x30" + b"secret" * 9  # an 802.11 header says that a body follows which is no data
    new = np.frombuffer(frame, np.uint8).copy()
    blank_stray(frozen(np.frombuffer(frame, np.uint8)), new, 0, len(frame), len(frame), 127, 256)
    assert b"secret" not in new.tobytes()
    assert strays(frame, new.tobytes(), 127) == [False]
