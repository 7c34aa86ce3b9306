"""A checked command line of the main job, and what came of it.

**In:** nothing. **Out:** ``Request``, ``Outcome`` and the exit statuses of the contract.
**Not here:** parsing (``main.py``), the job (``job.py``, ``large.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

if TYPE_CHECKING:
    from correlate.model.correlation import Correlation

OK, MET, BAD_INPUT, NOTHING_IN_COMMON, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit statuses (contract)."""


@attrs.frozen(kw_only=True)
class Request:
    """A checked command line."""

    captures: tuple[str, ...]
    out: Path | None = None
    capture: str | None = None
    """Where the merged capture goes (``-w``); ``-`` = standard output."""
    is_split: bool = False
    keeps_secrets: bool = True
    form: Literal["text", "json", "jsonl", "csv"] = "text"
    order: Literal["inferred", "given"] = "inferred"
    reference: str | None = None
    kinds: dict[str, Any] = attrs.field(factory=dict)
    floors: dict[tuple[str, str], int] = attrs.field(factory=dict)
    """(from, to) -> least delay, ns."""
    scope: dict[str, Any] = attrs.field(factory=dict)
    """Options that leave packets out of what is told, as ``correlate.focus`` names them."""
    fail_on: str | None = None
    sha256: bool = False
    memory_bytes: int | None = None
    engine: Literal["local", "dask"] = "local"
    scheduler: str | None = None
    work: Path | None = None
    """Where parts of large captures are kept."""
    is_anonymous: bool = False
    stats: bool = False
    times: Literal["r", "u", "e"] = "r"
    quiet: bool = False
    color: Literal["auto", "always", "never"] = "auto"
    force: bool = False


@attrs.frozen(kw_only=True)
class Outcome:
    """A run whose files are written."""

    found: Correlation
    texts: Iterable[str] = ()
    """What goes to standard output."""
    most_packets: int | None = None
    """Not everything was read, and nothing was written: packets that memory holds."""
    has_nothing_in_common: bool = False
