"""Which rows of a walk count where a file is repaired.

In: stamps of the rows, and why the walk stopped. Out: how many of them count.
Method: a wrong length makes bytes of frames look like records. Their stamps leap; and of a record that is followed by
damage nobody knows whether its own length is the damage.
Not here: where to go on (``resume_kernel.py``, ``resume_records_kernel.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.model.arrays import I64
from correlate.read.records_kernel import LEAP
from correlate.read.resume_kernel import MONTH_S
from correlate.read.steps import FAULTS

SECOND_NS = 1_000_000_000


@attrs.define
class Doubt:
    """What a walker keeps from one step to the next."""

    is_on: bool = False
    """A file is repaired; else all rows count."""
    last_s: int = -1
    """Second of the last row that counts; -1 = none yet."""

    def judge(self, stamps: I64, status: int, detail: int, *, is_end: bool = True) -> tuple[int, int, int]:
        """Return how many rows count, and status and detail of what ends them.

        ``is_end``: no bytes follow those walked. Else the last row waits for what follows it.
        """
        count = len(stamps)
        if self.is_on:
            leap = self._leap(stamps)
            if leap < count:
                count, status, detail = leap, LEAP, int(stamps[leap]) // SECOND_NS
            if status in FAULTS or not is_end:
                count = max(0, count - 1)
        if count:
            self.last_s = int(stamps[count - 1]) // SECOND_NS
        return count, status, detail

    def _leap(self, stamps: I64) -> int:
        """Return the first row whose stamp is more than a month from the one before it."""
        if not len(stamps):
            return 0
        seconds = stamps // SECOND_NS
        before = np.concatenate([[self.last_s if self.last_s >= 0 else seconds[0]], seconds[:-1]])
        far = np.flatnonzero(np.abs(seconds - before) > MONTH_S)
        return int(far[0]) if len(far) else len(stamps)
