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
from typing import Any

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


_AT_ONCE = 1 << 16
"""Packets: what is compared of them stays in the processor's cache."""


class AnchorSource:
    """Picks anchors for any two places; what is common to all pairs is worked out once."""

    def __init__(self, packets: Sequence[PacketTable], match: MatchTable, path: Path) -> None:
        self._packets = packets
        self._match = match
        self._direction = path.shown_direction
        self._shared = {v: _shared_rows(match.rows[:, v], len(packets[v])) for v in path.order}

    def between(self, up: int, down: int, *, most: int | None = None) -> AnchorTable:
        """Return the anchors of the vantages with input indices ``up`` and ``down`` (``up`` first in path order).

        ``most``: of more packets take every n-th, so that no more than so many are left.
        """
        count = len(self._match)
        step = 1
        if most is not None:
            step = max(1, -(-sum(len(self._fit(begin, up, down)) for begin in range(0, count, _AT_ONCE)) // most))
        # Memory is taken where it is written; those that are no anchors take none.
        found: list[Any] = [np.empty(count, kind) for kind in (np.int64, np.int64, np.int8, np.int64)]
        tiers = np.empty(count, np.int8)
        seen = end = 0
        for begin in range(0, count, _AT_ONCE):
            at = self._fit(begin, up, down)
            chosen, seen = at[-seen % step :: step], seen + len(at)
            some, tier = self._anchors(chosen, up, down)
            tiers[end : end + len(tier)] = tier
            for whole, part in zip(found, some, strict=True):
                whole[end : end + len(tier)] = part
            end += len(tier)
        is_kept = _strongest(tiers[:end], found[2][:end])
        return AnchorTable(*(frozen(part[:end] if is_kept.all() else part[:end][is_kept]) for part in found))

    def _fit(self, begin: int, up: int, down: int) -> I64:
        """Return which packets, from ``begin`` on, both vantages hold and may speak of clocks."""
        match, some = self._match, slice(begin, begin + _AT_ONCE)
        tier = match.tier[some]
        is_fit = (match.rows[some, up] >= 0) & (match.rows[some, down] >= 0)
        is_fit &= ~match.is_ambiguous[some] & (match.network_duplicate_of[some] < 0)
        is_fit &= (tier >= LADDER[0]) & (tier <= LADDER[-1])
        is_fit &= self._direction[match.flow[some]] != 0
        return np.flatnonzero(is_fit) + begin

    def _anchors(self, packet: I64, up: int, down: int) -> tuple[AnchorTable, I8]:
        """Return those of the packets that were surely forwarded, and their tiers."""
        match = self._match
        rows_up, rows_down = match.rows[packet, up], match.rows[packet, down]
        up_ns, down_ns = self._packets[up].columns.ts_ns[rows_up], self._packets[down].columns.ts_ns[rows_down]
        tier = match.tier[packet]
        is_good = (up_ns != NO_TIME) & (down_ns != NO_TIME)
        for vantage, rows in ((up, rows_up), (down, rows_down)):
            shared = self._shared[vantage]
            if shared is not None:
                is_good &= ~shared[rows]
        weaker = np.flatnonzero(tier != Tier.EXACT)
        is_good[weaker] &= self._is_forwarded(up, down, rows_up[weaker], rows_down[weaker])
        direction = self._direction[match.flow[packet]]
        sign = np.where(match.is_outbound[packet], direction, -direction)
        columns = (up_ns, down_ns, sign, packet)
        if not is_good.all():
            columns = (up_ns[is_good], down_ns[is_good], sign[is_good], packet[is_good])
            tier = tier[is_good]
        return AnchorTable(*columns), tier

    def _is_forwarded(self, up: int, down: int, rows_up: I64, rows_down: I64) -> Bool:
        """Return False for SYN packets without an equal IP ID other than 0: a proxy may have made one of them."""
        a, b = self._packets[up].columns, self._packets[down].columns
        ip_id = a.ip_id[rows_up]
        has_id = (a.flags[rows_up] & b.flags[rows_down] & PacketFlag.HAS_IP_ID) != 0
        is_same = has_id & (ip_id != 0) & (ip_id == b.ip_id[rows_down])
        return np.asarray(((a.tcp_flags[rows_up] & SYN) == 0) | is_same, np.bool_)


def _shared_rows(rows: I64, size: int) -> Bool | None:
    """Return per row of a PacketTable whether several packets stand in it (offload): its stamp fits one at most.

    None = of no row.
    """
    # The last entry is marked by packets that are not here.
    is_held = np.zeros(size + 1, np.bool_)
    is_held[rows] = True
    if np.count_nonzero(is_held[:-1]) == np.count_nonzero(rows >= 0):
        return None
    return np.asarray(np.bincount(rows[rows >= 0], minlength=size) > 1, np.bool_)


def _strongest(tier: I8, sign: I8) -> Bool:
    """Return the anchors of each direction that the strongest sufficient tiers hold."""
    chosen = np.zeros(len(tier), np.bool_)
    for direction in (1, -1):
        candidates = sign == direction
        for weakest in LADDER:
            picked = candidates & (tier <= weakest)
            if np.count_nonzero(picked) >= ENOUGH:
                break
        chosen |= picked
    return chosen
