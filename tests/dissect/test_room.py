"""Columns that grow while a capture is read: what is kept stays where it was written, and nothing else is in it."""

import resource
import sys
from pathlib import Path

import numpy as np
import pytest

from correlate.dissect import room as room_module
from correlate.dissect.room import Room, joined, zeros
from correlate.model.packets import PacketColumns


def written(room, rows, first):
    """Reserve, number the frames from ``first``, and keep all rows but the last one."""
    out = room.reserve(rows)
    out.frame[: rows - 1] = np.arange(first, first + rows - 1)
    return room.keep(rows - 1)


@pytest.mark.parametrize("expected", [0, 7, 100_000], ids=["no guess", "too low", "high enough"])
def test_all_rows_are_there_in_order_however_good_the_guess(expected):
    """The guess changes where rows lie, not what they are; rows given back hold nothing."""
    room = Room(expected=expected)
    pieces, first = [], 1
    for rows in (5, 1, 9, 3000, 20_000):
        pieces.append(written(room, rows, first))
        first += rows - 1
    columns = joined(pieces)
    assert columns.frame.tolist() == list(range(1, first))
    assert all(column.flags.c_contiguous and not column.any() for column in columns if column is not columns.frame)


def test_rows_of_one_block_are_not_copied():
    """A good guess: the table is where the chunks were written."""
    room = Room(expected=20_000)
    pieces = [written(room, 5000, 1), written(room, 5000, 5000)]
    assert np.shares_memory(joined(pieces).frame, pieces[0].block.columns[PacketColumns._fields.index("frame")])


def test_blocks_that_are_joined_give_their_columns_back():
    """Else joining would hold everything twice."""
    pieces = [written(Room(), 5000, 1), written(Room(), 5000, 5000)]
    joined(pieces)
    assert all(len(column) == 0 for piece in pieces for column in piece.block.columns)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts pages as Linux does")
def test_what_is_not_written_costs_no_memory():
    """Zeros for ten million packets: address space only."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    columns = zeros(PacketColumns, 10_000_000)
    columns.frame[:4096] = 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 1000


LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(
    not LARGE_PAGES.exists() or "[never]" in LARGE_PAGES.read_text(), reason="this system has no large pages"
)
def test_columns_that_are_written_lie_in_large_pages_as_far_as_they_surely_go():
    """And those in which the first chunk has a value now and then do not: most of their pages will stay untouched."""
    room = Room(expected=8_000_000)
    out = room.reserve(8_000_000)
    out.ts_ns[:100] = out.frame[:100] = out.digest[50] = 1
    room.keep(100)

    def faults(column, rows):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        column[rows] = 1
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    sure, end = slice(100, 6_900_000, 512), slice(7_300_000, 8_000_000, 512)
    assert faults(out.ts_ns, sure) < len(range(6_900_000)[sure]) / 4
    assert faults(out.ts_ns, end) > len(range(8_000_000)[end]) / 2
    assert faults(out.digest, sure) > len(range(6_900_000)[sure]) / 2


def test_a_guess_that_is_wrong_time_and_again_makes_few_blocks():
    """A file that grows while it is read: nothing more is ever expected, and mappings are not without number."""
    room = Room(expected=0)
    pieces = [written(room, 1000, 1) for _ in range(1000)]
    assert len({id(piece.block) for piece in pieces}) < 30


def test_a_guess_that_no_address_space_holds_is_not_made_room_for(monkeypatch):
    """Limits of address space count what is not written, too: then blocks are as large as they must be."""
    usual = room_module.zeros
    monkeypatch.setattr(room_module, "zeros", lambda columns, rows: usual(columns, rows) if rows < 10**6 else refuse())
    room = Room(expected=10**9)
    pieces = [written(room, 5000, 1), written(room, 5000, 5000)]
    assert joined(pieces).frame.tolist() == list(range(1, 9999))


def refuse():
    """What a mapping that cannot be made says."""
    raise MemoryError


def test_scratch_is_the_same_memory_each_time():
    """It grows to the largest chunk and stays."""
    room = Room()
    large = room.scratch(1000)
    assert all(np.shares_memory(one, two) for one, two in zip(room.scratch(10), large, strict=True))
    assert len(room.scratch(10).kept) == 10
