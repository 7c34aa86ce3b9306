"""Rule: a file is known by its first bytes; a foreign one is named, with the way out."""

from __future__ import annotations

import struct

import pytest

from correlate.errors import UnreadableCapture
from correlate.read import read_frames
from correlate.read.formats import FOREIGN, PACKED, TWICE
from tests.read import captures


@pytest.mark.parametrize(("magic", "name"), FOREIGN)
def test_a_foreign_capture_is_named_with_the_way_to_convert_it(tmp_path, magic, name) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(magic + bytes(100))
    with pytest.raises(UnreadableCapture, match="editcap") as caught:
        next(read_frames(path))
    assert name in str(caught.value)


@pytest.mark.parametrize(("magic", "name", "program"), PACKED)
def test_an_unknown_packing_is_named_with_its_program(tmp_path, magic, name, program) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(magic + bytes(100))
    with pytest.raises(UnreadableCapture, match=program) as caught:
        next(read_frames(path))
    assert name in str(caught.value)


@pytest.mark.parametrize(("magic", "program"), TWICE)
def test_what_is_packed_twice_is_named_with_the_program_that_unpacks_it(tmp_path, magic, program) -> None:
    path = tmp_path / "capture.pcap"
    for pack in (captures.gzipped, captures.zstandarded, captures.lz4ed):
        path.write_bytes(pack(magic + bytes(100)))
        with pytest.raises(UnreadableCapture, match=rf"packed more than once.* Unpack it first with `{program}`"):
            next(read_frames(path))


@pytest.mark.parametrize(
    ("data", "what"), [(b"", "empty"), (b"\xd4\xc3\xb2\xa1\x02", "5 of 24 bytes"), (b"hello", "68 65")]
)
def test_what_is_no_capture_is_refused_in_one_line(tmp_path, data, what) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(data)
    with pytest.raises(UnreadableCapture, match=what) as caught:
        next(read_frames(path))
    assert "\n" not in str(caught.value)


def etl_header(kind: int = 4) -> bytes:
    """evntrace.h: WMI_BUFFER_HEADER of a 64 KiB buffer."""
    return struct.pack("<III", 65536, 400, 400) + bytes(42) + struct.pack("<H", kind) + bytes(100)


def test_a_windows_trace_is_named_with_its_own_converter(tmp_path) -> None:
    path = tmp_path / "trace.etl"
    path.write_bytes(etl_header())
    with pytest.raises(UnreadableCapture, match="etl2pcapng IN OUT"):
        next(read_frames(path))
    path.write_bytes(etl_header(kind=3))
    with pytest.raises(UnreadableCapture, match="no capture of a known format"):
        next(read_frames(path))


def test_a_netscaler_trace_is_not_sent_to_a_converter_that_cannot(tmp_path) -> None:
    """editcap cannot write it as pcapng: there is no LINKTYPE_ for it."""
    path = tmp_path / "ns.trace"
    path.write_bytes(b"\x43\0\x10\0" + b"NetScaler V30 Trace Data".ljust(100, b"\0"))
    with pytest.raises(UnreadableCapture, match="tcpdump ENABLED"):
        next(read_frames(path))
