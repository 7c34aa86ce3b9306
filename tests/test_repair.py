"""Rule (issue): repair goes on behind damage, drops duplicates on request, never invents, and says what it left out."""

from __future__ import annotations

import random

import pytest

from correlate.errors import OutputError, UnreadableCapture, UsageError
from correlate.repair import repair
from tests.read import captures, formats
from tests.read.captures import Record, whole
from tests.read.formats import START_NS

CHANCE = random.Random(8)
ROWS = [Record(START_NS + number * 10**6, CHANCE.randbytes(CHANCE.randrange(60, 300)), 400) for number in range(200)]


def repaired(folder, data: bytes, **options):
    (folder / "in").write_bytes(data)
    done = repair(str(folder / "in"), folder / "out.pcapng", **options)
    found = whole(folder / "out.pcapng")
    assert found.problems == []
    assert done.frames == len(found.records)
    return done, found.records


MAKERS = [
    captures.pcap,
    captures.pcapng,
    lambda rows: captures.pcapng(rows, order=">"),
    formats.snoop,
    lambda rows: formats.snoop(rows, padding=16, link=12),
    lambda rows: formats.erf(rows, extensions=1),
]
"""Of every format in which records are found behind damage."""


@pytest.mark.parametrize("make", [*MAKERS, lambda rows: captures.pcap(rows, order=">")])
def test_a_sound_file_comes_back_whole(tmp_path, make) -> None:
    done, rows = repaired(tmp_path, make(ROWS))
    assert rows == ROWS
    assert (done.skipped_bytes, done.problems) == (0, ())


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", range(12))
def test_frames_behind_damage_are_found_and_none_is_invented(tmp_path, make, seed) -> None:
    """A few hundred bytes overwritten, cut out or put in: at most the frames they hit are lost."""
    chance = random.Random(seed)
    data = bytearray(make(ROWS))
    first = chance.randrange(400, len(data) - 2000)
    hurt = chance.randrange(20, 600)
    kind = seed % 3
    if kind == 0:
        data[first : first + hurt] = chance.randbytes(hurt)
    elif kind == 1:
        del data[first : first + hurt]
    else:
        data[first:first] = chance.randbytes(hurt)
    done, rows = repaired(tmp_path, bytes(data))
    assert len(rows) >= len(ROWS) - 10
    strangers = [row for row in rows if row not in ROWS]
    # The frame that was hit inside keeps its header and its wrong bytes; nothing else is new.
    assert len(strangers) <= 1
    assert not done.skipped_bytes or any("passed over" in problem.detail for problem in done.problems)


def test_a_wrong_length_does_not_turn_bytes_of_frames_into_frames(tmp_path) -> None:
    data = bytearray(captures.pcap(ROWS))
    place = 24 + sum(16 + len(row.data) for row in ROWS[:50]) + 8
    data[place : place + 4] = (90).to_bytes(4, "little") if len(ROWS[50].data) != 90 else (91).to_bytes(4, "little")
    _done, rows = repaired(tmp_path, bytes(data))
    assert [row for row in rows if row not in ROWS] == []
    assert len(rows) >= len(ROWS) - 2


def test_a_length_beyond_the_end_does_not_hide_the_rest(tmp_path) -> None:
    data = bytearray(captures.pcap(ROWS))
    place = 24 + sum(16 + len(row.data) for row in ROWS[:50]) + 8
    data[place : place + 4] = (200_000).to_bytes(4, "little")
    done, rows = repaired(tmp_path, bytes(data))
    assert rows == [*ROWS[:50], *ROWS[51:]]
    assert done.skipped_bytes > 0


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", range(6))
def test_the_size_of_a_chunk_does_not_tell_what_is_found(tmp_path, make, seed) -> None:
    """A record, or damage, that straddles two chunks is found as one that does not."""
    chance = random.Random(seed)
    data = bytearray(make(ROWS))
    for _hurt in range(3):
        first = chance.randrange(400, len(data) - 200)
        data[first : first + 40] = chance.randbytes(40)
    path = tmp_path / "in"
    path.write_bytes(data)
    expected = whole(path, is_resuming=True)
    for chunk_bytes in (1, 100, 512, 1000, 5000):
        assert whole(path, is_resuming=True, chunk_bytes=chunk_bytes) == expected


def test_a_cut_end_is_told(tmp_path) -> None:
    done, rows = repaired(tmp_path, captures.pcap(ROWS)[:-7])
    assert rows == ROWS[:-1]
    assert [problem.kind for problem in done.problems] == ["skipped"]


def test_a_first_record_that_is_damaged_does_not_hide_the_rest(tmp_path) -> None:
    data = bytearray(formats.snoop(ROWS))
    data[16 + 8 : 16 + 12] = b"\xff\xff\xff\xff"
    done, rows = repaired(tmp_path, bytes(data))
    assert rows == ROWS[1:]
    assert done.skipped_bytes == 24 + (len(ROWS[0].data) + 3) // 4 * 4


def test_duplicates_are_dropped_on_request_only(tmp_path) -> None:
    doubled = [copy for row in ROWS for copy in (row, row._replace(ts_ns=row.ts_ns + 5000))]
    late = [*doubled, ROWS[-1]._replace(ts_ns=ROWS[-1].ts_ns + 5_000_000)]
    assert len(repaired(tmp_path, captures.pcap(late))[1]) == 401
    done, rows = repaired(tmp_path, captures.pcap(late), is_dropping_duplicates=True, force=True)
    assert rows == [*ROWS, late[-1]]
    assert done.duplicates == 200


def test_nothing_is_written_over_without_force_nor_from_nothing(tmp_path) -> None:
    (tmp_path / "out.pcapng").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists"):
        repaired(tmp_path, captures.pcap(ROWS))
    with pytest.raises(UnreadableCapture):
        repaired(tmp_path, b"no capture at all, whatever it is called", force=True)
    assert (tmp_path / "out.pcapng").read_bytes() == b"mine"


def test_standard_output_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="Name a file"):
        repair(str(tmp_path / "in"), "-")
