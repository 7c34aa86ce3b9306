"""The option ``--floor``: least delays that the user knows.

**In:** ``A>B=150us``, any number of them. **Out:** (A, B) -> ns.
**Method:** one expression; a floor is a claim about the network, so nothing is guessed: no unit, no floor.
**Not here:** whether the vantages exist (``options.py``), what a floor is good for (``correlate/clocks/floors.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from correlate.errors import UsageError

FLOOR = re.compile(r"([A-Za-z0-9._:-]+)>([A-Za-z0-9._:-]+)=(\d+(?:\.\d+)?)(ns|us|\u00b5s|ms|s)")
UNITS = {"ns": 1, "us": 10**3, "\u00b5s": 10**3, "ms": 10**6, "s": 10**9}

MOST_NS = 10 * 10**9
"""No network holds every packet longer; a greater number is a slip of the unit."""


def read_floors(arguments: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return the floors of a command line.

    Raises
    ------
    UsageError
        If one is not ``A>B=TIME``, is given twice, or lasts longer than any path.

    Examples
    --------
    >>> read_floors(["client>server=1.5ms", "server>client=150us"])
    {('client', 'server'): 1500000, ('server', 'client'): 150000}
    """
    floors: dict[tuple[str, str], int] = {}
    for argument in arguments:
        found = FLOOR.fullmatch(argument)
        if found is None or found[1] == found[2]:
            advice = "Write two vantages along the packets' way and a time with its unit: 'client>server=150us'."
            raise UsageError(where=f"--floor {argument}", what="not A>B=TIME", advice=advice)
        ends = found[1], found[2]
        least = int(Decimal(found[3]) * UNITS[found[4]])
        if ends in floors:
            raise UsageError(where=f"--floor {argument}", what="this way has a floor already", advice="Give it once.")
        if least > MOST_NS:
            raise UsageError(where=f"--floor {argument}", what="longer than 10 s", advice="Check the unit.")
        floors[ends] = least
    return floors
