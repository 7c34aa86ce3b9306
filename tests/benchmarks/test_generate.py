"""The traffic of the benchmarks must be such that the tool does its real work on it."""

from __future__ import annotations

import importlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.generate import LOSS, OFFSET_NS, Traffic

PACKETS = 6_000


def _read(path: Path) -> list[tuple[int, bytes, int]]:
    data = path.read_bytes()
    at, frames = 24, []
    while at < len(data):
        seconds, rest, kept, size = struct.unpack_from("<IIII", data, at)
        frames.append((seconds * 10**9 + rest, data[at + 16 : at + 16 + kept], size))
        at += 16 + kept
    return frames


@pytest.fixture(scope="module", name="pair")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("traffic")
    Traffic(folder, PACKETS, 262_144, 3).write(with_truth=True)
    truth = np.load(folder / "truth.npz")
    return _read(folder / "a.pcap"), _read(folder / "b.pcap"), truth["frame_a"], truth["frame_b"]


def test_the_truth_names_every_frame_once(pair: Any) -> None:
    """Frame numbers of both files are complete and unique; losses are about as many as asked for."""
    a, b, frame_a, frame_b = pair
    assert np.array_equal(np.sort(frame_a[frame_a > 0]), np.arange(1, len(a) + 1))
    assert np.array_equal(np.sort(frame_b[frame_b > 0]), np.arange(1, len(b) + 1))
    lost = ((frame_a == 0) | (frame_b == 0)).mean()
    assert 0.2 * LOSS < lost < LOSS
    assert 0.7 < len(a) / PACKETS < 1.3


def test_pairs_differ_only_by_what_a_translating_router_changes(pair: Any) -> None:
    """Same IP ID, length, transport fields and payload; other client port; never faster than the way is long."""
    a, b, frame_a, frame_b = pair
    both = np.flatnonzero((frame_a > 0) & (frame_b > 0))
    for row in both.tolist():
        (near, x, _), (far, y, _) = a[frame_a[row] - 1], b[frame_b[row] - 1]
        forward = x[26] == 10
        after = 52 if x[23] == 6 else 42
        check = 50 if x[23] == 6 else 40
        assert x[14:22] + x[38:check] + x[after:] == y[14:22] + y[38:check] + y[after:]
        client = 34 if forward else 36
        server = 36 if forward else 34
        assert x[client : client + 2] != y[client : client + 2]
        assert x[server : server + 2] == y[server : server + 2]
        assert (far - near - OFFSET_NS) * (1 if forward else -1) > 900_000


def test_all_checksums_are_right(pair: Any) -> None:
    """Differential: scapy computes the same bytes."""
    ether = importlib.import_module("scapy.layers.l2").Ether
    importlib.import_module("scapy.layers.inet")
    for frames in pair[:2]:
        for _, data, size in frames[:1200]:
            assert len(data) == size
            packet = ether(data)
            packet.payload.chksum = None
            packet.payload.payload.chksum = None
            assert bytes(packet) == data


def test_stamps_never_go_back(pair: Any) -> None:
    """Both captures are in order of time."""
    for frames in pair[:2]:
        stamps = [stamp for stamp, _, _ in frames]
        assert stamps == sorted(stamps)


def test_a_snaplen_cuts_frames_and_keeps_their_length(tmp_path: Path, pair: Any) -> None:
    """The cut capture holds the same frames' beginnings."""
    Traffic(tmp_path, PACKETS, 96, 3).write(with_truth=False)
    assert _read(tmp_path / "a.pcap") == [(stamp, data[:96], size) for stamp, data, size in pair[0]]
