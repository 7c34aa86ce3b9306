"""Where a large run keeps what it has done, so that the same command goes on after it was killed.

In: what identifies a run. Out: a folder of this user, its parts, each whole or not there.
Method: the folder's name is a hash of captures (path, size, time of change), options and this package; a part is
written beside its place and renamed. A lock keeps two runs apart. It is removed once the run is done.
Not here: what is in a part (``summary.py``, ``pieces.py``).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import filelock
import numpy as np
import platformdirs

import correlate
from correlate.errors import OutputError
from correlate.model.arrays import I64
from correlate.model.tallies import Tallies
from correlate.read import version_of
from correlate.scale.kept import CONVERTER, Kept, kept, write_summary
from correlate.scale.pilot import Pilot
from correlate.scale.summary import Summary
from correlate.version import __version__

SUMMARY, PILOT, HELD = "summary.zip", "pilot.json", "numbers-"
KNOWN = "known"
"""Folder beside those of runs."""
MOST_KNOWN = 64
"""Sets of captures of which something is known."""
ADVICE = "Choose another place with --work DIR."


@attrs.frozen(kw_only=True)
class Counted:
    """What a part counted of losses and misses."""

    tallies: Tallies | None


class Held(Sequence[I64]):
    """Arrays on disk."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, place: Any) -> Any:
        array: I64 = np.load(self._paths[place])
        return array


@attrs.frozen(kw_only=True)
class Work:
    """The folder of one run."""

    folder: Path
    known: Path
    """Folder of what other questions to the same captures need, too: what the pilot settled, what scouts counted."""

    def part(self, number: int) -> Path:
        """Return where a part lies, or will."""
        return self.folder / f"part-{number:06d}"

    def read(self, number: int) -> Kept | None:
        """Return a part that is done, None if it is not."""
        try:
            return kept(self.part(number) / SUMMARY)
        except FileNotFoundError:
            return None

    def hold(self, arrays: Iterable[I64]) -> Held:
        """Write arrays down, to be read one at a time."""
        paths = []
        for place, array in enumerate(arrays):
            paths.append(self.folder / f"{HELD}{place:06d}.npy")
            np.save(paths[-1], array)
        return Held(paths)

    def write(self, summary: Summary, fill: Callable[[Path], None]) -> None:
        """Keep a part; ``fill`` writes its further files into the folder that it is given."""
        place = self.part(summary.number)
        fresh = Path(tempfile.mkdtemp(prefix=".part-", dir=self.folder))
        try:
            fill(fresh)
            write_summary(summary, fresh / SUMMARY)
            shutil.rmtree(place, ignore_errors=True)
            fresh.replace(place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def counted(self, number: int | None) -> Counted | None:
        """Return what a part counted, or all of them (None); None if it was not counted."""
        try:
            return CONVERTER.loads((self.known / _count_name(number)).read_text("utf-8"), Counted)
        except FileNotFoundError:
            return None

    def write_count(self, number: int | None, counted: Counted) -> None:
        """Keep what a part counted, or all of them (None)."""
        self._keep(_count_name(number), counted)

    def settled(self, fly: Callable[[], Pilot]) -> Pilot:
        """Return what the pilot settled; it flies once."""
        place = self.known / PILOT
        try:
            return CONVERTER.loads(place.read_text("utf-8"), Pilot)
        except FileNotFoundError:
            pilot = fly()
            self._keep(PILOT, pilot)
            return pilot

    def _keep(self, name: str, value: object) -> None:
        self.known.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self.known, prefix=".part-", delete=False) as fresh:
            fresh.write(str(CONVERTER.dumps(value)))
        Path(fresh.name).replace(self.known / name)

    def remove(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _count_name(number: int | None) -> str:
    return "count-whole.json" if number is None else f"count-{number:06d}.json"


def identity(captures: Mapping[str, Sequence[str]], files: Sequence[str], **choices: object) -> str:
    """Return a name for a run: the same captures, unchanged, and the same choices give the same one."""
    told: dict[str, Any] = {
        "version": __version__,
        "sources": _sources(),
        "captures": {name: list(paths) for name, paths in captures.items()},
        "files": [version_of(path) for path in files],
        "choices": {name: repr(value) for name, value in choices.items()},
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


def _sources() -> str:
    """Return a hash of this package's sources: other rules, other results."""
    root, found = Path(correlate.__file__).parent, hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        found.update(str(path.relative_to(root)).encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def open_work(name: str, place: str | None, known: str | None = None) -> tuple[Work, filelock.BaseFileLock]:
    """Return the folder of a run and the lock that is held on it.

    Parameters
    ----------
    name
        Identity of the run.
    place
        Folder for such folders; None = the user's cache.
    known
        Identity of the captures, under which what holds for other questions, too, is kept; None = nothing is.

    Raises
    ------
    OutputError
        If it cannot be made, or the same run is at work.
    """
    base = Path(place) if place is not None else Path(platformdirs.user_cache_path("correlate")) / "work"
    try:
        base.mkdir(parents=True, exist_ok=True)
        folder = base / f"correlate-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink():
            raise OutputError(where=str(folder), what="this is a symbolic link", advice=ADVICE)
        lock = filelock.FileLock(base / f"correlate-{name}.lock", timeout=0)
        lock.acquire()
    except filelock.Timeout:
        what = "the same command is at work there"
        raise OutputError(where=str(folder), what=what, advice="Wait for it to end.") from None
    except OSError as error:
        what = f"this folder cannot be made ({error.strerror})"
        raise OutputError(where=str(base), what=what, advice=ADVICE) from error
    for left in folder.glob(".part-*"):
        shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
    if known is None:
        return Work(folder=folder, known=folder), lock
    _make_room(base / KNOWN)
    return Work(folder=folder, known=base / KNOWN / known), lock


def _make_room(folder: Path) -> None:
    """Remove all but the newest of what is known of captures."""
    if folder.is_dir():
        for old in sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime)[:-MOST_KNOWN]:
            shutil.rmtree(old, ignore_errors=True)
