"""Rule: what is read again is, byte for byte, what scapy finds in the files."""

from __future__ import annotations

import numpy as np
import pytest
from scapy.utils import rdpcap

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
