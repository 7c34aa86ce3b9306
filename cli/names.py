"""Which capture an argument means, and what its vantage is called.

**In:** ``[NAME=]PATH`` as typed. **Out:** name and path; names for files, globs and folders.
**Method:** contract: base name less one packing suffix and one extension; of a glob the common prefix of its files; of
a folder its name. An argument that exists as a path wins over ``NAME=``.
**Not here:** opening files (``captures.py``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import PurePath

from correlate.errors import UsageError

NAME = re.compile(r"[A-Za-z0-9._:-]+")
PACKED = (".gz", ".zst", ".lz4")
RING_NUMBER = re.compile(r"(?:[_-]+[0-9]*)+$")
"""What is left of ``_00001`` and a date at the end of the common prefix of ring-buffer files."""
RING_PIECE = re.compile(r"(?P<ring>.*?)(?:_(?P<number>[0-9]{5,})(?:_[0-9]{14})?|_?\((?P<copy>[0-9]+)\))?")
"""Base name of a ring-buffer file: ``srv_00007_20120622120000`` (dumpcap), ``srv(7)``, or ``srv`` before ``srv(1)``."""
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.:-]+://")
"""How a file on a file system of fsspec begins."""
STDIN = "-"


def split_argument(argument: str) -> tuple[str | None, str]:
    """Return ``(name or None, path)`` of a CAPTURE argument."""
    if not argument:
        raise UsageError(
            where="command line", what="a CAPTURE argument is empty", advice="Name a capture file, folder or glob."
        )
    if argument == STDIN or os.path.lexists(argument) or is_url(argument):
        return None, argument
    name, equals, path = argument.partition("=")
    if not equals:
        return None, argument
    if not NAME.fullmatch(name):
        raise UsageError(
            where=argument,
            what="no such file, and what stands before = cannot be a vantage's name",
            advice="Names are made of letters, digits and . _ : -",
        )
    if not path:
        raise UsageError(where=argument, what="no file after =", advice="Write NAME=PATH.")
    return name, path


def is_url(path: str) -> bool:
    """Tell whether a path is for fsspec."""
    return URL.match(path) is not None


def name_of_file(path: str) -> str:
    """Return the name of a single file.

    >>> name_of_file("traces/fw-int.pcapng.gz"), name_of_file("-")
    ('fw-int', 'stdin')
    """
    if path == STDIN:
        return "stdin"
    return checked(_stem(path), path)


def name_of_folder(path: str) -> str:
    """Return the name of a folder of chained files."""
    return checked(os.path.basename(os.path.abspath(path)), path)  # noqa: PTH100, PTH119 -- ".." and "." have a name


def name_of_glob(paths: Sequence[str], pattern: str) -> str:
    """Return the name of the files that a glob matches: their common prefix without ``_``, ``-`` and ring numbers.

    >>> name_of_glob(["ring/srv_00001_2012.pcap", "ring/srv_00002_2012.pcap"], "ring/srv_*.pcap")
    'srv'
    """
    prefix = os.path.commonprefix([_stem(path) for path in paths])  # noqa: RUF071 -- letters, not folders
    return checked(RING_NUMBER.sub("", prefix).strip("_-"), pattern)


def pieces_of_one(paths: Sequence[str]) -> list[int]:
    """Return which of these paths look like consecutive pieces of one capture, two or more; empty = none do.

    >>> pieces_of_one(["client.pcap", "r/srv_00001_20120622120000.pcap", "r/srv_00002_20120622120100.pcap"])
    [1, 2]
    """
    rings: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for index, path in enumerate(paths):
        found = RING_PIECE.fullmatch(_stem(path))
        if found:
            number = int(found["number"] or found["copy"] or 0)
            rings.setdefault((os.path.dirname(path), found["ring"]), []).append((number, index))  # noqa: PTH120
    for members in rings.values():
        numbers = sorted(number for number, _index in members)
        if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            return sorted(index for _number, index in members)
    return []


def _stem(path: str) -> str:
    """Return the base name less one packing suffix and one extension."""
    name = PurePath(path).name
    for suffix in PACKED:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
            break
    return PurePath(name).stem


def checked(name: str, where: str) -> str:
    """Return a derived name with unusable characters replaced by ``_``."""
    usable = re.sub(r"[^A-Za-z0-9._:-]+", "_", name).strip("_")
    if not usable:
        raise UsageError(where=where, what="no vantage name can be made of this", advice="Give it one: NAME=PATH.")
    return usable
