"""Names and secrets of pcapng files (draft-ietf-opsawg-pcapng sections 4.5, 4.7)."""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.read.blocks import KEPT_BYTES, read_side_blocks
from tests.read.captures import Record, block, interface, packet, pcap, section

NAME = struct.pack("<HH", 1, 8) + bytes([10, 0, 0, 1]) + b"lan\0"
SECRET = struct.pack("<II", 0x544C534B, 5) + b"RANDO"


def written(tmp_path, *parts):
    path = tmp_path / "capture"
    path.write_bytes(b"".join(parts))
    return path


def test_names_and_secrets_come_out_little_endian_whatever_they_were(tmp_path):
    big_name = struct.pack(">HH", 1, 8) + bytes([10, 0, 0, 1]) + b"lan\0" + struct.pack(">HH", 0, 0)
    big_secret = struct.pack(">II", 0x544C534B, 5) + b"RANDO"
    little = read_side_blocks(written(tmp_path, section(), block(4, NAME + bytes(4)), block(10, SECRET)))
    big = read_side_blocks(written(tmp_path, section(">"), block(4, big_name, ">"), block(10, big_secret, ">")))
    assert little == big
    assert [side.body for side in little] == [NAME + bytes(4), SECRET + bytes(3)]


def test_packets_between_them_are_passed_over_and_equal_blocks_kept_once(tmp_path):
    rows = [packet(Record(1000 * number, b"x" * 90, 90)) for number in range(5)]
    path = written(tmp_path, section(), interface(), block(4, NAME + bytes(4)), *rows, block(4, NAME + bytes(4)))
    assert len(read_side_blocks(path)) == 1


def test_pcap_has_none(tmp_path):
    assert read_side_blocks(written(tmp_path, pcap([Record(1000, b"abc", 3)]))) == ()


def test_blocks_that_contradict_themselves_are_left_out(tmp_path):
    lying = struct.pack("<II", 0x544C534B, 500) + b"RANDO"
    endless = struct.pack("<HH", 1, 60000) + b"ab"
    assert read_side_blocks(written(tmp_path, section(), block(10, lying), block(4, endless), block(10, b"ab"))) == ()


def test_what_is_kept_is_bounded(tmp_path):
    piece = 1024 * 1024
    blocks = [block(10, struct.pack("<II", number, piece) + bytes(piece)) for number in range(20)]
    assert sum(len(side.body) for side in read_side_blocks(written(tmp_path, section(), *blocks))) <= KEPT_BYTES


@settings(deadline=None)
@given(st.binary(max_size=120), st.integers(0, 60))
def test_damage_ends_the_walk_quietly(tmp_path_factory, junk, cut):
    folder = tmp_path_factory.mktemp("damage")
    whole = section() + block(4, NAME + bytes(4)) + block(10, SECRET)
    assert len(read_side_blocks(written(folder, whole[: max(28, len(whole) - cut)], junk))) <= 4
