"""Talk on standard error: progress, times per stage, notes.

**In:** the pipeline's progress calls. **Out:** one line that is overwritten, on terminals only.
**Method:** stages are timed by their first call; the line is redrawn at most ten times a second. Rate and time left are
those since the stage began.
**Not here:** results (standard output, ``output.py``).
"""

from __future__ import annotations

import sys
import time

WORDS = {
    "read": "reading",
    "survey": "surveying",
    "scouts": "counting",
    "parts": "correlating part by part",
    "proof": "showing proof",
    "flows": "finding flows",
    "match": "matching packets",
    "path": "ordering the path",
    "clocks": "fitting clocks",
    "fates": "judging fates",
    "changes": "comparing fields",
    "figures": "measuring",
    "findings": "drawing conclusions",
    "write": "writing",
}
IN_BYTES = ("read", "survey")
"""Stages whose work is counted in bytes; others count what they do."""

REDRAW_S = 0.1

FORETOLD_AFTER_S = 1.0
"""Seconds of a stage before which its rate says little."""


class Talk:
    """Told which stage is at work; safe to call from reading threads."""

    def __init__(self, *, is_shown: bool) -> None:
        self.is_shown = is_shown
        self._begun: list[tuple[str, float, int]] = []
        self._drawn = 0.0
        self._before = 0
        """What of the stage was done when it began: parts of an earlier run."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note the stage and draw it; the pipeline's ``progress``."""
        now = time.perf_counter()
        is_new = not self._begun or self._begun[-1][0] != stage
        if is_new:
            self._begun.append((stage, now, peak_bytes()))
            self._before = done
        if self.is_shown and (is_new or now - self._drawn >= REDRAW_S):
            self._drawn = now
            share = f" {min(100, 100 * done // total)} %" if total else ""
            took_s = now - self._begun[-1][1]
            pace = pace_text(stage, done - self._before, total - done, took_s)
            print(f"\r\x1b[K{WORDS.get(stage, stage)}{share}{pace}", end="", file=sys.stderr, flush=True)

    def finish(self) -> None:
        """End the last stage and take the progress line away."""
        self._begun.append(("", time.perf_counter(), peak_bytes()))
        if self.is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def times(self) -> list[tuple[str, float, str]]:
        """Return (stage, seconds, most memory used until its end) in the order met; memory as text, if known."""
        ends = self._begun[1:]
        return [
            (stage, end - begin, f" {peak / 2**20:8.0f} MiB" if peak else "")
            for (stage, begin, _), (_next, end, peak) in zip(self._begun, ends, strict=False)
            if stage
        ]


def pace_text(stage: str, done: int, left: int, took_s: float) -> str:
    """Return how fast a stage works and how long it will go on; nothing before that is known.

    >>> pace_text("read", 3_000_000_000, 6_000_000_000, 5.0), pace_text("parts", 2, 5, 130.0)
    (', 600 MB/s, 10 s left', ', 5 min left')
    >>> pace_text("read", 10, 90, 0.1), pace_text("match", 0, 0, 7.0)
    ('', '')
    """
    if took_s < FORETOLD_AFTER_S or done <= 0:
        return ""
    rate = f", {done / took_s / 1e6:.0f} MB/s" if stage in IN_BYTES else ""
    left_s = left * took_s / done
    if left_s <= 0:
        return rate
    unit, size = next(((unit, size) for unit, size in (("h", 3600), ("min", 60)) if left_s >= 2 * size), ("s", 1))
    return f"{rate}, {left_s / size:.0f} {unit} left"


def peak_bytes() -> int:
    """Return the most memory that this process has used; 0 where the system does not tell (Windows)."""
    try:
        import resource  # noqa: PLC0415  -- not on Windows
    except ImportError:
        return 0
    # Kilobytes, but bytes on macOS (getrusage(2)).
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
