"""``correlate.budget`` and what follows from it: a part is told as a part."""

from __future__ import annotations

from pathlib import Path

import pytest

from correlate import correlate
from correlate.budget import BASE_BYTES, LEAST_PACKETS, PACKET_BYTES, packets_per_capture
from correlate.load import load_vantage
from correlate.options import Options
from tests.netsim import TcpLoad, chain, simulate

LOADS = (TcpLoad(flows=150, exchanges=(2, 4)),)


def test_memory_is_shared_by_the_captures() -> None:
    assert packets_per_capture(BASE_BYTES + 8 * 10**6 * PACKET_BYTES, 4) == 2 * 10**6
    assert packets_per_capture(2**20, 2) == LEAST_PACKETS
    assert (packets_per_capture(None, 1) or LEAST_PACKETS) >= LEAST_PACKETS


def test_what_does_not_fit_is_not_read_and_nothing_is_lost_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames behind the limit lie outside the capture's time: the ledger holds what was read, and no more."""
    paths = {name: str(path) for name, path in simulate(chain(2, loads=LOADS)).write(tmp_path).items()}
    whole = correlate(paths)
    monkeypatch.setattr("correlate.load.CHUNK_BYTES", 1 << 16)
    first = load_vantage("client", [paths["client"]], most_packets=LEAST_PACKETS)
    assert LEAST_PACKETS <= len(first.packets) < len(whole.packets[0])
    part = correlate(paths, options=Options(memory_bytes=1))
    for vantage, ledger in zip(part.vantages, part.ledgers, strict=True):
        assert "would not fit into memory" in next(one.detail for one in vantage.problems if one.kind == "memory")
        assert ledger.read == vantage.frames
    codes = {one.code for one in part.findings if one.severity != "info" and one.grade != "inconclusive"}
    assert codes <= {"capture-truncated"}
