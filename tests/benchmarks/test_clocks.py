"""The benchmark of the clock fit."""

from __future__ import annotations

from benchmarks.clocks import lines, stage_costs
from benchmarks.generate import Traffic


def test_every_stage_is_timed_and_the_shares_add_up(tmp_path):
    Traffic(tmp_path, 2_000, 96, 1).write(with_truth=False)
    costs = stage_costs({"a": tmp_path / "a.pcap", "b": tmp_path / "b.pcap"})
    assert {"read", "match", "clocks", "findings"} <= set(costs)
    assert all(seconds >= 0 for seconds in costs.values())


def test_the_share_of_the_clocks_is_the_last_line():
    assert lines({"read": 3.0, "clocks": 1.0})[-1] == "clocks: 25.00% of 4.00 s"
