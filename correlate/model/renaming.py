"""Files told under other names than those they were read under.

In: a ``Correlation``, the names. Out: the same, every path in it renamed.
Method: standard input is read from a copy, which is gone when someone reads the report: it is told as ``-``.
Not here: making the copy (``read/spooling.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import attrs

from correlate.model.correlation import Correlation

C = TypeVar("C", bound=Correlation)


def renamed(found: C, names: Mapping[str, str]) -> C:
    """Return a run that tells its files under other names; ``names``: path -> name, others stay."""
    if not names:
        return found
    return attrs.evolve(
        found,
        vantages=tuple(
            attrs.evolve(
                one, files=tuple(attrs.evolve(file, path=names.get(file.path, file.path)) for file in one.files)
            )
            for one in found.vantages
        ),
        findings=tuple(
            attrs.evolve(
                one,
                evidence=tuple(attrs.evolve(frame, file=names.get(frame.file, frame.file)) for frame in one.evidence),
            )
            for one in found.findings
        ),
        captures={name: tuple(names.get(path, path) for path in paths) for name, paths in found.captures.items()},
    )
