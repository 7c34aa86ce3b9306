"""Which packets may speak about two clocks.

In: packets, matches and path. Out: an ``AnchorTable`` per pair of places.
Method: a packet bounds the offset only if it really was forwarded between both places. A SYN proxy answers in the
server's name, and its SYN-ACK paired with the server's gives a false bound in every flow (algorithms section 2):
so exact matches first, weaker ones only where a direction has too few, and handshakes among those only with an
unchanged IP ID.
Not here: what anchors say (``evidence.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.model.arrays import I8, I64, Bool, frozen
from correlate.model.clocks import AnchorTable
from correlate.model.frames import NO_TIME
from correlate.model.matches import MatchTable, Tier
from correlate.model.packets import PacketFlag, PacketTable
from correlate.model.path import Path

ENOUGH = 16
"""Anchors per direction that make weaker evidence unnecessary."""

LADDER = (Tier.EXACT, Tier.TRANSFORMED, Tier.CONTENT)
SYN = 2


class AnchorSource:
    """Picks anchors for any two places; what is common to all pairs is worked out once."""

    def __init__(self, packets: Sequence[PacketTable], match: MatchTable, path: Path) -> None:
        self._packets = packets
        self._match = match
        sign = np.where(match.is_outbound, 1, -1) * path.shown_direction[match.flow]
        is_fit = ~match.is_ambiguous & (match.network_duplicate_of < 0) & (sign != 0)
        is_fit &= (match.tier >= LADDER[0]) & (match.tier <= LADDER[-1])
        self._fit = np.flatnonzero(is_fit)
        self._sign: I8 = sign[self._fit].astype(np.int8)
        self._shared = {v: _shared_rows(match.rows[:, v], len(packets[v])) for v in path.order}

    def between(self, up: int, down: int, *, most: int | None = None) -> AnchorTable:
        """Return the anchors of the vantages with input indices ``up`` and ``down`` (``up`` first in path order).

        ``most``: of more packets take every n-th, so that no more than so many are left.
        """
        rows_up, rows_down = self._match.rows[self._fit, up], self._match.rows[self._fit, down]
        index = np.flatnonzero((rows_up >= 0) & (rows_down >= 0))
        if most is not None:
            index = index[:: max(1, -(-len(index) // most))]
        rows_up, rows_down = rows_up[index], rows_down[index]
        up_ns = self._packets[up].columns.ts_ns[rows_up]
        down_ns = self._packets[down].columns.ts_ns[rows_down]
        is_good = (up_ns != NO_TIME) & (down_ns != NO_TIME)
        is_good &= ~self._shared[up][rows_up] & ~self._shared[down][rows_down]
        tier = self._match.tier[self._fit[index]]
        is_good &= (tier == Tier.EXACT) | self._is_forwarded(up, down, rows_up, rows_down)
        sign = self._sign[index]
        is_good &= _strongest(tier, sign, is_good)
        return AnchorTable(
            up_ns=frozen(up_ns[is_good]),
            down_ns=frozen(down_ns[is_good]),
            direction=frozen(sign[is_good]),
            packet=frozen(self._fit[index[is_good]]),
        )

    def _is_forwarded(self, up: int, down: int, rows_up: I64, rows_down: I64) -> Bool:
        """Return False for SYN packets without an equal IP ID other than 0: a proxy may have made one of them."""
        a, b = self._packets[up].columns, self._packets[down].columns
        ip_id = a.ip_id[rows_up]
        has_id = (a.flags[rows_up] & b.flags[rows_down] & PacketFlag.HAS_IP_ID) != 0
        is_same = has_id & (ip_id != 0) & (ip_id == b.ip_id[rows_down])
        return np.asarray(((a.tcp_flags[rows_up] & SYN) == 0) | is_same, np.bool_)


def _shared_rows(rows: I64, size: int) -> Bool:
    """Return per row of a PacketTable whether several packets stand in it (offload): its stamp fits one at most."""
    return np.asarray(np.bincount(rows[rows >= 0], minlength=size) > 1, np.bool_)


def _strongest(tier: I8, sign: I8, is_good: Bool) -> Bool:
    """Return the anchors of each direction that the strongest sufficient tiers hold."""
    chosen = np.zeros(len(tier), np.bool_)
    for direction in (1, -1):
        candidates = is_good & (sign == direction)
        for weakest in LADDER:
            picked = candidates & (tier <= weakest)
            if np.count_nonzero(picked) >= ENOUGH:
                break
        chosen |= picked
    return chosen
