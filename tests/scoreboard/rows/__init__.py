"""The worlds that the table has rows for, one module per theme.

**In:** nothing. **Out:** ``SCENARIOS``.
**Method:** each impairment alone, then together. A new theme is a module with ``ROWS`` and two lines here.
**Not here:** scoring (``score.py``).
"""

from __future__ import annotations

from tests.scoreboard.rows import (
    captures,
    copies,
    core,
    cuts,
    drawn,
    multipath,
    others,
    proxies,
    quic,
    rewriting,
    shapes,
    translations,
    trouble,
    tunnels,
    versions,
)

SCENARIOS = (
    *core.ROWS,
    *captures.ROWS,
    *copies.ROWS,
    *translations.ROWS,
    *cuts.ROWS,
    *proxies.ROWS,
    *quic.ROWS,
    *multipath.ROWS,
    *others.ROWS,
    *rewriting.ROWS,
    *shapes.ROWS,
    *trouble.ROWS,
    *tunnels.ROWS,
    *versions.ROWS,
    *drawn.ROWS,
)
