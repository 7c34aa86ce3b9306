"""The option ``--memory``: how much of it a run may use.

**In:** ``2G``. **Out:** bytes.
**Method:** a number and a unit of 1024; too little to work at all is refused at once.
**Not here:** how many packets fit into it (``correlate/budget.py``).
"""

from __future__ import annotations

import re

from correlate.errors import UsageError

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?", re.IGNORECASE)
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

LEAST_BYTES = 256 * 2**20
"""The program with its packages loaded, and some packets."""


def read_memory(argument: str | None) -> int | None:
    """Return the bytes of a command line's ``--memory``, None without one.

    Raises
    ------
    UsageError
        If it is no size, or too little.

    Examples
    --------
    >>> read_memory("1.5G"), read_memory("512M"), read_memory(None)
    (1610612736, 536870912, None)
    """
    if argument is None:
        return None
    found = SIZE.fullmatch(argument.strip())
    if found is None:
        raise UsageError(
            where=f"--memory {argument}", what="not a size", advice="Write a number and a unit: --memory 2G."
        )
    size = int(float(found.group(1)) * UNITS[found.group(2).upper()])
    if size < LEAST_BYTES:
        raise UsageError(where=f"--memory {argument}", what="too little to work with", advice="Give it 256M or more.")
    return size
