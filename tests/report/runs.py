"""Whole runs of sample sets, each made once per test process, with the way back to their frames."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path

import pytest

from correlate.model.correlation import Correlation
from correlate.pipeline import correlate
from correlate.report import CaptureParts
from correlate.rereading import frame_source, side_blocks

SETS = Path(__file__).parents[2] / "sample_sets"
NAMES = sorted(path.parent.name for path in SETS.glob("*/truth.json"))

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


@functools.cache
def run(name: str) -> Correlation:
    truth = json.loads((SETS / name / "truth.json").read_text("utf-8"))
    named = {path.split(".")[0]: str(SETS / name / path) for path in truth["captures"]}
    return correlate(named)


def parts(correlation: Correlation) -> CaptureParts:
    return CaptureParts(frames=frame_source(correlation), sides=side_blocks(correlation))
