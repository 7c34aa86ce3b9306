"""The sample sets whose captures are damaged: small ones, so that many copies run.

In: ``sample_sets/``. Out: (name of a vantage, name -> path) for every capture.
"""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "sample_sets"
MOST_BYTES = 200_000


def pairs() -> list[tuple[str, dict[str, str]]]:
    """Return every small capture with the set it belongs to."""
    found = []
    for truth in sorted(ROOT.glob("*/truth.json")):
        given = json.loads(truth.read_text(encoding="utf-8"))["captures"]
        files = [one.rpartition("=")[2] for one in given]
        paths = {file.split(".")[0]: str(truth.parent / file) for file in files if "*" not in file and "#" not in file}
        if paths and sum(Path(path).stat().st_size for path in paths.values()) <= MOST_BYTES:
            found += [(name, paths) for name in paths]
    return found
