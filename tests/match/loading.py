"""Real captures to packet tables, for tests of the stages after dissection."""

from __future__ import annotations

from pathlib import Path

import pytest

from correlate.dissect import TupleInterner, dissect_frames, gather
from correlate.fingerprint import fingerprint
from correlate.flows import group_flows
from correlate.match import match_vantages
from correlate.model.packets import PacketTable
from correlate.read import read_frames

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures" / "vantages"


def load(path: Path) -> PacketTable:
    """Read one capture file."""
    tuples = TupleInterner()
    parts = [dissect_frames(chunk, tuples, 0) for chunk in read_frames(path)]
    return gather(parts, tuples)


def load_real(*names: str) -> list[PacketTable]:
    """Read public captures, or skip the test."""
    paths = [CAPTURES / name for name in names]
    if not all(path.exists() for path in paths):
        pytest.skip("public captures are not beside the checkout")
    return [load(path) for path in paths]


def match(tables):
    """Run flows, fingerprints and matching."""
    return match_vantages(tables, [group_flows(t) for t in tables], [fingerprint(t) for t in tables])
