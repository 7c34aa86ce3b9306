"""A cheap gate against lost speed: if it fails, look at ``python -m benchmarks.compare --only P1 growth``."""

from __future__ import annotations

import shutil
import statistics
import time
from pathlib import Path

import pytest

from benchmarks.generate import Traffic
from benchmarks.processes import spend
from benchmarks.rivals import tshark_command
from correlate import correlate

PACKETS = 100_000
LEAST = 2.0
ROUNDS = 3


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is what this is measured against")
def test_both_captures_take_less_than_half_of_one_export_by_tshark(tmp_path: Path) -> None:
    """CPU seconds in turn, so that other work on the machine disturbs both alike; start-up is left out of ours.

    Start-up is a row of its own (P12): at this size it would hide what each packet costs.
    """
    for name, packets in (("few", 2_000), ("many", PACKETS)):
        Traffic(tmp_path / name, packets, 262_144, 1).write(with_truth=False)
    correlate({side: str(tmp_path / "few" / f"{side}.pcap") for side in "ab"})
    ratios = []
    for _ in range(ROUNDS):
        began = time.process_time()
        found = correlate({side: str(tmp_path / "many" / f"{side}.pcap") for side in "ab"})
        ours = time.process_time() - began
        ratios.append(spend(tshark_command(str(tmp_path / "many" / "a.pcap"))).cpu_s / ours)
        assert len(found.trajectories) > 0.9 * PACKETS
    assert statistics.median(ratios) >= LEAST, ratios
