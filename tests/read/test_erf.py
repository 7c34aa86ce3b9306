"""Rule: ERF is told by the look of its records; their types rule the link, their ports the interface."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings

from correlate.errors import UnreadableCapture
from correlate.read import read_frames
from correlate.wire.linktypes import ETHERNET, IPV4, NO_PACKET, PPP_HDLC
from tests.read import formats
from tests.read.captures import Record, whole
from tests.read.formats import START_NS, records_since

ROWS = [Record(START_NS + number * 1000, bytes([number]) * 61, 70) for number in range(1, 9)]


def read(folder, data: bytes, chunk_bytes: int = 4096):
    path = folder / "capture"
    path.write_bytes(data)
    return whole(path, chunk_bytes=chunk_bytes)


@given(records_since(START_NS, 1000, span=1))
@settings(max_examples=40, deadline=None)
def test_records_come_back_with_nanoseconds(tmp_path_factory, rows) -> None:
    found = read(tmp_path_factory.mktemp("erf"), formats.erf(rows, extensions=2), 64)
    assert (found.records, found.problems) == (rows, [])


@pytest.mark.parametrize(("kind", "link"), [(2, ETHERNET), (16, ETHERNET), (1, PPP_HDLC), (22, IPV4), (27, NO_PACKET)])
def test_the_type_of_a_record_is_its_link(tmp_path, kind, link) -> None:
    assert read(tmp_path, formats.erf(ROWS, kind=kind)).interfaces[0].link_type == link


def test_ports_are_interfaces_and_losses_are_counted_where_they_are_losses(tmp_path) -> None:
    data = formats.erf(ROWS, lost=2) + formats.erf(ROWS, port=3) + formats.erf(ROWS, kind=16, lost=5)
    found = read(tmp_path, data)
    assert [(one.name, one.dropped) for one in found.interfaces] == [("port0", 16), ("port3", 0), ("port0", None)]
    assert [row.interface for row in found.records] == [0] * 8 + [1] * 8 + [2] * 8


def test_padding_records_have_no_number(tmp_path) -> None:
    pad = bytes(8) + b"\x30\x04\0\x10\0\0\0\0"
    assert read(tmp_path, formats.erf(ROWS[:4]) + pad + formats.erf(ROWS[4:])).records == ROWS


@pytest.mark.parametrize(
    "data",
    [
        bytes(200),
        b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n" * 5,
        formats.erf(ROWS[:1])[:20],
        b"\0" * 8 + b"\x02\0\0\x05" * 9,
    ],
)
def test_what_does_not_walk_like_erf_is_not_taken_for_it(tmp_path, data) -> None:
    path = tmp_path / "capture"
    path.write_bytes(data)
    with pytest.raises(UnreadableCapture, match="no capture of a known format"):
        next(read_frames(path))


@pytest.mark.tshark
@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark")
@pytest.mark.parametrize("kind", [2, 1, 22, 16])
def test_tshark_reads_the_same(tmp_path, kind) -> None:
    path = tmp_path / "capture.erf"
    path.write_bytes(formats.erf(ROWS, kind=kind, extensions=1))
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len"]
    done = subprocess.run(["tshark", "-n", "-r", str(path), *fields], capture_output=True, text=True, check=True)
    theirs = [tuple(line.split("\t")) for line in done.stdout.splitlines()]
    ours = [
        (f"{row.ts_ns // 10**9}.{row.ts_ns % 10**9:09d}", str(row.wire_len), str(len(row.data)))
        for row in whole(path).records
    ]
    assert ours == theirs
