"""All edits on all captures: ``python -m tests.transforms FOLDER [NAME_PART] [EDIT+EDIT ...]``.

In: a folder of captures. Out: one line per world with a false claim, and how many worlds were made.
Not here: the tests, which take few captures.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.transforms.edits import EDITS
from tests.transforms.frames import read
from tests.transforms.judge import false_claims
from tests.transforms.worlds import build

LEAST = 12
"""Packets that a capture must hold to make worlds of it."""


def main(folder: str, part: str = "", *chosen: str) -> None:
    """Judge every world of every capture."""
    names = [tuple(one.split("+")) for one in chosen] or [(name,) for name in EDITS]
    worlds = wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted(Path(folder).rglob("*")):
            found = read(path) if path.is_file() and part in str(path) else None
            if found is None or len(found[1]) < LEAST:
                continue
            for edits in names:
                worlds += 1
                for claim in false_claims(build(found[1], edits, f"{path.name}{edits}"), found[0], Path(scratch)):
                    wrong += 1
                    print(f"{path.parent.name}/{path.name} [{len(found[1])}] {'+'.join(edits)}: {claim}", flush=True)
    print(f"{worlds} worlds, {wrong} false claims")


if __name__ == "__main__":
    main(*sys.argv[1:])
