"""How many of a hop's absent packets were lost, as an interval, where single ones cannot be told.

In: fates of one hop and direction. Out: ``LossRange``, ``LossGroup``.
Method: an absent packet was lost on the hop, or the far capture missed it and nothing beyond shows it either. How often
the far capture misses is read off packets that surely passed it; how often what passed stays unseen beyond, off packets
that it did hold. Both rates have Beta posteriors (``miss_rates.py``); the misses among the absent are Poisson with
their product. The interval is the middle of what is left, by 4,096 draws with a fixed seed. Captures drop in bursts: a
claim that packets were lost at all must survive three times the misses.
Not here: the fate of a single packet (``trajectories``).
"""

from __future__ import annotations

from typing import NamedTuple

import attrs
import numpy as np

from correlate.diagnose.lost import PLAIN, LossGroup, lost_on_way
from correlate.diagnose.miss_rates import BURSTS, DRAWS, SEED, SURE, known_passes, rate_draws, takes_sequence
from correlate.diagnose.once import shared
from correlate.diagnose.view import View
from correlate.model.arrays import F64, I64, Bool
from correlate.model.trajectories import Fate, FateGrade, Reason

OPEN_REASONS = (
    Reason.RETRANSMITTED,
    Reason.SACK_HOLE,
    Reason.ACK_HOLE,
    Reason.RATE,
    Reason.NO_EVIDENCE,
    Reason.DROP_COUNTER,
)
"""Undecided for want of odds alone; windows, filters, other ways and failed matches say nothing about rates."""

FEW_MISSES = 0.3
"""Share of the absent packets that the capture may have missed where all of them are looked at together. A bucket must
still foretell nine tenths of them."""

MIDDLE = (1.0, 99.0)
"""Wider than 95 %: the rates are those of other packets than the absent ones."""


class LossCounts(NamedTuple):
    """What an interval rests on: numbers of packets that the run tells of, which add up over parts of the time."""

    absent: int
    absent_acked: int
    """Of them, those that a receiver acknowledges."""
    proven: int
    missed: int
    """By the far capture, surely."""
    passed: int
    """It, surely."""
    acked_held: int
    """By the far capture, of those that a receiver acknowledges."""
    acked_unseen: int
    """Of these, what nothing beyond tells of."""
    other_held: int
    other_unseen: int

    def plus(self, other: LossCounts) -> LossCounts:
        """Return the counts of both times."""
        return LossCounts(*(one + more for one, more in zip(self, other, strict=True)))


@attrs.frozen(kw_only=True)
class LossRange:
    """Of ``absent`` packets at least ``lo`` and at most ``hi`` were lost (95 %); ``surely``: even if captures burst."""

    absent: int
    lo: int
    hi: int
    surely: int
    packets: I64
    """The absent ones."""
    sent: int
    counts: LossCounts
    """What it rests on."""


@shared
def loss_range(view: View, hop: int, direction: int) -> LossRange | None:
    """Return the interval of one hop and direction, None if nothing is absent there without another explanation."""
    fates = view.run.fates
    rows = view.on_way(view.undelivered, hop, direction)
    rows = rows[~view.ends(fates.packet[rows], hop)]
    # What the near capture lacks as well may have died before the hop.
    rows = rows[view.is_seen[fates.packet[rows], view.upstream(hop, direction)]]
    is_lost = (fates.fate[rows] == Fate.LOST) & (fates.grade[rows] != FateGrade.INCONCLUSIVE)
    is_open = (fates.fate[rows] == Fate.AMBIGUOUS) & np.isin(fates.reason[rows], OPEN_REASONS)
    absent, is_lost = rows[is_lost | is_open], is_lost[is_lost | is_open]
    is_rated = is_lost | ~_is_tail(view, hop, direction, fates.packet[absent])
    absent, is_lost = absent[is_rated], is_lost[is_rated]
    if len(absent) == 0:
        return None
    packets = fates.packet[absent]
    known = int((fates.grade[absent[is_lost]] == FateGrade.PROVEN).sum())
    counts = _counts(view, hop, direction, packets, known)
    misses = _misses(counts)
    low, high = (len(packets) - np.percentile(misses, q) for q in (MIDDLE[1], MIDDLE[0]))
    return LossRange(
        absent=len(packets),
        lo=max(known, int(np.floor(max(0.0, low)))),
        hi=max(known, int(np.ceil(min(float(len(packets)), high)))),
        surely=surely_of(counts),
        packets=packets,
        sent=_sent(view, hop, direction),
        counts=counts,
    )


def surely_of(counts: LossCounts) -> int:
    """Return how many packets were lost even if the captures missed packets in bursts."""
    sure = counts.absent - float(np.percentile(BURSTS * _misses(counts), 100 - SURE))
    # What each packet was proven of stays, whatever the rates say.
    return max(counts.proven, int(np.floor(max(0.0, sure))))


