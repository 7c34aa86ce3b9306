"""Packets that a hop held, and the shape of the hold over time.

In: one-way delays of delivered packets with their bounds. Out: ``Held`` per hop and direction, ``Shape`` of it.
Method: excess over the direction's floor on that hop. The floor and the held packet share the clock's unknown offset,
so their difference is known far better than either delay (algorithms section 4, D2). A packet counts when its excess
is several times the width of the clock's bounds, or, without any clock, when packets sent seconds before *and* seconds
after it cross much quicker: no clock walks away and back, nor jumps twice, in that time; or when both directions
together take longer while the other one takes what it always does: a clock leaves their sum alone. What is noise is
read off neighbours: a hold that lasts does not make its own packets noisy.
Not here: what to say of it (``delay.py``), time spent in hosts (``host.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.diagnose.once import shared
from correlate.diagnose.stamps import ENDLESS_NS, is_ordered, time_order
from correlate.diagnose.view import View
from correlate.model.arrays import I64, Bool
from correlate.model.matches import Tier
from correlate.model.trajectories import NO_DELAY, Fate

NOTICE_NS = 10_000_000
"""Excess below 10 ms is not worth a finding: ordinary queues of access links reach it."""

WIDTHS = 3
"""An excess must be this many times the width of the clock's bounds, so that no clock defect is taken for a queue."""

SPREAD = 20
"""... and this many times the noise: a hop that is always noisy is not accused of holding some packets.

Of exponential jitter, the largest of n excesses is about ln(n) means = 1.44 ln(n) medians: 20 holds for a million.
"""

BLOCK_NS = 1_000_000_000
"""Noise is what packets of one second differ by; a hold that lasts holds them all alike."""

LEAST_IN_BLOCK = 5
LEAST_BLOCKS = 4

MIN_HELD = 2

LONGEST_NS = 120_000_000_000
"""No packet lives longer in a network (maximum segment lifetime, RFC 9293 section 3.4.2): the stamps are wrong then."""

RIVALS = 8
"""Packets of the other direction whose quickest is compared before and after: more than a burst that waited."""

OTHER_SHARE = 4
"""The other direction may take this part of what both take longer: less is scatter of its own."""

NEIGHBOUR_SHARE = 10
"""A quick neighbour is above the floor by at most this part of the excess."""

NEIGHBOUR_NS = 1_000_000_000
"""Packets one or two of these before and after are neighbours; 1000 ppm, the widest skew believed, is 2 ms in that."""


@attrs.frozen(kw_only=True)
class Crossing:
    """Packets of one direction whose delay on the hop is known, in the order in which they were sent."""

    hop: int
    direction: int
    packets: I64
    excess_ns: I64
    """Above the direction's floor on the hop."""
    sent_ns: I64
    """Where they enter, on that clock."""
    rows: I64
    """Of the fate table."""


@attrs.frozen(kw_only=True)
class Held:
    """Packets that one hop held."""

    crossing: Crossing
    packets: I64
    excess_ns: I64
    is_beyond_bounds: bool
    """All of them are held for longer than the clock's bounds are wide."""

    @property
    def is_held(self) -> Bool:
        """Per crossing packet."""
        return np.isin(self.crossing.packets, self.packets)


@shared
def crossing_delays(view: View, hop: int, direction: int) -> tuple[I64, I64]:
    """Return rows of the fate table whose delay on the hop is that of one sending, and their excess over the floor.

    Delays of packets sent more than once are left out: their two sightings may be two sendings. So are pairs without
    IP ID or time stamp where the capture upstream is known to miss packets, one of which may be the packet's own
    first sending.
    """
    fates, table = view.run.fates, view.run.trajectories
    fits = _is_single(view) & (table.direction == direction)
    if view.misses(view.upstream(hop, direction)):
        fits &= table.tier == Tier.EXACT
    is_known = (fates.fate == Fate.DELIVERED) & (fates.owd_ns != NO_DELAY) & fits.take(fates.packet)
    if view.run.path.hop_count > 1:
        is_known &= fates.hop == hop
    rows = np.flatnonzero(is_known)
    owd = fates.owd_ns.take(rows)
    return rows, owd - owd.min() if len(owd) else owd


@shared
def _is_single(view: View) -> Bool:
    """Tell which packets are sure pairs that were sent once."""
    return np.asarray(view.is_sure_pair & ~view.is_repeated, np.bool_)


@shared
def find_crossing(view: View, hop: int, direction: int) -> Crossing | None:
    """Return the packets of a direction with their excess on the hop, None if there are too few."""
    rows, excess = crossing_delays(view, hop, direction)
    if len(rows) < 2 * MIN_HELD:
        return None
    packets = view.run.fates.packet.take(rows)
    sent = view.values("ts_ns", packets, view.upstream(hop, direction))
    if not is_ordered(sent):
        order = time_order(sent)
        packets, excess, sent, rows = (column.take(order) for column in (packets, excess, sent, rows))
    return Crossing(hop=hop, direction=direction, packets=packets, excess_ns=excess, sent_ns=sent, rows=rows)


