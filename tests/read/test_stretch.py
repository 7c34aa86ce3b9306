"""A stretch of a file is what the whole file says of those frames."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlate.model.frames import Start, Stretch
from correlate.read import read_frames, read_stretch
from tests.read import captures


@given(captures.records(max_size=30), st.booleans(), st.integers(1, 300), st.integers(0, 40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_stretch_holds_its_frames_only(tmp_path, rows, is_packed, chunk_bytes, frames) -> None:
    path = tmp_path / "capture"
    path.write_bytes(captures.gzipped(captures.pcap(rows)) if is_packed else captures.pcap(rows))
    starts = [
        Start(chunk.position, chunk.first_frame, len(chunk.interfaces))
        for chunk in read_frames(path, chunk_bytes=chunk_bytes)
    ]
    for start in starts:
        found = [
            stamp
            for chunk in read_stretch(path, Stretch(start, frames), chunk_bytes=chunk_bytes)
            for stamp in chunk.columns.ts_ns.tolist()
        ]
        assert found == [row.ts_ns for row in rows][start.frame - 1 : start.frame - 1 + frames]


def test_no_stretch_is_the_whole_file(tmp_path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(captures.pcap([captures.Record(1000, b"x" * 20, 20)] * 3))
    assert sum(len(chunk) for chunk in read_stretch(path, None)) == 3
