"""Clocks are as wrong as they were told to be, and nothing else of a capture changes."""

from __future__ import annotations

import struct

from tests.lab.capture import MAGIC_NS, Clock, distort, records

SECOND = 1_000_000_000
FIRST = 1_700_000_000 * SECOND
FRAMES = [(FIRST, b"a" * 60), (FIRST + 4 * SECOND + 7, b"b" * 90), (FIRST + 10 * SECOND, b"c" * 1500)]


def test_a_clock_is_a_line_with_one_step() -> None:
    clock = Clock(offset_ns=5, skew_ppm=100, step_ns=-1_000_000, step_at=0.5)
    span = FIRST, FIRST + 10 * SECOND
    assert clock.read(FIRST, *span) == FIRST + 5
    assert clock.read(FIRST + 4 * SECOND, *span) == FIRST + 4 * SECOND + 400_005
    assert clock.read(FIRST + 5 * SECOND, *span) == FIRST + 5 * SECOND + 500_005 - 1_000_000


def test_a_distorted_copy_has_other_stamps_and_shorter_frames_only(tmp_path) -> None:
    parts = [struct.pack("=IHHiIII", MAGIC_NS, 2, 4, 0, 0, 262_144, 1)]
    for time_ns, frame in FRAMES:
        parts += [struct.pack("=4I", *divmod(time_ns, SECOND), len(frame), len(frame)), frame]
    (tmp_path / "true.pcap").write_bytes(b"".join(parts))
    clock = Clock(offset_ns=-3 * SECOND, skew_ppm=50)
    span = FIRST, FIRST + 10 * SECOND
    stamps = distort(tmp_path / "true.pcap", tmp_path / "seen.pcap", clock, span, snaplen=80)
    assert stamps == [clock.read(time_ns, *span) for time_ns, _ in FRAMES]
    wanted = [(stamp, len(frame), frame[:80]) for stamp, (_, frame) in zip(stamps, FRAMES, strict=True)]
    assert list(records(tmp_path / "seen.pcap")) == wanted
