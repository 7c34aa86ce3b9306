"""What the benchmark of matching feeds to the matcher."""

from pathlib import Path

import numpy as np

from benchmarks.generate import Traffic
from benchmarks.matching import judge, rewrite_numbers, run, write_alike
from correlate.load import load_vantage


def test_rewritten_numbers_are_moved_by_flow_and_the_truth_still_holds(tmp_path: Path) -> None:
    """Every packet is found, none wrongly, though all numbers differ."""
    Traffic(tmp_path, 3_000, 96, 1, flow_packets=300).write(with_truth=True)
    a, b = (load_vantage(side, [str(tmp_path / f"{side}.pcap")]).packets for side in ("a", "b"))
    moved = rewrite_numbers(b, 5)
    is_tcp = b.columns.proto == 6
    assert np.mean(moved.columns.seq[is_tcp] != b.columns.seq[is_tcp]) > 0.99
    costs, match = run([a, moved])
    assert judge(match, [a, moved], tmp_path / "truth.npz") == "0 wrong, 0 missed"
    assert {"flows", "fingerprint", "associate", "pair", "table", "total"} <= costs.keys()


def test_packets_all_alike_are_paired_in_order(tmp_path: Path) -> None:
    for side, offset in (("a", 0), ("b", 1_000_000)):
        write_alike(tmp_path / f"{side}.pcap", 200, offset)
    tables = [load_vantage(side, [str(tmp_path / f"{side}.pcap")]).packets for side in ("a", "b")]
    _, match = run(tables)
    both = match.rows[(match.rows >= 0).all(axis=1)]
    assert len(both) == 200
    assert np.array_equal(both[:, 0], both[:, 1])
