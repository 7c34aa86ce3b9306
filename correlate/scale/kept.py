"""Summaries on disk, read no further than asked.

In: a ``Summary``. Out: its file; ``Kept``, which reads one field after the other.
Method: a zip archive with one JSON text per field. What all parts sum up to is made field by field, part after part, so
that one field of one part is in memory at a time.
Not here: the fields (``summary.py``), where the files lie (``work.py``).
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, get_type_hints

import attrs
import cattrs.preconf.json
import numpy as np

from correlate.model.tallies import Tally
from correlate.scale.members import Members
from correlate.scale.spread import Spread
from correlate.scale.summary import Summary, owns

CONVERTER = cattrs.preconf.json.make_converter()
"""JSON of everything that is kept of a part; the only arrays are counts."""
CONVERTER.register_unstructure_hook(
    Tally, lambda tally: {name: column.tolist() for name, column in attrs.asdict(tally).items()}
)
CONVERTER.register_structure_hook(
    Tally, lambda value, _kind: Tally(**{name: np.array(column, np.int64) for name, column in value.items()})
)
# Thousands of plain numbers each: nothing to convert, number by number.
CONVERTER.register_unstructure_hook(Spread, lambda one: [one.points, one.count])
CONVERTER.register_structure_hook(Spread, lambda value, _kind: Spread(points=tuple(value[0]), count=value[1]))
CONVERTER.register_unstructure_hook(Members, lambda one: attrs.asdict(one, recurse=False))
CONVERTER.register_structure_hook(
    Members, lambda value, _kind: Members(**{**value, "vantages": tuple(value["vantages"])})
)

KINDS: dict[str, Any] = get_type_hints(Summary)

PLAIN = frozenset({"clocks", "flows", "translations", "translated", "mutations", "transactions", "losses"})
"""Fields that are JSON already."""


def write_summary(summary: Summary, path: Path) -> None:
    """Write a summary."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, kind in KINDS.items():
            value = getattr(summary, name)
            archive.writestr(name, json.dumps(value) if name in PLAIN else CONVERTER.dumps(value, unstructure_as=kind))


@attrs.frozen(kw_only=True)
class Kept:
    """A part's summary; other fields than these are read from its file each time that they are asked for."""

    path: Path
    number: int
    own: tuple[int, int]
    order: tuple[str, ...]
    packets: int
    shares_packets: bool

    def __getattr__(self, name: str) -> Any:
        if name not in KINDS:
            raise AttributeError(name)
        return _read(self.path, name)

    def owns(self, at_ns: int) -> bool:
        """Tell whether a time is this part's own, as ``Summary.owns``."""
        return owns(self.own, at_ns)


AnySummary = Summary | Kept


def kept(path: Path) -> Kept:
    """Return the summary that a file holds.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    names = (field.name for field in attrs.fields(Kept) if field.name != "path")
    return Kept(path=path, **{name: _read(path, name) for name in names})


def _read(path: Path, name: str) -> Any:
    with zipfile.ZipFile(path) as archive:
        text = archive.read(name).decode("utf-8")
    return json.loads(text) if name in PLAIN else CONVERTER.loads(text, KINDS[name])
