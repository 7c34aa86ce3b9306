"""Talk on standard error: progress, times per stage, notes.

**In:** the pipeline's progress calls. **Out:** one line that is overwritten, on terminals only.
**Method:** stages are timed by their first call; the line is redrawn at most ten times a second.
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
REDRAW_S = 0.1


class Talk:
    """Told which stage is at work; safe to call from reading threads."""

    def __init__(self, *, is_shown: bool) -> None:
        self.is_shown = is_shown
        self._begun: list[tuple[str, float, int]] = []
        self._drawn = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note the stage and draw it; the pipeline's ``progress``."""
        now = time.perf_counter()
        is_new = not self._begun or self._begun[-1][0] != stage
        if is_new:
            self._begun.append((stage, now, peak_bytes()))
        if self.is_shown and (is_new or now - self._drawn >= REDRAW_S):
            self._drawn = now
            share = f" {min(100, 100 * done // total)} %" if total else ""
            print(f"\r\x1b[K{WORDS.get(stage, stage)}{share}", end="", file=sys.stderr, flush=True)

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


def peak_bytes() -> int:
    """Return the most memory that this process has used; 0 where the system does not tell (Windows)."""
    try:
        import resource  # noqa: PLC0415  -- not on Windows
    except ImportError:
        return 0
    # Kilobytes, but bytes on macOS (getrusage(2)).
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