def widths(view: View, crossing: Crossing) -> I64:
    """Return how wide the bounds of each delay are, ns."""
    fates = view.run.fates
    # No bound at all is as good as a very wide one, and three of these still fit int64.
    low, high = (
        np.clip(column[crossing.rows], -ENDLESS_NS, ENDLESS_NS) for column in (fates.owd_lo_ns, fates.owd_hi_ns)
    )
    return np.asarray(high - low, np.int64)


def find_held(view: View, crossing: Crossing) -> Held | None:
    """Return the packets that the hop held, None if there are not several."""
    excess = crossing.excess_ns
    # Stamps of coarse ticks scatter by up to a tick at each end without any queue.
    ticks = view.stamp_noise_ns(crossing.hop)
    most = max(int(excess.max()), _spread(view, crossing))
    if most <= NOTICE_NS + ticks:
        return None
    noise = min(max(0, typical_noise(excess, crossing.sent_ns) - ticks), ENDLESS_NS // SPREAD)
    least = max(NOTICE_NS, SPREAD * noise) + ticks
    if most <= least:
        return None
    chosen = (excess > least) & is_beyond_clock(view, crossing)
    bracketed = _bracketed_excess(view, crossing)
    one_way = _one_way_excess(view, crossing)
    for doubtful in (bracketed, one_way):
        doubtful[may_be_of_clock(view, crossing.hop, doubtful)] = 0
    unclocked = np.where(one_way > least, one_way, bracketed)
    is_beyond_bounds = not bool((unclocked > least)[~chosen].any())
    own = np.where(chosen, excess, unclocked)
    chosen |= unclocked > least
    chosen &= own <= LONGEST_NS
    if not stands_apart(own, chosen, ticks):
        return None
    if int(chosen.sum()) < MIN_HELD:
        return None
    return Held(
        crossing=crossing,
        packets=crossing.packets[chosen],
        excess_ns=own[chosen],
        is_beyond_bounds=is_beyond_bounds,
    )


def _spread(view: View, crossing: Crossing) -> int:
    """Return by how much the slowest packet took longer than the quickest, in plain differences of stamps."""
    came = view.values("ts_ns", crossing.packets, view.downstream(crossing.hop, crossing.direction))
    took = came - crossing.sent_ns
    return int(took.max() - took.min())


def stands_apart(excess: I64, chosen: Bool, ticks_ns: int) -> bool:
    """Tell whether the chosen are held for longer than any other, by more than stamps scatter; fine stamps need not.

    Coarse stamps hide how noisy the hop is, and the longest of many noisy packets would look held.
    """
    if 2 * ticks_ns <= NOTICE_NS or not chosen.any():
        return True
    return bool(excess[chosen].min() - excess[~chosen].max(initial=0) > ticks_ns)


def is_beyond_clock(view: View, crossing: Crossing) -> Bool:
    """Tell which excesses no defect of the hop's clock explains: neither its width nor its jumps."""
    is_wider = crossing.excess_ns > WIDTHS * widths(view, crossing)
    if not is_wider.any():
        return np.zeros(len(is_wider), np.bool_)
    at = np.flatnonzero(is_wider & ~may_be_of_clock(view, crossing.hop, crossing.excess_ns))
    is_beyond = np.zeros(len(is_wider), np.bool_)
    is_beyond[at] = ~_has_a_rival(view, crossing, at)
    return is_beyond


def typical_noise(excess: I64, sent: I64) -> int:
    """Return the typical excess over the floor of the same second, ns, of the quieter seconds (the first quartile)."""
    block = (sent - sent[0]) // BLOCK_NS
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    counts = np.diff(np.append(starts, len(block)))
    parts = [excess[at : at + n] for at, n in zip(starts.tolist(), counts.tolist(), strict=True) if n >= LEAST_IN_BLOCK]
    typical = int(np.median(excess))
    if len(parts) < LEAST_BLOCKS:
        return typical
    within = [int(np.median(part)) - int(part.min()) for part in parts]
    return min(typical, int(np.percentile(within, 25)))


def _bracketed_excess(view: View, crossing: Crossing) -> I64:
    """Return by how much each packet is slower than the quickest neighbours on both sides in time; 0 without them.

    Plain differences of stamps: the clocks' offset cancels. Cost O(n log n).
    """
    sent = crossing.sent_ns
    came = view.values("ts_ns", crossing.packets, view.downstream(crossing.hop, crossing.direction))
    took = came - sent
    bins, of_packet = np.unique((sent - sent.min()) // NEIGHBOUR_NS, return_inverse=True)
    least = np.full(len(bins), ENDLESS_NS)
    np.minimum.at(least, of_packet, took)
    sides = []
    for near in (-1, 1):
        side = np.full(len(bins), ENDLESS_NS)
        for far in (near, 2 * near):
            at = np.minimum(np.searchsorted(bins, bins + far), len(bins) - 1)
            side = np.minimum(side, np.where(bins[at] == bins + far, least[at], ENDLESS_NS))
        sides.append(side)
    floor = np.maximum(sides[0], sides[1])[of_packet]
    own = np.where(floor < ENDLESS_NS, np.maximum(took - floor, 0), 0).astype(np.int64)
    # Neighbours that are held themselves are no measure: they would make the hold look short.
    return np.where(crossing.excess_ns - own <= crossing.excess_ns // NEIGHBOUR_SHARE, own, 0)


def _one_way_excess(view: View, crossing: Crossing) -> I64:
    """Return by how much both directions together take longer than ever, where the other one takes what it always does.

    A clock gives to one direction what it takes from the other, so it leaves the sum alone (algorithms section 4, D1).
    The other direction's share is the quickest of ``RIVALS`` packets before and of as many after; 0 where that is no
    small part of the sum, or nothing was sent that way on either side.
    """
    rows, excess = crossing_delays(view, crossing.hop, -crossing.direction)
    found = np.zeros(len(crossing.packets), np.int64)
    if len(rows) < 2 * RIVALS:
        return found
    up, down = view.upstream(crossing.hop, crossing.direction), view.downstream(crossing.hop, crossing.direction)
    others = view.run.fates.packet[rows]
    came = view.values("ts_ns", others, up)
    order = time_order(came)
    came, excess, others = came[order], excess[order], others[order]
    place = np.searchsorted(came, crossing.sent_ns)
    at = np.flatnonzero((place > 0) & (place < len(came)))
    if len(at) == 0:
        return found
    # Plain differences of stamps: of these the sum is free of every clock, also where its model changes.
    before, after = _quickest_around(came - view.values("ts_ns", others, down), place[at])
    own = (view.values("ts_ns", crossing.packets, down) - crossing.sent_ns)[at]
    total = own + np.minimum(before, after) - int((own + np.maximum(before, after)).min())
    is_alone = np.maximum(*_quickest_around(excess, place[at])) <= total // OTHER_SHARE
    found[at] = np.where(is_alone, np.minimum(crossing.excess_ns[at], total), 0)
    return np.maximum(found, 0)


def _quickest_around(values: I64, place: I64) -> tuple[I64, I64]:
    """Return the least of ``RIVALS`` values before each place, and of as many from it on."""
    ahead, behind = _least_of_next(values), _least_of_next(values[::-1])[::-1]
    return behind[place - 1], ahead[place]


def may_be_of_clock(view: View, hop: int, excess_ns: I64) -> Bool:
    """Tell which excesses are no greater than a jump of the hop's clock.

    Near the jump a packet may be laid to the wrong side of it. A clock that needs several pieces contradicts one
    straight line by about the size of its jumps.
    """
    clock = view.run.clocks.hops[hop]
    if not clock.violation_ns and not clock.steps:
        return np.zeros(len(excess_ns), np.bool_)
    jump = max([clock.violation_ns, *(abs(step.delta_ns) for step in clock.steps)])
    return np.asarray(excess_ns <= jump + jump // 10 + NOTICE_NS, np.bool_)


def _has_a_rival(view: View, crossing: Crossing, at: I64) -> Bool:
    """Tell which of some excesses a clock that jumped unseen would explain as well.

    Such a jump takes from the other direction what it gives to this one, for good: the quickest of the next packets
    that way are then quicker than the quickest of the last ones, by about the excess. A silence in between lets a
    skew explain the same, so the clock model need not call it a jump.
    """
    rows, _ = crossing_delays(view, crossing.hop, -crossing.direction)
    packets = view.run.fates.packet[rows]
    up, down = view.upstream(crossing.hop, crossing.direction), view.downstream(crossing.hop, crossing.direction)
    came = view.values("ts_ns", packets, up)
    order = time_order(came)
    came, took = came[order], (came - view.values("ts_ns", packets, down))[order]
    if len(came) == 0:
        return np.zeros(len(at), np.bool_)
    ahead, behind = _least_of_next(took), _least_of_next(took[::-1])[::-1]
    place = np.searchsorted(came, crossing.sent_ns[at])
    is_between = (place > 0) & (place < len(came))
    last, following = np.clip(place - 1, 0, len(came) - 1), np.clip(place, 0, len(came) - 1)
    return np.asarray(is_between & (2 * (behind[last] - ahead[following]) > crossing.excess_ns[at]), np.bool_)


def _least_of_next(values: I64) -> I64:
    """Return the least of each value and the ``RIVALS - 1`` after it."""
    least = np.concatenate([values, np.full(RIVALS - 1, values.max())])
    covered = 1
    while covered < RIVALS:
        step = min(covered, RIVALS - covered)
        least = np.minimum(least[:-step], least[step:])
        covered += step
    return np.asarray(least, np.int64)
