"""How much of a list report.json holds.

**In:** any list. **Out:** its first entries. **Method:** contract: at most 1000, the full count beside them.
**Not here:** Parquet, which holds all.
"""

from __future__ import annotations

LIMIT = 1000
"""Entries of any growing list in report.json."""

EXAMPLES = 3
"""Examples beside a count."""
