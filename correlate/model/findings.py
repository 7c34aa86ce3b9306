"""What is claimed, how sure, and the frames that prove it.

In: made by ``diagnose``. Out: used by ``report``.
Method: algorithms section 3 for grades; contract for keys.
Not here: the catalogue of codes (``diagnose/catalogue.py``).
"""

from __future__ import annotations

from typing import Literal

import attrs

Severity = Literal["info", "warning", "error"]
Grade = Literal["proven", "likely", "inconclusive"]


@attrs.frozen(kw_only=True)
class FrameRef:
    """One frame of one capture, as a person finds it: ``fw-int.pcapng#6461``."""

    vantage: str
    file: str
    frame: int
    """1-based."""
    time_ns: int | None
    """On the reference clock; None = that vantage cannot be placed."""
    note: str = ""


@attrs.frozen(kw_only=True)
class Finding:
    """One sentence a network engineer can forward, with its proof."""

    id: str
    """Stable within a run: ``f1``, ``f2``, ..."""
    code: str
    severity: Severity
    grade: Grade
    title: str
    explanation: str
    caused_by: str | None = None
    hop: tuple[str, str] | None = None
    """Vantage names in path order."""
    vantage: str | None = None
    direction: Literal["forward", "reverse"] | None = None
    quantity: float | int | None = None
    unit: Literal["ns", "bytes", "packets", "percent", "ppm"] | None = None
    out_of: int | None = None
    """Of how many ``quantity`` is a part, if it is one; what parts of a large run are added by, not told by itself."""
    is_at_least: bool = False
    """``quantity`` is the least that it can be."""
    flows: tuple[int, ...] = ()
    """Joined flow ids (0-based)."""
    packet: int | None = None
    """TrajectoryTable row of the best single packet to show as proof."""
    evidence: tuple[FrameRef, ...] = ()
    against: tuple[str, ...] = ()
    settle: str | None = None
