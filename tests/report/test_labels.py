"""Which packet a frame carries: the same numbers as in the Parquet files."""

import numpy as np

from correlate.pipeline import correlate
from correlate.report.labels import labels_of
from correlate.report.sightings import sightings_of
from tests.cli.traffic import stranger, two_vantages
from tests.report.builder import flagship
from tests.report.runs import run


def compare(found):
    labels = labels_of(found)
    for block in sightings_of(found, 1 << 20):
        for packet, vantage, file, frame, is_copy in zip(
            block.packet, block.vantage, block.file, block.frame, block.is_copy, strict=True
        ):
            columns = found.packets[vantage].columns
            row = int(np.flatnonzero((columns.file == file) & (columns.frame == frame))[0])
            label = labels[vantage]
            assert label.packet[row] <= packet + 1 <= label.last[row] or is_copy
            assert bool(label.is_copy[row]) == bool(is_copy) or not is_copy
            if not is_copy and label.carried[row] == 1:
                assert label.packet[row] == packet + 1


def test_labels_are_the_numbers_of_the_parquet_files():
    for name in ("clean-nat", "offload-length-zero", "slow-client"):
        compare(run(name))
    compare(flagship())


def test_packets_of_a_stranger_have_numbers_too(tmp_path):
    paths = dict(zip(("client", "server", "stranger"), [*two_vantages(tmp_path), stranger(tmp_path)], strict=True))
    found = correlate(paths)
    compare(found)
    assert labels_of(found)[2].packet.min() > labels_of(found)[0].packet.max()
