"""Rule: what is read again is, byte for byte, what scapy finds in the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scapy.utils import rdpcap

from correlate.errors import UnreadableCapture
from correlate.pipeline import correlate
from correlate.rereading import fetcher, frame_source, side_blocks
from tests.netsim import DnsLoad, TcpLoad, chain, simulate


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    world = chain(2, loads=(TcpLoad(flows=2), DnsLoad(flows=3)))
    return {name: str(path) for name, path in simulate(world, 1).write(tmp_path_factory.mktemp("captures")).items()}


@pytest.fixture(scope="module")
def found(paths):
    return correlate(paths)


def test_frames_asked_for_come_back_in_the_order_asked_and_as_often(found, paths):
    rows = np.array([5, 0, 5, 3])
    for vantage, path in enumerate(paths.values()):
        raw = [bytes(packet) for packet in rdpcap(path)]
        frames = found.packets[vantage].columns.frame[rows]
        assert fetcher(found.vantages, found.packets)(vantage, rows) == [raw[frame - 1] for frame in frames]


def test_all_frames_come_once_each_in_file_order(found, paths):
    for vantage, path in enumerate(paths.values()):
        whole = []
        for file, chunk in frame_source(found)(vantage):
            assert file == 0
            columns = chunk.columns
            ends = zip(columns.offset.tolist(), (columns.offset + columns.cap_len).tolist(), strict=True)
            whole += [bytes(chunk.data[start:end]) for start, end in ends]
        assert whole == [bytes(packet) for packet in rdpcap(path)]


def test_captures_without_names_or_secrets_have_no_side_blocks(found):
    assert side_blocks(found) == {0: (), 1: ()}


def test_a_capture_that_was_replaced_since_proves_nothing_and_is_not_merged(paths, tmp_path):
    copies = {}
    for name, path in paths.items():
        copies[name] = str(tmp_path / f"{name}.pcap")
        Path(copies[name]).write_bytes(Path(path).read_bytes())
    found = correlate(copies)
    first, second = (Path(copy) for copy in copies.values())
    first.write_bytes(second.read_bytes())
    assert set(fetcher(found.vantages, found.packets)(0, np.array([0, 3, 5]))) == {b""}
    with pytest.raises(UnreadableCapture, match="changed while it was used"):
        list(frame_source(found)(0))
    assert list(frame_source(found)(1))
