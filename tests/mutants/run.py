"""One damaged capture beside a sound one through the whole tool.

In: bytes, and the sound captures of their set. Out: CPU seconds and how it ended; any other end is raised.
Method: in this process, every report rendered; the frames read must all be in the ledger.
Not here: the damage (``damage.py``).
"""

from __future__ import annotations

import time
from pathlib import Path

from correlate import correlate
from correlate.errors import CorrelateError
from correlate.report import render_terminal, report_json


def ends_well(data: bytes, name: str, paths: dict[str, str], folder: Path) -> tuple[str, float]:
    """Return ``("done" or "refused", CPU seconds)``."""
    damaged = folder / Path(paths[name]).name
    damaged.write_bytes(data)
    start = time.process_time()
    try:
        result = correlate({**paths, name: str(damaged)})
    except CorrelateError as error:
        is_one_line = "\n" not in str(error)
        assert is_one_line
        return "refused", time.process_time() - start
    for vantage, ledger in zip(result.vantages, result.ledgers, strict=True):
        assert ledger.read == vantage.frames
        ledger.check()
    report_json(result)
    render_terminal(result, width=80, unicode=True, color=False)
    return "done", time.process_time() - start
