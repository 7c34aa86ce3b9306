"""The frames of captures done part by part, read once more.

In: what the parts read of each file, which interfaces are a vantage. Out: ``Source`` of a vantage's frames.
Method: what several parts read is read once; a file that has lost frames since is an error.
Not here: what is known of the frames (``marks.py``), who tells it (``telling.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from correlate.errors import UnreadableCapture
from correlate.model.frames import FrameChunk, Interface, Stretch
from correlate.read import read_stretch
from correlate.rereading import only_interfaces
from correlate.scale.marks import Marks


@attrs.frozen(kw_only=True)
class Source:
    """A vantage's frames, as they are read."""

    paths: Sequence[str]
    stretches: Mapping[int, Sequence[Stretch]]
    """File index -> what is read of it, in order."""
    picked: Sequence[frozenset[int]] | None
    """Per file: interfaces whose frames are the vantage's; None = all."""

    def chunks(self) -> Iterator[tuple[int, FrameChunk]]:
        """Yield (file index, chunk)."""
        for file, stretches in sorted(self.stretches.items()):
            for stretch in stretches:
                left = stretch.frames
                for chunk in read_stretch(self.paths[file], stretch):
                    left -= len(chunk)
                    yield file, chunk if self.picked is None else only_interfaces(chunk, self.picked[file])
                if left:
                    raise changed(self.paths[file], "it has lost frames")


def changed(path: str, how: str) -> UnreadableCapture:
    """Return the error for a file that is not what the parts read."""
    advice = "Copy it to where nothing writes to it, and run again."
    return UnreadableCapture(where=path, what=f"the file changed while it was used: {how}", advice=advice)


def members_of_outlets(
    interfaces: Sequence[Sequence[Interface]], picked: Sequence[frozenset[int]] | None
) -> list[Interface]:
    """Return the interfaces of a vantage over all its files; a point without a counter takes that of its capture."""
    found: list[Interface] = []
    for file, mine in enumerate(interfaces):
        for index, one in enumerate(mine):
            if picked is None:
                found.append(one)
            elif index in picked[file]:
                parent = mine[one.parent] if one.parent >= 0 and one.dropped is None else one
                found.append(attrs.evolve(one, dropped=parent.dropped))
    return found


def picked_by(marks: Sequence[Marks], files: int) -> list[frozenset[int]] | None:
    """Return, per file, the interfaces that any part counts as a vantage's; None = all."""
    found: list[frozenset[int]] = [frozenset()] * files
    for one in marks:
        if one.picked is None:
            return None
        found = [mine | frozenset(more) for mine, more in zip(found, one.picked, strict=True)]
    return found


def joined_stretches(parts: Sequence[Mapping[int, Stretch]]) -> dict[int, list[Stretch]]:
    """Return per file what several parts read of it, each frame once."""
    found: dict[int, list[Stretch]] = {}
    for part in parts:
        for file, stretch in part.items():
            found.setdefault(file, []).append(stretch)
    return {file: _joined(stretches) for file, stretches in found.items()}


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for one in sorted(stretches, key=lambda stretch: stretch.start.frame):
        last = joined[-1] if joined else None
        if last is not None and one.start.frame <= last.start.frame + last.frames:
            end = max(last.start.frame + last.frames, one.start.frame + one.frames)
            joined[-1] = Stretch(last.start, end - last.start.frame)
        else:
            joined.append(one)
    return joined
