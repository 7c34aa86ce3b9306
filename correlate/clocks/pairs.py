"""The fit of every pair of places that share packets.

In: packets, matches, path, stamp quanta, floors. Out: ``PairFit`` per pair, each made once.
Method: neighbours keep every anchor. Other pairs rarely know more than the hops between them, so of very many anchors
they take every n-th: dropping evidence only widens.
Not here: the fit of one pair (``hop.py``), all of them together (``joint.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from correlate.clocks.anchors import AnchorSource
from correlate.clocks.floors import Floors, fit_with_floors, floors_between
from correlate.clocks.hearsay import complete, told_by
from correlate.clocks.hop import HopFit
from correlate.clocks.jitter import Slack, together
from correlate.clocks.mirror import fit_both_ways
from correlate.clocks.setbacks import STEADY, find_setbacks, never_falls, read_record, with_setbacks
from correlate.model.arrays import I64, frozen
from correlate.model.clocks import AnchorTable
from correlate.model.frames import NO_TIME
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable
from correlate.model.path import Path

FAR_PAIR_ANCHORS = 100_000
"""Anchors that pairs other than neighbours use at most."""

NO_ANCHORS = AnchorTable(*(frozen(np.zeros(0, kind)) for kind in (np.int64, np.int64, np.int8, np.int64)))


@attrs.frozen(kw_only=True)
class PairFit:
    """Two places, the first nearer the path's beginning."""

    anchors: AnchorTable
    plain: HopFit
    """From the captures alone."""
    floored: HopFit
    """With the user's floors; the same object where there are none or they are refuted."""
    is_floor_refuted: bool
    age_ns: int
    """Longest time of the two captures from the nearest anchor."""

    @property
    def span_ns(self) -> int:
        """Time between the first and the last anchor."""
        return int(np.ptp(self.anchors.up_ns))


def fit_pairs(
    packets: Sequence[PacketTable],
    match: MatchTable,
    path: Path,
    ticks_ns: Sequence[int],
    floors: Floors,
    slacks: Sequence[Slack] = (),
) -> dict[tuple[int, int], PairFit]:
    """Return the fit of every pair of places (first < second) that share a packet fit to compare clocks.

    ``slacks``: per vantage, input order, by how much its stamps may be off besides; none = not at all.
    """
    source = AnchorSource(packets, match, path)
    records = [STEADY if never_falls(table) else read_record(table) for table in packets]
    spans = [_span(table.columns.ts_ns) for table in packets]
    fits: dict[tuple[int, int], PairFit] = {}
    for first, up in enumerate(path.order):
        for second, down in enumerate(path.order[first + 1 :], first + 1):
            slack = together(slacks, up, down)
            anchors = source.between(up, down, most=None if second == first + 1 else FAR_PAIR_ANCHORS)
            if len(anchors.packet) == 0:
                continue
            seen = len(anchors.packet)
            anchors = _loosened(complete(anchors, packets, match, path, up, down), slack)
            ticks = (ticks_ns[up], ticks_ns[down])
            shared = anchors.packet[:seen]
            backs = [
                find_setbacks(records[place], match.rows[shared, place]) if records[place].is_set_back else []
                for place in (up, down)
            ]
            is_turned = records[up].is_set_back and not records[down].is_set_back
            fit = fit_both_ways(anchors, ticks, is_first_set_back=is_turned)
            plain = _with_slack(told_by(fit, anchors, seen), slack)
            given = floors_between(floors, up, down)
            plain = with_setbacks(plain, anchors, *backs)
            floored = (
                fit_with_floors(anchors, ticks, plain, given, is_first_set_back=is_turned) if given.total else plain
            )
            if floored is not None:
                told = _with_slack(told_by(floored, anchors, seen), slack)
                floored = plain if floored is plain else with_setbacks(told, anchors, *backs)
            fits[first, second] = PairFit(
                anchors=anchors,
                plain=plain,
                floored=floored or plain,
                is_floor_refuted=floored is None,
                age_ns=max(_age(anchors.up_ns, spans[up]), _age(anchors.down_ns, spans[down])),
            )
    return fits


def _loosened(anchors: AnchorTable, slack: Slack) -> AnchorTable:
    """Return anchors that give way by the slack of their direction."""
    if slack == (0, 0):
        return anchors
    by = np.where(anchors.direction > 0, slack[0], -slack[1])
    return anchors._replace(down_ns=frozen(anchors.down_ns + by))


def _with_slack(fit: HopFit, slack: Slack) -> HopFit:
    return fit if slack == (0, 0) else fit._replace(clock=attrs.evolve(fit.clock, slack_ns=slack))


def _span(ts_ns: I64) -> tuple[int, int]:
    """Return the first and last stamp, (0, 0) without any."""
    known = ts_ns[ts_ns != NO_TIME]
    return (int(known.min()), int(known.max())) if len(known) else (0, 0)


def _age(stamps: I64, span: tuple[int, int]) -> int:
    """Return how far the capture reaches beyond its first and last anchor, or a silence between, ns."""
    ends = max(int(stamps.min()) - span[0], span[1] - int(stamps.max()))
    gaps = np.diff(np.sort(stamps[:: max(1, len(stamps) // 4096)]))
    return max(0, ends, int(gaps.max()) // 2 if len(gaps) else 0)
