"""Where every frame of a vantage ended: in exactly one bucket.

In: loaded vantages, the match table, what options left out. Out: a ``Ledger`` of each, whose sum is checked.
Method: buckets in order of precedence: left out by an option, copy, matched, fragment of an incomplete datagram, rest.
Not here: frames that became no packet (``dissect`` counts them).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.load import Loaded
from correlate.model.arrays import Bool
from correlate.model.ledger import Ledger
from correlate.model.matches import MatchTable
from correlate.model.packets import FrameFate


def ledgers_of(loaded: Sequence[Loaded], match: MatchTable, filtered: Sequence[Bool]) -> tuple[Ledger, ...]:
    """Count each frame of every vantage into exactly one bucket."""
    held = np.zeros(len(match), np.int16)
    for vantage in range(len(loaded)):
        held += match.rows[:, vantage] >= 0
    return tuple(_ledger_of(one, match, index, held > 1, filtered[index]) for index, one in enumerate(loaded))


def _ledger_of(one: Loaded, match: MatchTable, index: int, is_shared: Bool, is_filtered: Bool) -> Ledger:
    size = len(one.packets)
    is_copy = np.zeros(size, np.bool_)
    is_copy[match.copies.row[match.copies.vantage == index]] = True
    is_copy &= ~is_filtered
    is_matched = np.zeros(size, np.bool_)
    rows = match.rows[is_shared, index]
    is_matched[rows[rows >= 0]] = True
    is_matched &= ~is_copy & ~is_filtered
    is_incomplete = match.incomplete_fragments[index] & ~is_matched & ~is_copy & ~is_filtered
    rest = size - sum(int(bucket.sum()) for bucket in (is_copy, is_matched, is_incomplete, is_filtered))
    ledger = Ledger(
        read=one.vantage.frames,
        matched=int(is_matched.sum()),
        unmatched=rest,
        copy=int(is_copy.sum()),
        not_ip=one.frame_counts[FrameFate.NOT_IP],
        fragment_incomplete=int(is_incomplete.sum()),
        unsupported_link=one.frame_counts[FrameFate.UNSUPPORTED_LINK],
        malformed=one.frame_counts[FrameFate.MALFORMED],
        filtered_by_option=int(is_filtered.sum()),
    )
    ledger.check()
    return ledger
