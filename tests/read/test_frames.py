"""Laws of reading: the container, its packing, and the size of a chunk change nothing; a break loses only what it hits."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlate.errors import UnreadableCapture
from correlate.model.frames import NO_TIME, Start
from correlate.read import read_frames
from tests.read import captures, formats
from tests.read.captures import REAL, Record, whole

FAST = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark")
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="no public captures beside the checkout")

MAKERS = {
    "pcap": captures.pcap,
    "pcap big-endian": lambda rows: captures.pcap(rows, order=">"),
    "pcap ns": lambda rows: captures.pcap(rows, magic=0xA1B23C4D),
    "pcapng": captures.pcapng,
    "pcapng big-endian": lambda rows: captures.pcapng(rows, order=">"),
    "pcapng ns": lambda rows: captures.pcapng(rows, unit_ns=1),
    "gzip": lambda rows: captures.gzipped(captures.pcap(rows)),
    "lz4": lambda rows: captures.lz4ed(captures.pcapng(rows)),
    "snoop": formats.snoop,
    "zstd": lambda rows: captures.zstandarded(captures.pcapng(rows)),
}


@given(captures.records())
@FAST
def test_the_container_changes_nothing(tmp_path, rows) -> None:
    for make in MAKERS.values():
        path = tmp_path / "capture"
        path.write_bytes(make(rows))
        read = whole(path)
        assert (read.records, read.problems) == (rows, [])
        assert [interface.link_type for interface in read.interfaces] == [1]


@given(captures.records(max_size=30), st.sampled_from(sorted(MAKERS)), st.integers(1, 300))
@FAST
def test_the_size_of_a_chunk_changes_nothing(tmp_path, rows, maker, chunk_bytes) -> None:
    path = tmp_path / "capture"
    path.write_bytes(MAKERS[maker](rows))
    assert whole(path, chunk_bytes=chunk_bytes) == whole(path)


@given(captures.records(max_size=30), st.sampled_from(sorted(MAKERS)), st.integers(1, 300))
@FAST
def test_reading_may_begin_at_any_chunk(tmp_path, rows, maker, chunk_bytes) -> None:
    path = tmp_path / "capture"
    path.write_bytes(MAKERS[maker](rows))
    chunks = [
        (Start(chunk.position, chunk.first_frame, len(chunk.interfaces)), chunk.columns.ts_ns.tolist())
        for chunk in read_frames(path, chunk_bytes=chunk_bytes)
    ]
    stamps = [stamp for _start, part in chunks for stamp in part]
    for start, _part in chunks:
        again = [
            (chunk.first_frame, stamp)
            for chunk in read_frames(path, chunk_bytes=chunk_bytes + 7, start=start)
            for stamp in zip(
                range(chunk.first_frame, chunk.first_frame + len(chunk)), chunk.columns.ts_ns.tolist(), strict=True
            )
        ]
        assert [stamp for _first, stamp in again] == list(enumerate(stamps, 1))[start.frame - 1 :]


def test_interfaces_described_late_are_walked_to(tmp_path) -> None:
    """Sections that follow one another bring interfaces of their own; whoever jumped would miss them."""
    rows = [Record(1000 * second, bytes([second]) * 20, 20) for second in range(1, 9)]
    path = tmp_path / "capture"
    path.write_bytes(captures.pcapng(rows) + captures.pcapng(rows))
    chunks = [Start(c.position, c.first_frame, len(c.interfaces)) for c in read_frames(path, chunk_bytes=1) if len(c)]
    late = chunks[-1]
    assert late.interfaces == 2
    (again,) = [chunk for chunk in read_frames(path, start=late) if len(chunk)]
    assert again.first_frame == late.frame
    assert again.interfaces[int(again.columns.interface[0])].link_type == 1


@given(captures.records(), st.sampled_from(["pcap", "pcapng", "pcap big-endian"]), st.data())
@FAST
def test_a_cut_keeps_the_frames_wholly_before_it(tmp_path, rows, maker, data) -> None:
    sizes = [len(MAKERS[maker](rows[:count])) for count in range(len(rows) + 1)]
    cut = data.draw(st.integers(sizes[0], sizes[-1]))
    path = tmp_path / "capture"
    path.write_bytes(MAKERS[maker](rows)[:cut])
    read = whole(path)
    kept = sum(size <= cut for size in sizes[1:])
    assert read.records == rows[:kept]
    assert [problem.kind for problem in read.problems] == ([] if cut == sizes[kept] else ["truncated-file"])


@given(captures.records(max_size=8), st.sampled_from(["gzip", "zstd"]), st.data())
@FAST
def test_a_cut_of_packed_data_is_told_and_keeps_a_beginning(tmp_path, rows, maker, data) -> None:
    packed = MAKERS[maker](rows)
    path = tmp_path / "capture"
    path.write_bytes(packed[: data.draw(st.integers(4, len(packed) - 1))])
    try:
        read = whole(path)
    except UnreadableCapture:
        return
    assert read.records == rows[: len(read.records)]
    # A cut between two members of a packed file shows only if it is inside a record.
    assert [problem.kind for problem in read.problems] in (["truncated-file"], [])


@given(
    captures.records(max_size=6),
    st.sampled_from(sorted(MAKERS)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4),
)
@settings(FAST, max_examples=80)
def test_broken_bytes_raise_nothing_but_unreadable_capture(tmp_path, rows, maker, changes) -> None:
    broken = bytearray(MAKERS[maker](rows))
    for place, value in changes:
        broken[place % len(broken)] = value
    path = tmp_path / "capture"
    path.write_bytes(broken)
    assert "\n" not in outcome(path)


def outcome(path) -> str:
    """Read a file and say how it ended."""
    try:
        return "; ".join(problem.detail for problem in whole(path, chunk_bytes=64).problems)
    except UnreadableCapture as error:
        return str(error)


def test_damage_is_told_with_its_place_and_ends_the_reading(tmp_path) -> None:
    rows = [Record(10**18, b"abcd", 4)] * 3
    broken = bytearray(captures.pcap(rows))
    broken[24 + 20 + 8 : 24 + 20 + 12] = b"\xff\xff\xff\x7f"
    path = tmp_path / "capture"
    path.write_bytes(broken)
    read = whole(path)
    assert read.records == rows[:1]
    assert [problem.kind for problem in read.problems] == ["damaged"]
    assert read.problems[0].detail.startswith("damaged at byte offset 44: a captured length of 2147483647 bytes")


def test_an_empty_capture_still_tells_its_interface(tmp_path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(captures.pcap([], link=113))
    chunks = list(read_frames(path))
    assert [len(chunk) for chunk in chunks] == [0]
    assert chunks[0].interfaces[0].link_type == 113


def test_counters_behind_the_last_frame_reach_the_last_chunk(tmp_path) -> None:
    """draft-ietf-opsawg-pcapng section 4.6: statistics stand at the end of most files."""
    counters = captures.option(4, (1000).to_bytes(8, "little")) + captures.option(5, (7).to_bytes(8, "little"))
    data = captures.pcapng([Record(0, bytes(500), 500)] * 20) + captures.block(5, bytes(12) + counters)
    path = tmp_path / "capture"
    path.write_bytes(data)
    *_, last = read_frames(path, chunk_bytes=1000)
    assert (last.interfaces[0].received, last.interfaces[0].dropped) == (1000, 7)


def test_a_bomb_costs_no_memory(tmp_path) -> None:
    """400 MB of zeros in 400 KB: a pcap whose records are all empty."""
    import zlib

    path = tmp_path / "bomb"
    press = zlib.compressobj(9, wbits=31)
    zeros = bytes(2**22)
    with path.open("wb") as out:
        out.write(press.compress(captures.pcap([])))
        for _ in range(40):
            out.write(press.compress(zeros))
        out.write(press.flush())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(len(chunk) for chunk in read_frames(path)) == 40 * 2**22 // 16
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


SAMPLE = [
    "formats/pcapng-blocks/output_be-advanced-test102.pcapng",
    "formats/pcapng-blocks/output_le-basic-test018.pcapng",
    "formats/pcapng-blocks/output_le-difficult-test202.pcapng",
    "formats/pcapplusplus/many_interfaces-1.pcapng",
    "formats/pcapplusplus/nanosecs_big_endian.pcap",
    "formats/pcapplusplus/pcapng-example.pcapng",
    "formats/same-traffic/nat_home.suse6_3pcap",
    "formats/same-traffic/nat_home.nokiapcap",
    "formats/same-traffic/nat_home.rh6_1pcap",
    "vantages/mptcp-two-hosts/client_1_tcp_only.pcap.gz",
]


@pytest.mark.real
@pytest.mark.tshark
@needs_real
@needs_tshark
@pytest.mark.parametrize("name", SAMPLE)
def test_frames_are_those_of_tshark(name) -> None:
    path = REAL / name
    fields = ["-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len"]
    run = subprocess.run(
        ["tshark", "-n", "-r", path, "-T", "fields", *fields],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    expected = []
    for line in run.stdout.splitlines():
        epoch, length, cap_len = line.split("\t")
        seconds, _, rest = epoch.partition(".")
        stamp = int(seconds) * 10**9 + int(rest.ljust(9, "0")) if epoch else NO_TIME
        expected.append((stamp, int(length), int(cap_len)))
    found = []
    for chunk in read_frames(path):
        columns = chunk.columns
        links = [chunk.interfaces[index].link_type for index in columns.interface.tolist()]
        rows = zip(columns.ts_ns.tolist(), columns.wire_len.tolist(), columns.cap_len.tolist(), links, strict=True)
        found += rows
    assert len(found) == len(expected)
    # Blocks without packet are numbered, no more.
    packets = [(row[:3], other) for row, other in zip(found, expected, strict=True) if row[3] != 0xFFFF]
    assert [mine for mine, _ in packets] == [other for _, other in packets]


@pytest.mark.real
@needs_real
def test_one_capture_in_many_formats_has_equal_frames() -> None:
    folder = REAL / "formats" / "same-traffic"
    names = ["modpcap", "nokiapcap", "nsecpcap", "pcapng", "rh6_1pcap", "suse6_3pcap"]
    expected = whole(folder / "nat_home.pcap").records
    assert len(expected) == 134
    for name in names:
        found = whole(folder / f"nat_home.{name}").records
        assert [row.data for row in found] == [row.data for row in expected], name
        assert all(abs(one.ts_ns - two.ts_ns) < 1000 for one, two in zip(found, expected, strict=True)), name


@pytest.mark.real
@needs_real
@pytest.mark.parametrize("folder", ["malformed/clusterfuzz", "malformed/libpcap"])
def test_hostile_files_end_soon_with_a_result_or_one_line(folder) -> None:
    for path in sorted((REAL / folder).iterdir()):
        start = time.monotonic()
        assert "\n" not in outcome(path)
        assert time.monotonic() - start < 5, path.name
