"""Rule: blocks mean what draft-ietf-opsawg-pcapng says; what is unknown is passed over, what cannot be ends the reading."""

from __future__ import annotations

import struct

import pytest

from correlate.errors import UnreadableCapture
from correlate.read import read_frames
from tests.read.captures import Record, block, interface, option, packet, section, whole


def read(tmp_path, *parts: bytes):
    path = tmp_path / "capture"
    path.write_bytes(b"".join(parts))
    return whole(path)


def test_sections_have_their_own_byte_order_and_interfaces(tmp_path) -> None:
    rows = [Record(5000, b"abc", 3, 0), Record(6000, b"defgh", 9, 1), Record(7000, b"ij", 2, 2)]
    found = read(
        tmp_path,
        section("<"),
        interface("<", link=1),
        packet(rows[0], "<"),
        section(">"),
        interface(">", link=113),
        interface(">", link=101),
        packet(rows[1]._replace(interface=0), ">"),
        packet(rows[2]._replace(interface=1), ">"),
    )
    assert found.records == rows
    assert [one.link_type for one in found.interfaces] == [1, 113, 101]
    assert found.problems == []


def test_an_interface_is_described_by_its_options(tmp_path) -> None:
    options = (
        option(2, b"eth0")
        + option(3, b"uplink")
        + option(9, b"\x09")
        + option(11, b"\0tcp port 80")
        + option(13, b"\x04")
        + option(14, (3600).to_bytes(8, "little", signed=True))
        + option(0, b"")
    )
    ticks = Record(5, b"a", 1)
    found = read(tmp_path, section(), interface(snaplen=96, options=options), packet(ticks, unit_ns=1))
    one = found.interfaces[0]
    assert (one.name, one.description, one.capture_filter) == ("eth0", "uplink", "tcp port 80")
    assert (one.tick_ns, one.fcs_len, one.snaplen) == (1, 4, 96)
    assert found.records[0].ts_ns == 3600 * 10**9 + 5


def test_interfaces_of_different_resolution_may_alternate(tmp_path) -> None:
    parts = [section(), interface(), interface(options=option(9, b"\x09")), interface(options=option(9, b"\x8a"))]
    parts += [packet(Record(2048, b"", 0, index), unit_ns=1) for index in (0, 1, 2, 1, 0)]
    stamps = [row.ts_ns for row in read(tmp_path, *parts).records]
    assert stamps == [2_048_000, 2048, 2 * 10**9, 2048, 2_048_000]


def test_old_and_simple_packets_count_too(tmp_path) -> None:
    """Sections 4.4 and appendix A: a simple packet has no time and belongs to the first interface."""
    simple = block(3, struct.pack("<I", 5) + b"abcde")
    old = block(2, struct.pack("<HH4I", 0, 3, 0, 77, 2, 60) + b"xy")
    found = read(tmp_path, section(), interface(), simple, old)
    assert found.records == [Record(None, b"abcde", 5), Record(77_000, b"xy", 60)]


def test_drop_counters_add_up_and_stay_unknown_when_not_counted(tmp_path) -> None:
    """Section 4.6: isb_ifdrop and isb_osdrop; the last statistics count."""
    stats = [
        option(5, (1).to_bytes(8, "big"), ">"),
        option(5, (2).to_bytes(8, "big"), ">") + option(7, (40).to_bytes(8, "big"), ">"),
    ]
    blocks = [block(5, bytes(12) + options, ">") for options in stats]
    found = read(tmp_path, section(">"), interface(">"), interface(">"), *blocks)
    assert [one.dropped for one in found.interfaces] == [42, None]
    assert [one.received for one in found.interfaces] == [None, None]


def test_blocks_that_wireshark_numbers_keep_the_frame_numbers_right(tmp_path) -> None:
    """Custom and journal blocks are frames of Wireshark though they are no packets."""
    row = Record(1000, b"abc", 3)
    custom = block(0xBAD, struct.pack("<I", 32473) + b"abcd")
    found = read(tmp_path, section(), interface(), custom, packet(row), interface(link=101), packet(row), custom)
    links = [found.interfaces[one.interface].link_type for one in found.records]
    assert links == [0xFFFF, 1, 1, 0xFFFF]
    assert found.records[0].ts_ns is None


def test_names_secrets_and_unknown_blocks_are_passed_over(tmp_path) -> None:
    row = Record(1000, b"abc", 3)
    found = read(
        tmp_path, section(), interface(), block(4, bytes(8)), block(10, bytes(40)), block(0x777, b""), packet(row)
    )
    assert (found.records, found.problems) == ([row], [])


GOOD = [section(), interface(), packet(Record(1000, b"abc", 3))]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (packet(Record(0, b"", 0, 7)), "interface 7"),
        (block(6, bytes(20))[:-4] + b"\x11\0\0\0", "not the one before it"),
        (struct.pack("<III", 6, 13, 13) + bytes(4), "block length of 13"),
        (struct.pack("<III", 6, 8, 8), "block length of 8"),
        (block(6, struct.pack("<5I", 0, 0, 0, 900, 900) + bytes(8)), "does not fit its block"),
        (block(6, struct.pack("<5I", 0, 0, 0, 300_000, 0)), "above the limit of 262144"),
        (section(version=(7, 0)), "version 7.0"),
        (block(1, b"abcd"), "too short"),
        (block(5, b"abcd"), "too short"),
        (block(5, b"\x09" + bytes(11)), "interface 9"),
        (interface()[:-4] + b"\xff\0\0\0", "not the one before it"),
    ],
)
def test_what_cannot_be_ends_the_reading_after_the_frames_before_it(tmp_path, bad, what) -> None:
    found = read(tmp_path, *GOOD, bad, packet(Record(0, b"", 0)))
    assert len(found.records) == 1
    assert [problem.kind for problem in found.problems] == ["damaged"]
    assert what in found.problems[0].detail


@pytest.mark.parametrize("data", [section(version=(2, 0)), section()[:20], section()[:8] + b"????" + section()[12:]])
def test_a_file_without_a_sound_section_header_is_refused(tmp_path, data) -> None:
    with pytest.raises(UnreadableCapture):
        read(tmp_path, data)


def test_a_later_section_with_a_damaged_byte_order_ends_the_reading_with_a_problem(tmp_path):
    """Found by damaging files: the block's length was read in an order that the section does not have."""
    first = struct.pack(">IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack(">IIHHII", 1, 20, 1, 0, 0, 20)
    damaged = struct.pack(">I", 0x0A0D0D0A) + struct.pack(">I", 28) + b"\x1a\x2b\x3c\xff" + first[12:]
    path = tmp_path / "damaged.pcapng"
    path.write_bytes(first + interface + damaged)
    chunks = list(read_frames(path))
    problems = [problem for chunk in chunks for problem in chunk.problems]
    assert sum(len(chunk) for chunk in chunks) == 0
    assert [problem.kind for problem in problems] == ["damaged"]
