"""Rule: numbers that tell packets apart stay, what names people or machines does not (RFC 9260, 4303, 2784, 8684)."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.arrays import frozen
from correlate.privacy.sites import AT, COLUMNS, END, KIND, PAYLOAD, V4, WIRE, ZERO
from correlate.privacy.upper_kernel import NO_QUOTE, transport

pytestmark = pytest.mark.jit_off


def sites_of(protocol: int, data: bytes) -> list[tuple[int, int, int]]:
    table = np.zeros((20, COLUMNS), np.int64)
    view = frozen(np.frombuffer(data, np.uint8))
    quote, count = transport(view, protocol, 0, len(data), len(data), 0, 4, False, table, 0)
    assert quote == NO_QUOTE
    return [(int(row[KIND]), int(row[AT]), int(row[END])) for row in table[:count] if row[KIND] in (PAYLOAD, V4, ZERO)]


@pytest.mark.parametrize(
    ("protocol", "header", "kept"),
    [
        (50, b"", 8),
        (51, b"", 12),
        (47, b"\x30\0\x12\x34", 12),
        (47, b"\x30\x81\x88\x0b", 16),
        (47, b"\0\0\x12\x34", 4),
        (200, b"", 0),
    ],
    ids=["esp", "ah", "gre", "pptp", "gre plain", "other"],
)
def test_numbers_of_protocols_without_ports_stay(protocol, header, kept) -> None:
    assert sites_of(protocol, header.ljust(60, b"x")) == [(PAYLOAD, kept, 60)]


def test_chunks_of_sctp_keep_their_headers() -> None:
    data = bytes(12) + b"\0\3\0\x18" + bytes(12) + b"secret.." + b"\x40\3\0\x1c" + bytes(16) + b"secret.."
    data += b"\1\0\0\x1c" + bytes(16) + b"\0\5\0\x08\xc6\x33"
    assert sites_of(132, data) == [(PAYLOAD, 28, 36), (PAYLOAD, 56, 64), (ZERO, 84, 90)]


def test_an_address_that_multipath_tcp_announces_is_renamed() -> None:
    options = b"\1\1\x1e\x08\x30\1\xc6\x33\x64\1\0\0"
    data = bytes(12) + b"\x80\x10" + bytes(6) + options + b"body"
    assert sites_of(6, data) == [(V4, 26, 30), (PAYLOAD, 32, 36)]


def test_the_length_of_a_payload_on_the_wire_is_told() -> None:
    table = np.zeros((20, COLUMNS), np.int64)
    data = frozen(np.frombuffer(b"\0\1\0\2\0\x64\0\0" + b"cut", np.uint8))
    _quote, count = transport(data, 17, 0, len(data), 500, 0, 4, False, table, 0)
    assert table[:count][table[:count, KIND] == PAYLOAD][:, [AT, END, WIRE]].tolist() == [[8, 11, 92]]
