"""Who tells of frames part by part: what a changed file and an unlabelled frame come to. The rest: test_capture.py."""

from __future__ import annotations

import io
import shutil

import attrs
import pytest

from correlate.errors import UnreadableCapture
from correlate.scale.run import correlate_large
from tests.netsim import simulate
from tests.netsim.files import write_capture
from tests.scale import worlds
from tests.scale.merged import frames_of


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr("correlate.scale.survey.CHUNK_BYTES", worlds.CHUNK_BYTES)


def arp(stamp: int) -> tuple[int, bytes, int]:
    """A frame without IP packet."""
    data = bytes(12) + b"\x08\x06" + bytes(46)
    return stamp, data, len(data)


def test_frames_that_hold_no_packet_are_stamped_between_their_neighbours(tmp_path) -> None:
    """They belong to no packet, so to no part: the clock of the part before them moves their stamps."""
    run = simulate(attrs.evolve(worlds.LOSSY, duration_ns=20 * 10**9), 5)
    captures = {}
    for name, frames in run.captures.items():
        mixed = [frame for at, one in enumerate(frames) for frame in ([one, arp(one[0])] if at % 7 == 0 else [one])]
        path = tmp_path / f"{name}.pcap"
        write_capture(path, mixed, 0)
        captures[name] = [str(path)]
    out = io.BytesIO()
    with correlate_large(worlds.plan(captures, tmp_path / "work", keeps=("marks",)), worlds.quiet) as large:
        assert len(large.whole.summaries) > 1
        large.stream_merged(out, with_secrets=True)
    found = frames_of(out.getvalue())
    assert len(found) == sum(-(-len(frames) // 7) + len(frames) for frames in run.captures.values())
    for name in captures:
        mine = [frame for frame in found if frame.vantage == name]
        for at, frame in enumerate(mine):
            if not frame.packet:
                assert frame.time_ns == mine[at - 1].time_ns


def test_a_file_of_other_frames_is_told(tmp_path) -> None:
    """Rings reuse names: what is written must be what was correlated."""
    run = simulate(attrs.evolve(worlds.CLEAN, duration_ns=20 * 10**9), 5)
    captures = {name: [str(path)] for name, path in run.write(tmp_path / "c").items()}
    with correlate_large(worlds.plan(captures, tmp_path / "work", keeps=("marks",)), worlds.quiet) as large:
        name = next(iter(captures))
        frames = [(stamp + 1000, data, size) for stamp, data, size in run.captures[name]]
        write_capture(tmp_path / "other.pcap", frames, 0)
        shutil.copy(tmp_path / "other.pcap", captures[name][0])
        with pytest.raises(UnreadableCapture, match="the file changed while it was used"):
            large.stream_merged(io.BytesIO(), with_secrets=True)
