"""Surveys kept for the next run on the same files.

In: a capture's files. Out: its ``Survey``, made or found.
Method: one compressed numpy file per capture, named after path, size and time of change of its files; the newest
``MOST_KEPT`` stay.
Not here: what a survey is (``survey.py``).
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from correlate.model.frames import Interface, Problem
from correlate.read import version_of
from correlate.scale.flow_index import FlowIndex
from correlate.scale.kept import CONVERTER
from correlate.scale.survey import Places, Sample, Survey, survey

MOST_KEPT = 256

FORMAT = 8
"""Of the files; another number makes old ones unknown."""


def surveyed(paths: Sequence[str], folder: Path, on_bytes: Callable[[int], None], *, has_flows: bool = False) -> Survey:
    """Return the survey of a capture.

    Parameters
    ----------
    paths
        Its files, in order.
    folder
        Where surveys are kept.
    on_bytes
        Told of progress, if the capture must be read.
    has_flows
        Tell where flows occur, too, which takes up to 16 MiB.
    """
    place = folder / f"survey-{_name(paths)}.npz"
    found = _read(place, has_flows=has_flows)
    if found is None:
        found = survey(paths, on_bytes)
        _write(found, place)
    return found if has_flows else attrs.evolve(found, flows=None)


def _name(paths: Sequence[str]) -> str:
    return hashlib.sha256(repr((FORMAT, [version_of(path) for path in paths])).encode()).hexdigest()[:24]


def _read(place: Path, *, has_flows: bool) -> Survey | None:
    """Return a kept survey; one that cannot be read is none."""
    try:
        with place.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            places = Places(*(kept[f"place_{name}"] for name in Places._fields))
            sample = Sample(kept["key"], kept["sample_ns"], kept["sample_place"])
            problems = CONVERTER.loads(str(kept["problems"]), tuple[Problem, ...])
            interfaces = CONVERTER.loads(str(kept["interfaces"]), tuple[tuple[Interface, ...], ...])
            return Survey(
                places=places,
                sample=sample,
                fates=tuple(kept["fates"].tolist()),
                problems=problems,
                interfaces=interfaces,
                flows=FlowIndex(bits=kept["flow_bits"], each=int(kept["flow_each"])) if has_flows else None,
            )
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
        return None


def _write(found: Survey, place: Path) -> None:
    """Keep a survey; where that fails the next run makes it again."""
    columns: dict[str, Any] = {f"place_{name}": column for name, column in found.places._asdict().items()}
    sample = found.sample
    columns |= {"key": sample.key, "sample_ns": sample.ts_ns, "sample_place": sample.place}
    if found.flows is not None:
        columns |= {"flow_bits": found.flows.bits, "flow_each": np.array(found.flows.each)}
    columns |= {name: np.array(CONVERTER.dumps(getattr(found, name))) for name in ("problems", "interfaces")}
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".survey-", delete=False) as fresh:
            np.savez_compressed(fresh, fates=np.array(found.fates), **columns)
        Path(fresh.name).replace(place)
        kept = sorted(place.parent.glob("survey-*.npz"), key=lambda one: one.stat().st_mtime)
        for old in kept[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
