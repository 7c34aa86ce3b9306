"""What a user may choose for a run, and which choices the captures do not bear out.

In: captures as they were given, options. Out: files per vantage, or a ``UsageError`` that says what to do.
Method: what cannot become right is refused before the files are read, names of interfaces after it.
Not here: the command line (``cli``), what may be left out of the report (``focus.py``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import attrs

from correlate.errors import UsageError
from correlate.focus import Focus
from correlate.model.vantage import Kind

CapturePaths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


@attrs.frozen(kw_only=True)
class Options:
    """What a user may choose; defaults are the tool's."""

    order: Literal["inferred", "given"] = "inferred"
    reference: str | None = None
    """Vantage whose clock is the reference; None = the first in path order."""
    kinds: Mapping[str, Kind] = attrs.field(factory=dict)
    floors: Mapping[tuple[str, str], int] = attrs.field(factory=dict)
    """(from, to), vantage names: a packet takes at least so many ns from the one to the other."""
    sha256: bool = False
    memory_bytes: int | None = None
    """What the run may use; None = most of the machine's."""
    focus: Focus = attrs.field(factory=Focus)
    """What is left out of what is told."""


def told_options(options: Options) -> dict[str, object]:
    """Return the options as they go into the report: keys are text."""
    floors = {f"{first}>{second}": ns for (first, second), ns in options.floors.items()}
    plain = Focus()
    focus = {name: value for name, value in attrs.asdict(options.focus).items() if value != getattr(plain, name)}
    return {**attrs.asdict(options), "floors": floors, "focus": focus}


def files_of(captures: Mapping[str, CapturePaths]) -> dict[str, tuple[str, ...]]:
    """Return vantage name -> its files.

    Raises
    ------
    UsageError
        If the vantages have no names.
    """
    if not isinstance(captures, Mapping):
        what = f"captures are given as {type(captures).__name__}, not as a mapping"
        advice = 'Name each vantage: correlate({"client": "client.pcap", "server": ["1.pcap", "2.pcap"]}).'
        raise UsageError(where="captures", what=what, advice=advice)
    return {name: _as_paths(paths) for name, paths in captures.items()}


def _as_paths(paths: CapturePaths) -> tuple[str, ...]:
    if isinstance(paths, str | os.PathLike):
        return (os.fspath(paths),)
    return tuple(os.fspath(path) for path in paths)


def given_names(names: Iterable[str], given: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the name on the command line of each vantage; interfaces that are vantages have longer ones."""
    return [name if name in given else name.rpartition(":")[0] for name in names]


def floors_of(names: Sequence[str], options: Options) -> dict[tuple[int, int], int]:
    """Return the floors by input index, ns."""
    index = {name: at for at, name in enumerate(names)}
    return {(index[first], index[second]): ns for (first, second), ns in options.floors.items()}


def check_given(given: Mapping[str, tuple[str, ...]], options: Options) -> None:
    """Refuse before the work what cannot become right by it."""
    if not given:
        raise UsageError(where="command line", what="no capture given", advice="Name at least one capture file.")
    empty = [name for name, paths in given.items() if not paths]
    if empty:
        raise UsageError(where=empty[0], what="this vantage has no file", advice="Give it at least one capture file.")
    for name in _asked(options):
        # NAME:INTERFACE may come to be when NAME's file is read.
        if name not in given and name.rpartition(":")[0] not in given:
            raise _unknown(name, given)


def check_names(names: Sequence[str], given: Mapping[str, tuple[str, ...]], options: Options) -> None:
    """Refuse names that the captures, now read, do not bear out."""
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        what = "two vantages have this name, one is an interface of another capture"
        raise UsageError(where=doubled[0], what=what, advice="Give one of the captures another name: NAME=PATH.")
    for name in _asked(options):
        if name not in names and not (name in options.kinds and name in given):
            raise _unknown(name, names)


def _asked(options: Options) -> list[str]:
    floored = [name for ends in options.floors for name in ends]
    return [*options.kinds, *floored, *([options.reference] if options.reference else [])]


def _unknown(name: str, names: Iterable[str]) -> UsageError:
    what, known = "no vantage has this name", ", ".join(names)
    return UsageError(where=name, what=what, advice=f"The vantages are: {known}.")
