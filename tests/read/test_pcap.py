"""Rule: the file header says how records are laid out (draft-ietf-opsawg-pcap); old variants only if nothing else fits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.errors import UnreadableCapture
from tests.read import captures
from tests.read.captures import Record, whole

ROWS = [Record(1_600_000_000 * 10**9 + number * 1000, bytes([number]) * 61, 61) for number in range(1, 9)]


def read(tmp_path, data: bytes):
    path = tmp_path / "capture"
    path.write_bytes(data)
    return whole(path)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "extra"), [(0xA1B2C3D4, 0), (0xA1B2C3D4, 8), (0xA1B2C3D4, 4), (0xA1B2CD34, 8), (0xA1B2CD34, 12)]
)
def test_each_variant_of_the_record_header_is_recognised(tmp_path, order, magic, extra) -> None:
    """Red Hat 6.1, Nokia, Kuznetsov, SuSE 6.3: longer record headers under a magic that promises another length."""
    data = captures.pcap(ROWS, order=order, magic=magic, extra=b"\x01\0\0\0\x08\0\0\0\0\0\0\0"[:extra])
    assert read(tmp_path, data).records == ROWS


@given(st.integers(0, 200))
@settings(max_examples=40, deadline=None)
def test_a_cut_file_is_never_taken_for_a_variant(tmp_path_factory, cut) -> None:
    data = captures.pcap(ROWS[:3])
    kept = read(tmp_path_factory.mktemp("cut"), data[: 24 + cut]).records
    assert kept == ROWS[: min(3, cut // 77)]


@pytest.mark.parametrize("version", [(1, 4), (2, 5), (0, 0), (3, 0)])
def test_an_unknown_version_is_refused_in_one_line(tmp_path, version) -> None:
    with pytest.raises(UnreadableCapture, match="pcap version") as caught:
        read(tmp_path, captures.pcap(ROWS, version=version))
    assert "\n" not in str(caught.value)


def test_versions_before_2_3_store_the_original_length_first(tmp_path) -> None:
    """libpcap: the two lengths were swapped in version 2.3."""
    rows = [Record(0, b"abcd", 900), Record(1000, b"ef", 70)]
    data = captures.pcap([], version=(2, 2)) + b"".join(swapped(row) for row in rows)
    assert read(tmp_path, data).records == rows


def swapped(row: Record) -> bytes:
    head = captures.pcap([row])[24:40]
    return head[:8] + head[12:16] + head[8:12] + row.data


def test_the_link_type_field_also_tells_the_fcs(tmp_path) -> None:
    """draft-ietf-opsawg-pcap section 4: bits 28 to 31 count 16-bit units if bit 26 is set."""
    one = read(tmp_path, captures.pcap([], link=0x24000001)).interfaces[0]
    other = read(tmp_path, captures.pcap([], link=0x20000001)).interfaces[0]
    assert (one.link_type, one.fcs_len) == (1, 4)
    assert (other.link_type, other.fcs_len) == (1, 0)


def test_a_microsecond_field_above_a_second_counts_as_it_stands(tmp_path) -> None:
    row = captures.pcap([Record(0, b"", 0)])
    data = row[:28] + (2_500_000).to_bytes(4, "little") + row[32:]
    found = read(tmp_path, data)
    assert found.records[0].ts_ns == 2_500_000_000
    assert [problem.kind for problem in found.problems] == ["odd-time-stamps"]


def test_nanoseconds_under_the_magic_for_microseconds_are_recognised_and_told(tmp_path) -> None:
    """Some rewriting tools copy ns records below a us header; read as us their clock would jump by minutes."""
    rows = [Record(10**18 + 465_743_000 + number, b"abcd", 4) for number in range(5)]
    data = captures.pcap([]) + captures.pcap(rows, magic=0xA1B23C4D)[24:]
    found = read(tmp_path, data)
    assert found.records == rows
    assert found.interfaces[0].tick_ns == 1
    assert [problem.kind for problem in found.problems] == ["nanoseconds-under-microsecond-magic"]


@pytest.mark.parametrize(("link", "is_kept"), [(1, False), (231, True)])
def test_only_message_links_may_hold_huge_records(tmp_path, link, is_kept) -> None:
    """libpcap: 256 KiB is the limit of a frame, D-Bus and USB excepted."""
    row = Record(0, bytes(300_000), 300_000)
    found = read(tmp_path, captures.pcap([row], link=link, snaplen=0))
    assert found.records == ([row] if is_kept else [])
    assert bool(found.problems) is not is_kept


def test_a_snaplen_that_lies_loses_nothing(tmp_path) -> None:
    assert read(tmp_path, captures.pcap(ROWS, snaplen=4)).records == ROWS
