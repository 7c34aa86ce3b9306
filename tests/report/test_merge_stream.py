"""The file of a merged capture without a run: any teller of frames will do."""

from __future__ import annotations

import io

import numpy as np
import pytest

from correlate.errors import UnreadableCapture
from correlate.model.arrays import frozen
from correlate.model.frames import Interface
from correlate.read import read_frames
from correlate.report.interleave import Batch
from correlate.report.merge_stream import Head, Outlet, Told, of_outlets, stream_frames
from correlate.report.merged import NO_TEXTS
from tests.cli.traffic import two_vantages
from tests.scale.merged import frames_of


class Plain:
    """Frames as they were captured, numbered."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths

    def batches(self, vantage, lookup):
        for chunk in read_frames(self.paths[vantage]):
            if len(chunk):
                columns = chunk.columns
                rows = frozen(np.arange(len(chunk)), np.int64)
                interface = frozen(lookup(chunk)[columns.interface], np.int64)
                numbers = (columns.offset, columns.cap_len, columns.wire_len, columns.ts_ns)
                yield of_outlets(Batch(chunk.data, *numbers, interface, rows))

    def told(self, _vantage, part):
        nothing = frozen(np.zeros(len(part.row), np.int64))
        return Told(frozen(part.row + 1), nothing, nothing, NO_TEXTS)


def head(*vantages: int, link_type: int = 1) -> Head:
    one = Interface(link_type=link_type, snaplen=96, dropped=3)
    return Head("a", {(at, link_type, 0): Outlet(f"v{at}", "described", (one,)) for at in vantages}, ())


def test_frames_of_all_vantages_come_in_the_order_of_time(tmp_path) -> None:
    out = io.BytesIO()
    stream_frames(head(0, 1), [0, 1], Plain(two_vantages(tmp_path, count=30)), out)
    found = frames_of(out.getvalue())
    assert len(found) == 120
    assert [frame.time_ns for frame in found] == sorted(frame.time_ns for frame in found)
    for name in ("v0", "v1"):
        assert [frame.packet for frame in found if frame.vantage == name] == list(range(1, 61))


def test_an_interface_that_was_not_there_before_is_told(tmp_path) -> None:
    with pytest.raises(UnreadableCapture, match="changed while it was written"):
        stream_frames(head(0, link_type=101), [0], Plain(two_vantages(tmp_path)), io.BytesIO())
