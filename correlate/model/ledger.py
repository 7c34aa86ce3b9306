"""Where every frame ended.

In: counts from ``dissect`` and ``match``. Out: the report's ledger.
Method: one bucket per frame; ``check`` is an assert that they add up.
Not here: why a packet was not matched (fates).
"""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class Ledger:
    """Frames of one vantage, each counted in exactly one bucket."""

    read: int
    matched: int = 0
    unmatched: int = 0
    copy: int = 0
    not_ip: int = 0
    fragment_incomplete: int = 0
    unsupported_link: int = 0
    malformed: int = 0
    filtered_by_option: int = 0

    def check(self) -> None:
        """Assert that no frame was lost by us or counted twice."""
        buckets = attrs.asdict(self)
        read = buckets.pop("read")
        assert sum(buckets.values()) == read, f"ledger does not add up: {buckets} against {read} frames read"
