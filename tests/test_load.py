"""One capture, one or more files, becomes one vantage."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from correlate import load
from correlate.errors import UnreadableCapture
from correlate.load import load_vantage
from correlate.model.frames import NO_TIME
from correlate.model.packets import FrameFate, PacketFlag
from tests.netsim import SECOND, chain, simulate
from tests.netsim.files import write_capture

SEED = 5
ARP = bytes.fromhex("ffffffffffff 02 0000000001 0806 0001 0800 06 04 0001".replace(" ", "")) + bytes(20)


@pytest.fixture(scope="module")
def frames():
    return simulate(chain(2), SEED).captures["client"][:60]


def written(path, frames, form="pcap"):
    write_capture(path, frames, 0, form)
    return str(path)


def columns_of(loaded):
    """Return all columns but the file number and the frame number within it."""
    return {name: column for name, column in loaded.packets.columns._asdict().items() if name not in ("file", "frame")}


def test_a_capture_is_described_by_its_frames(frames, tmp_path):
    path = written(tmp_path / "a.pcap", frames)
    vantage = load_vantage("a", [path]).vantage
    stamps = [stamp for stamp, _, _ in frames]
    assert (vantage.name, vantage.frames, vantage.kind) == ("a", 60, "unknown")
    assert (vantage.first_captured_ns, vantage.last_captured_ns) == (min(stamps), max(stamps))
    assert [(file.path, file.frames, file.bytes) for file in vantage.files] == [
        (path, 60, (tmp_path / "a.pcap").stat().st_size)
    ]
    assert vantage.link_types == (1,)


def test_chained_files_are_one_capture(frames, tmp_path):
    whole = load_vantage("a", [written(tmp_path / "whole.pcap", frames)])
    parts = [written(tmp_path / f"{n}.pcap", frames[n : n + 25]) for n in (0, 25, 50)]
    chained = load_vantage("a", parts)
    assert [file.frames for file in chained.vantage.files] == [25, 25, 10]
    assert chained.frame_counts == whole.frame_counts
    columns, other = columns_of(whole), columns_of(chained)
    for name in columns.keys() - {"interface"}:
        assert np.array_equal(columns[name], other[name]), name
    assert chained.packets.columns.frame.tolist() == [*range(1, 26), *range(1, 26), *range(1, 11)]
    assert chained.packets.columns.file.tolist() == [0] * 25 + [1] * 25 + [2] * 10


def test_a_pause_between_chained_files_is_told_once_if_it_is_longer_than_any_inside(frames, tmp_path):
    frames = [(10**18 + number * 200_000_000, *frames[0][1:]) for number in range(30)]

    def told(*parts):
        paths = [written(tmp_path / f"{n}.pcap", part) for n, part in enumerate(parts)]
        return [(problem.kind, problem.detail) for problem in load_vantage("a", paths).vantage.problems]

    assert told(frames[:10], frames[10:20], frames[20:]) == []
    assert told(frames) == []
    between = f"between {tmp_path / '0.pcap'} and {tmp_path / '1.pcap'}"
    assert told(frames[:10], frames[14:]) == [("pause-between-files", f"nothing was captured for 1.000 s {between}")]
    (only,) = told(frames[:10], frames[14:20], frames[22:])
    assert only[1] == f"nothing was captured for 1.000 s {between} (the longest of 2 pauses)"
    assert told(frames[:10], frames, frames[25:]) == []
    # Files may come in any order: what counts is when they ran.
    assert "0.pcap" in told(frames[14:], frames[:10])[0][1]


def test_interfaces_of_later_files_are_counted_on(frames, tmp_path):
    parts = [written(tmp_path / f"{n}.pcapng", frames[n : n + 30], "pcapng") for n in (0, 30)]
    loaded = load_vantage("a", parts)
    assert len(loaded.vantage.interfaces) == 2
    assert loaded.packets.columns.interface.tolist() == [0] * 30 + [1] * 30


def test_frames_that_are_no_packets_are_counted(frames, tmp_path):
    mixed = [*frames[:3], (frames[0][0], ARP, len(ARP)), (frames[0][0], b"\x00" * 5, 60)]
    loaded = load_vantage("a", [written(tmp_path / "a.pcap", mixed)])
    assert len(loaded.packets) == 3
    assert loaded.frame_counts[FrameFate.PACKET] == 3
    assert sum(loaded.frame_counts.values()) == loaded.vantage.frames == 5
    assert loaded.frame_counts[FrameFate.NOT_IP] == 1


def test_a_capture_without_frames_has_no_times(tmp_path):
    loaded = load_vantage("a", [written(tmp_path / "a.pcap", [])])
    assert (loaded.vantage.frames, len(loaded.packets)) == (0, 0)
    assert loaded.vantage.first_captured_ns is loaded.vantage.last_captured_ns is None


def without_stamps(path, frames):
    """Write simple packet blocks: they have no time stamp (pcapng section 4.4)."""
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    parts = [section, struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)]
    for _, data, wire_len in frames:
        padded = data + bytes(-len(data) % 4)
        size = 16 + len(padded)
        parts.append(struct.pack("<III", 3, size, wire_len) + padded + struct.pack("<I", size))
    path.write_bytes(b"".join(parts))
    return str(path)


def test_frames_without_stamps_are_no_instants(frames, tmp_path):
    full = [frame for frame in frames if len(frame[1]) == frame[2]]
    loaded = load_vantage("a", [without_stamps(tmp_path / "a.pcapng", full)])
    assert loaded.vantage.first_captured_ns is None
    assert (loaded.packets.columns.ts_ns == NO_TIME).all()
    assert (loaded.packets.columns.flags & int(PacketFlag.NO_TIME)).all()


def test_small_files_are_named_by_their_digest_and_large_ones_on_demand(frames, tmp_path, monkeypatch):
    path = written(tmp_path / "a.pcap", frames)
    digest = hashlib.sha256((tmp_path / "a.pcap").read_bytes()).hexdigest()
    assert load_vantage("a", [path]).vantage.files[0].sha256 == digest
    monkeypatch.setattr(load, "SMALL_FILE_BYTES", 100)
    assert load_vantage("a", [path]).vantage.files[0].sha256 is None
    assert load_vantage("a", [path], with_sha256=True).vantage.files[0].sha256 == digest


def test_progress_adds_up_to_the_files(frames, tmp_path):
    paths = [written(tmp_path / f"{n}.pcap", frames) for n in range(2)]
    told = []
    load_vantage("a", paths, on_bytes=told.append)
    assert sum(told) == sum((tmp_path / f"{n}.pcap").stat().st_size for n in range(2))
    assert min(told) >= 0


def test_damage_is_a_problem_of_the_vantage_and_no_error(frames, tmp_path):
    path = tmp_path / "a.pcap"
    written(path, frames)
    path.write_bytes(path.read_bytes()[:-7])
    loaded = load_vantage("a", [str(path)])
    assert loaded.vantage.frames == 59
    (problem,) = loaded.vantage.problems
    assert problem.detail


def test_a_file_that_goes_away_while_it_is_read_is_told_in_one_line(frames, tmp_path):
    path = written(tmp_path / "a.pcap", frames)
    with pytest.raises(UnreadableCapture, match="went away while it was read"):
        load_vantage("a", [path], on_bytes=lambda _bytes: Path(path).unlink(missing_ok=True))


def test_a_file_that_is_no_capture_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("This is not a capture file, whatever it is called.")
    with pytest.raises(UnreadableCapture):
        load_vantage("a", [str(tmp_path / "a.txt")])


def test_the_stamp_quantum_is_measured_and_not_believed(tmp_path):
    """A file may declare nanoseconds and hold milliseconds."""
    world = chain(2, epoch_ns=1_700_000_000 * SECOND).with_tap(0, clock={"quantum_ns": 1_000_000})
    captured = simulate(world, SEED).captures["client"]
    assert load_vantage("a", [written(tmp_path / "a.pcap", captured)]).vantage.tick_ns == 1_000_000
