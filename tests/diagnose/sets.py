"""Sample sets as outcomes, correlated once per test run."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from correlate.pipeline import correlate
from tests.diagnose.worlds import Outcome, check

ROOT = Path(__file__).resolve().parents[2] / "sample_sets"


@functools.cache
def outcome_of_set(name: str, only: tuple[str, ...] = ()) -> Outcome:
    """Correlate a sample set, or only some of its vantages."""
    captures = json.loads((ROOT / name / "truth.json").read_text())["captures"]
    paths = {file.split(".")[0]: str(ROOT / name / file) for file in captures}
    return check(Outcome(sim=None, result=correlate({k: v for k, v in paths.items() if not only or k in only})))
