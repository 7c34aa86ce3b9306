"""Blocks that are written once per file (draft-ietf-opsawg-pcapng)."""

import struct

from correlate.report.blocks import (
    block,
    interface_description,
    interface_statistics,
    is_own_capture,
    section_header,
    text_value,
)
from correlate.wire.linktypes import NO_LINK


def test_a_block_ends_with_its_length_and_is_a_multiple_of_four():
    made = block(7, b"abcde")
    assert made == struct.pack("<II", 7, 20) + b"abcde\0\0\0" + struct.pack("<I", 20)


def test_texts_are_harmless_and_never_too_long_for_their_length_field():
    assert text_value("a\x1b[2J\u202e") == b"a\\x1b[2J\\u202e"
    assert len(text_value("\u20ac" * 40_000)) <= 60_000
    text_value("\u20ac" * 40_000).decode("utf-8")


def test_nothing_counted_is_no_block():
    assert interface_statistics(interface=0, time_ns=5, received=None, dropped=None) == b""
    assert struct.pack("<HHQ", 5, 8, 0) in interface_statistics(interface=0, time_ns=5, received=None, dropped=0)


def test_nanoseconds_are_declared():
    made = interface_description(link_type=1, snaplen=0, name="a", description="b", capture_filter="", fcs_len=0)
    assert struct.pack("<HHB", 9, 1, 9) in made


def test_a_link_type_that_no_block_can_hold_is_told_as_none():
    told = {"snaplen": 0, "name": "a", "description": "b", "capture_filter": "", "fcs_len": 0}
    assert interface_description(link_type=0x20001, **told) == interface_description(link_type=NO_LINK, **told)


def test_own_captures_are_known_again(tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    own.write_bytes(section_header("c"))
    other.write_bytes(section_header("c").replace(b"correlate ", b"dumpcap   "))
    assert is_own_capture(own)
    assert not is_own_capture(other)
    assert not is_own_capture(tmp_path / "absent")
