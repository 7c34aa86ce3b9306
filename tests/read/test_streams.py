"""Rule: packed files are told by their magic, unpacked in bounded pieces, and every early end is told."""

from __future__ import annotations

import gzip
import os
import sys
from types import SimpleNamespace

import lz4.frame
import pytest
import zstandard

from correlate.errors import UnreadableCapture
from correlate.read.streams import open_stream
from tests.read import captures

DATA = bytes(range(256)) * 4000


def drain(path, piece: int = 1000) -> tuple[bytes, str, bool]:
    taken = b""
    with open_stream(str(path)) as stream:
        buffer = bytearray(piece)
        while count := stream.readinto(memoryview(buffer)):
            taken += buffer[:count]
        assert stream.disk_position <= path.stat().st_size
        return taken, stream.fault, stream.is_cut


@pytest.mark.parametrize("pack", [bytes, captures.gzipped, captures.zstandarded, captures.lz4ed])
@pytest.mark.parametrize("piece", [7, 100_000])
def test_every_packing_gives_the_same_bytes(tmp_path, pack, piece) -> None:
    data = DATA[:20_000] if piece == 7 else DATA
    path = tmp_path / "no-suffix"
    path.write_bytes(pack(data))
    assert drain(path, piece) == (data, "", False)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress, lz4.frame.compress])
def test_a_cut_of_the_packed_data_is_told(tmp_path, pack) -> None:
    path = tmp_path / "cut"
    path.write_bytes(pack(DATA)[:-3])
    taken, fault, is_cut = drain(path)
    assert DATA.startswith(taken)
    assert (fault, is_cut) == ("the packed data end too early", True)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress])
def test_damage_of_the_packed_data_is_told(tmp_path, pack) -> None:
    packed = bytearray(pack(DATA))
    packed[len(packed) // 2] ^= 0x55
    path = tmp_path / "damaged"
    path.write_bytes(packed)
    _, fault, is_cut = drain(path)
    assert fault.startswith("the packed data")
    assert "\n" not in fault
    assert not is_cut or fault.endswith("early")


def test_zeros_behind_a_gzip_file_are_padding_and_other_bytes_are_told(tmp_path) -> None:
    """gzip: trailing zeros come from tape blocks."""
    path = tmp_path / "tail"
    path.write_bytes(gzip.compress(DATA) + bytes(512))
    assert drain(path) == (DATA, "", False)
    path.write_bytes(gzip.compress(DATA) + b"hello")
    assert drain(path)[1] == "bytes after the packed data are no part of it"


def test_a_cut_skippable_frame_is_told(tmp_path) -> None:
    path = tmp_path / "skippable"
    path.write_bytes(b"\x50\x2a\x4d\x18\xff\xff\0\0abc")
    assert drain(path) == (b"", "the packed data end too early", True)


def test_a_dense_zstandard_bomb_comes_in_bounded_pieces(tmp_path) -> None:
    """RFC 8878 section 3.1.1.2: a run-length block of 4 bytes holds up to 128 KiB."""
    header = b"\x28\xb5\x2f\xfd\x00\x58"
    run = ((128 * 1024) << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    path = tmp_path / "bomb"
    path.write_bytes(header + run * 2000)
    with open_stream(str(path)) as stream:
        buffer = memoryview(bytearray(1 << 20))
        total = 0
        while count := stream.readinto(buffer):
            total += count
            assert len(stream.ready) <= 20 * 2**20
    assert total == 2000 * 128 * 1024


@pytest.mark.parametrize("name", ["absent", "folder", "null\0byte"])
def test_what_cannot_be_opened_is_told_in_one_line(tmp_path, name) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnreadableCapture, match="cannot be opened") as caught, open_stream(str(tmp_path / name)):
        pass
    assert "\n" not in str(caught.value)


def test_a_dash_is_standard_input(tmp_path, monkeypatch) -> None:
    path = tmp_path / "in"
    path.write_bytes(captures.gzipped(DATA))
    with path.open("rb") as stream:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
        with open_stream("-") as opened:
            buffer = bytearray(10)
            assert opened.readinto(memoryview(buffer)) == 10
    assert bytes(buffer) == DATA[:10]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path) -> None:
    """Opened again, a pipe blocks: the tool hung."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableCapture, match="pipe"), open_stream(str(tmp_path / "pipe")):
        pass