def _sent(view: View, hop: int, direction: int) -> int:
    """Return how many packets of this direction the near capture holds that came to the hop."""
    fates = view.run.fates
    here = (fates.hop == hop) & (view.fate_direction == direction) & (fates.fate != Fate.ORIGINATED)
    here &= view.is_seen[:, view.upstream(hop, direction)].take(fates.packet)
    if view.has_ended_flows:
        here &= ~view.ends(fates.packet, hop)
    return int(np.count_nonzero(here))


def surely_lost(view: View, hop: int, direction: int) -> LossGroup | None:
    """Return the packets lost on a hop for no cause of their own, all absent ones if nearly all of them were lost.

    Chosen packet by packet where the fates say so; as a whole where at most ``FEW_MISSES`` of the absent can be misses.
    """
    group = next(lost_on_way(view, hop, direction, PLAIN), None)
    several = loss_range(view, hop, direction)
    if several is None or several.surely < (1.0 - FEW_MISSES) * several.absent:
        return group
    if group is not None and len(group.packets) >= several.absent:
        return group
    return LossGroup(
        kind=PLAIN,
        hop=hop,
        direction=direction,
        packets=several.packets,
        grades=np.full(several.absent, int(FateGrade.LIKELY), np.int64),
        witnesses=np.full(several.absent, -1, np.int32),
        sent=several.sent,
    )


def _is_tail(view: View, hop: int, direction: int, packets: I64) -> Bool:
    """Tell which packets come after all that the far capture holds of their flow and direction.

    A device that shows a capture the beginning of each flow only (a fast path) leaves out the rest: no rate is in it.
    """
    if not len(packets):
        return np.zeros(0, np.bool_)
    table, near, far = view.run.trajectories, view.upstream(hop, direction), view.downstream(hop, direction)
    row = table.rows[:, near]
    is_held = view.is_seen[:, near] & view.is_seen[:, far] & (table.direction == direction)
    held = np.flatnonzero(is_held)
    last = np.full(len(view.run.joined), -1, np.int64)
    # Packets are nearly in the order of rows: whichever comes last there shows for most that they are no tail.
    last[table.flow[held]] = row[held]
    may_be = row[packets] > last[table.flow[packets]]
    is_open = np.zeros(len(last), np.bool_)
    is_open[table.flow[packets[may_be]]] = True
    held = held[is_open[table.flow[held]]]
    np.maximum.at(last, table.flow[held], row[held])
    return np.asarray(row[packets] > last[table.flow[packets]], np.bool_)


def _counts(view: View, hop: int, direction: int, absent: I64, proven: int) -> LossCounts:
    """Return what tells how many of the absent packets the far capture merely missed."""
    far = view.downstream(hop, direction)
    is_acked = takes_sequence(view, far)
    is_mine = (view.run.trajectories.direction == direction) & view.is_seen[:, far]
    absent_takes = takes_sequence(view, view.upstream(hop, direction))[absent]
    sides = []
    for is_sequence in (True, False):
        if not (absent_takes == is_sequence).any() and not view.is_part:
            sides += [0, 0]
            continue
        is_held = np.asarray(is_mine & (is_acked if is_sequence else ~is_acked), np.bool_)
        if view.is_part:
            is_held &= view.kept
        held = int(np.count_nonzero(is_held))
        sides += [held, _unseen_beyond(view, far, direction, is_held, is_sequence=is_sequence)]
    return LossCounts(len(absent), int(np.count_nonzero(absent_takes)), proven, *known_passes(view, far), *sides)


def _misses(counts: LossCounts) -> F64:
    """Return draws of how many of the absent packets the far capture merely missed."""
    random = np.random.default_rng(SEED)
    rate = rate_draws(random, counts.missed, counts.passed)
    total = np.zeros(DRAWS)
    for absent, held, unseen in (
        (counts.absent_acked, counts.acked_held, counts.acked_unseen),
        (counts.absent - counts.absent_acked, counts.other_held, counts.other_unseen),
    ):
        if absent:
            hidden = held * rate / np.maximum(1e-9, 1.0 - rate)
            total += random.poisson(np.minimum(1e12, hidden * rate_draws(random, unseen, held)))
    return np.minimum(total, counts.absent)


def _unseen_beyond(view: View, far: int, direction: int, is_held: Bool, *, is_sequence: bool) -> int:
    """Return how many packets that the far capture holds nothing beyond it tells of.

    At the end of the path that is all of them, but for what takes sequence space: there only what was sent again later.
    """
    is_unseen = is_held & view.is_sent_again if is_sequence else is_held.copy()
    for place in range(far + 1, view.places) if direction > 0 else range(far):
        is_unseen &= ~view.is_seen[:, place]
    return int(np.count_nonzero(is_unseen))
