"""Law: merged.pcapng of captures done part by part holds what that of the run in one piece holds.

**Source:** docs/report.md (merged.pcapng): every frame once, bytes as captured, in the order of one clock, packet ids,
remarks.
"""

from __future__ import annotations

import io
from collections import Counter

import pytest

from correlate.pipeline import correlate
from correlate.report import CaptureParts, stream_merged
from correlate.rereading import frame_source, side_blocks
from correlate.scale.run import correlate_large
from tests.netsim import simulate
from tests.scale import worlds
from tests.scale.merged import Frame, frames_of

CLOSE_NS = 500_000
"""Clocks are fitted part by part: stamps differ by less than a hop's delay."""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Merged captures of the lossy world: part by part, in memory."""
    folder = tmp_path_factory.mktemp("merged")
    patch = pytest.MonkeyPatch()
    patch.setattr("correlate.scale.survey.CHUNK_BYTES", worlds.CHUNK_BYTES)
    try:
        captures = {n: [str(path)] for n, path in simulate(worlds.LOSSY, 5).write(folder / "captures").items()}
        cut = io.BytesIO()
        with correlate_large(worlds.plan(captures, folder / "work", keeps=("marks",)), worlds.quiet) as large:
            assert len(large.whole.summaries) > 4
            large.stream_merged(cut, with_secrets=True)
        found, whole = correlate(captures), io.BytesIO()
        stream_merged(found, CaptureParts(frames=frame_source(found), sides=side_blocks(found)), whole)
    finally:
        patch.undo()
    return frames_of(cut.getvalue()), frames_of(whole.getvalue())


def by_vantage(frames: list[Frame]) -> dict[str, list[Frame]]:
    found: dict[str, list[Frame]] = {}
    for frame in frames:
        found.setdefault(frame.vantage, []).append(frame)
    return found


def test_every_frame_is_there_once_and_in_the_order_of_its_capture(both) -> None:
    cut, whole = map(by_vantage, both)
    assert cut.keys() == whole.keys()
    for name, frames in whole.items():
        assert [frame.data for frame in cut[name]] == [frame.data for frame in frames]


def test_stamps_are_those_of_the_run_in_one_piece_and_ascend(both) -> None:
    cut, whole = map(by_vantage, both)
    for name, frames in whole.items():
        assert all(abs(a.time_ns - b.time_ns) < CLOSE_NS for a, b in zip(cut[name], frames, strict=True))
    times = [frame.time_ns for frame in both[0]]
    latest = 0
    for time in times:
        assert time > latest - CLOSE_NS
        latest = max(latest, time)


def test_the_same_frames_bear_one_packet_id(both) -> None:
    """Whatever the numbers are: around a border they come in another order."""

    def packets(frames: list[Frame]) -> set[tuple]:
        held: dict[int, list] = {}
        for name, mine in by_vantage(frames).items():
            for at, frame in enumerate(mine):
                if frame.packet:
                    held.setdefault(frame.packet, []).append((name, at))
        return {tuple(sorted(one)) for one in held.values()}

    assert packets(both[0]) == packets(both[1])
    numbers = {frame.packet for frame in both[0] if frame.packet}
    assert numbers == {frame.packet for frame in both[1] if frame.packet}


def test_the_same_is_said_of_hops(both) -> None:
    """Fates and changed fields of every frame; the delay is the part's, the number that of the id."""

    def said(frames: list[Frame]) -> Counter:
        found: Counter = Counter()
        for name, mine in by_vantage(frames).items():
            for at, frame in enumerate(mine):
                for text in frame.comments:
                    if text.startswith("correlate ") and "hop=" in text:
                        words = [word for word in text.split() if not word.startswith(("owd", "packet="))]
                        assert f"packet={frame.packet}" in text or "packets=" in " ".join(frame.comments)
                        found[name, at, " ".join(words)] += 1
        return found

    assert said(both[0])
    assert said(both[0]) == said(both[1])


def test_evidence_bears_its_finding(both) -> None:
    assert any("finding=f1 " in text for frame in both[0] for text in frame.comments)
