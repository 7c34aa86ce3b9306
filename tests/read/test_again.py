"""Rule: what is read again is what was read first, or one line says that the file changed; what was added is left out."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.errors import UnreadableCapture
from correlate.load import load_vantage
from correlate.read import Known, read_again
from tests.read import captures
from tests.read.captures import Record

START_NS = 1_600_000_000 * 10**9
UDP = bytes.fromhex("02000000000102000000000208004500002000010000401100000a0000010a00000200050006000c000061626364")
ROWS = [Record(START_NS + number * 1000, UDP if number % 3 else bytes(60), 60) for number in range(40)]


def again(folder, rows, *, cut: int = 0, is_whole: bool = True) -> list[int]:
    """Load ``ROWS``, put ``rows`` in their place, read again; return the stamps."""
    path = folder / "capture"
    path.write_bytes(captures.pcap(ROWS))
    loaded = load_vantage("a", [str(path)])
    data = captures.pcap(rows)
    path.write_bytes(data[: len(data) - cut])
    (file,) = loaded.vantage.files
    chunks = read_again(file, Known.from_table(loaded.packets, 0), is_whole=is_whole)
    return [stamp for chunk in chunks for stamp in chunk.columns.ts_ns.tolist()]


def test_a_file_that_stayed_gives_its_frames_again(tmp_path) -> None:
    assert again(tmp_path, ROWS) == [row.ts_ns for row in ROWS]
    assert again(tmp_path, ROWS, is_whole=False) == [row.ts_ns for row in ROWS]


def test_a_file_that_grew_gives_what_it_held_before(tmp_path) -> None:
    assert again(tmp_path, ROWS + ROWS) == [row.ts_ns for row in ROWS]
    assert again(tmp_path, ROWS + ROWS, cut=5) == [row.ts_ns for row in ROWS]


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_file_that_shrank_or_was_replaced_is_told(tmp_path, is_whole) -> None:
    for rows, cut in ((ROWS[:30], 0), (ROWS, 100), (ROWS[:0], 0)):
        with pytest.raises(UnreadableCapture, match="changed while it was used: it has lost frames"):
            again(tmp_path, rows, cut=cut, is_whole=is_whole)
    late = [row._replace(ts_ns=row.ts_ns + 1000) for row in ROWS]
    other = [row._replace(data=row.data + b"x", wire_len=61) for row in ROWS]
    for rows in (late, other, ROWS[:20] + ROWS[21:]):
        with pytest.raises(UnreadableCapture, match=r"frame \d+ is another one"):
            again(tmp_path, rows, is_whole=is_whole)


def test_frames_without_packets_count_too_where_all_are_known(tmp_path) -> None:
    with pytest.raises(UnreadableCapture, match="lost frames"):
        again(tmp_path, ROWS[:39])
    assert ROWS[39].data == bytes(60)
    assert len(again(tmp_path, ROWS[:39], is_whole=False)) == 39


def test_rows_of_a_file_are_those_of_its_index(tmp_path) -> None:
    paths = []
    for part in (ROWS[:15], ROWS[15:]):
        paths.append(str(tmp_path / f"part{len(paths)}"))
        (tmp_path / f"part{len(paths) - 1}").write_bytes(captures.pcap(part))
    packets = load_vantage("a", paths).packets
    stamps = [Known.from_table(packets, index).captured_ns for index in (0, 1)]
    assert np.array_equal(np.concatenate(stamps), packets.captured_ns)
    assert stamps[0].max() < ROWS[15].ts_ns <= stamps[1].min()
