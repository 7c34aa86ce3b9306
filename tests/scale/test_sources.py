"""Files read once more for writing: each frame once, and only what is the vantage's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from correlate.errors import UnreadableCapture
from correlate.model.frames import Interface, Start, Stretch
from correlate.scale.capture import whole_stretches
from correlate.scale.sources import Source, joined_stretches, members_of_outlets
from correlate.scale.survey import survey


def test_what_parts_read_of_a_file_is_read_once() -> None:
    """Parts read beyond their time, so stretches overlap; a gap stays a gap."""
    start = [Start(frame * 100, frame, 1) for frame in (1, 5, 20, 25)]
    parts = [
        {0: Stretch(start[1], 10)},
        {0: Stretch(start[0], 6), 1: Stretch(start[0], 3)},
        {0: Stretch(start[3], 2)},
        {0: Stretch(start[2], 5)},
    ]
    assert joined_stretches(parts) == {0: [Stretch(start[0], 14), Stretch(start[2], 7)], 1: [Stretch(start[0], 3)]}


def test_a_file_that_lost_frames_is_an_error(small, tmp_path) -> None:
    path = tmp_path / "copy.pcap"
    shutil.copy(small["client"][0], path)
    look = survey([str(path)])
    source = Source(paths=[str(path)], stretches=whole_stretches(look), picked=None)
    assert sum(len(chunk) for _file, chunk in source.chunks()) == look.frames_of(0)
    path.write_bytes(Path(small["client"][0]).read_bytes()[:-400])
    with pytest.raises(UnreadableCapture, match="changed while it was used"):
        list(source.chunks())


def test_a_point_without_a_counter_has_that_of_its_capture() -> None:
    capture = Interface(link_type=1, snaplen=0, dropped=7)
    point = Interface(link_type=1, snaplen=0, parent=0)
    assert [one.dropped for one in members_of_outlets([[capture, point]], [frozenset({1})])] == [7]
    assert members_of_outlets([[capture, point]], None) == [capture, point]
