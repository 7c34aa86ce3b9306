"""Lasting changes of a hop's round trip: another path, or a delay whose direction no clock tells.

In: exchanges seen at both ends of a hop. Out: ``path-change``; ``delay-added`` of both directions together.
Method: algorithms section 4, D1: round trip at one end minus round trip at the other, each on one clock, is the time
spent on the hop in both directions; a clock step touches only the round trips that it falls into, and those are left
out where they come out negative or no longer than the step. The least of every few exchanges is the floor of that
moment; a floor that sits at one value before some moment and at another after it is a change of path. Packets that are
held, but in bounds too wide to say in which direction, show here as a sum.
Not here: excess of one direction (``held.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.held import (
    MIN_HELD,
    NOTICE_NS,
    SPREAD,
    crossing_delays,
    may_be_of_clock,
    stands_apart,
    typical_noise,
)
from correlate.diagnose.once import shared
from correlate.diagnose.stamps import time_order
from correlate.diagnose.view import View
from correlate.diagnose.wording import duration, share_of
from correlate.model.arrays import I64, Bool
from correlate.model.clocks import UNBOUNDED
from correlate.model.findings import Finding
from correlate.model.metrics import NO_RTT

IN_BIN = 8
"""Exchanges whose least round trip is one sample of the floor."""

MOST_BINS = 512
"""Samples of a long capture: every cut between two of them is tried, so the cost grows with their square."""

LEAST_BINS = 4
"""Samples on either side of a change."""

LEAST_STEP_NS = 1_000_000
STEP_TO_SCATTER = 4
"""The step must be this many times what samples of one side differ by."""

WIDEST_SKEW_PPB = 1_000_000
"""The widest believed (algorithms section 1)."""

MOST_JUMPS = 2
"""Jumps of a clock that nobody would notice: there and back."""

LONGEST_INNER_NS = 10_000_000_000
"""Beyond it an exchange is longer than skew lets one trust: 1000 ppm would be 10 ms."""


@attrs.frozen(kw_only=True)
class Trips:
    """Round trips on a hop, in time order of their requests at its first vantage."""

    hop: int
    spent_ns: I64
    began_ns: I64
    doubt_ns: I64
    """What the hop's skew may add to each difference."""
    request: I64
    reply: I64
    exchange: I64
    """Row of the exchanges."""


@attrs.frozen(kw_only=True)
class Change:
    """A floor that moved and stayed."""

    at: int
    """Index of the first exchange after it."""
    before_ns: int
    after_ns: int


def find_route_changes(view: View) -> Iterator[Finding]:
    """Yield ``path-change`` per hop whose round-trip floor steps once and stays."""
    for hop in range(view.run.path.hop_count):
        if not _is_uneven(view, hop):
            continue
        trips = find_trips(view, hop)
        change = find_change(trips.spent_ns, view.stamp_noise_ns(hop))
        if change is not None:
            yield _change_finding(view, trips, change)


def find_sums(view: View, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield ``delay-added`` without a direction for hops that hold round trips and have no finding of one direction."""
    told = {one.hop for one in findings if one.code in ("delay-added", "bufferbloat", "shaping")}
    for hop in range(view.run.path.hop_count):
        if view.hop(hop) in told or not _is_uneven(view, hop):
            continue
        trips = find_trips(view, hop)
        held = _held(view, trips, view.stamp_noise_ns(hop))
        if len(held):
            yield _sum_finding(view, trips, held)


@shared
def find_trips(view: View, hop: int) -> Trips:
    """Return the exchanges of packets sent once that both ends of the hop hold, ended flows left out."""
    exchanges = view.run.metrics.exchanges
    at, spent = _spent(view, hop)
    began = view.values("ts_ns", exchanges.request[at], hop)
    order = time_order(began)
    at, spent, began = at[order], spent[order], began[order]
    return Trips(
        hop=hop,
        began_ns=began,
        doubt_ns=exchanges.rtt_ns[at, hop : hop + 2].min(axis=1) * _skew_ppb(view, hop) // 10**9,
        spent_ns=spent,
        request=exchanges.request[at],
        reply=exchanges.reply[at],
        exchange=at,
    )


def _is_uneven(view: View, hop: int) -> bool:
    """Tell whether round trips spent so different times on the hop that either rule could have anything to say."""
    spent = _spent(view, hop)[1]
    return len(spent) > 0 and int(spent.max() - spent.min()) >= min(LEAST_STEP_NS, NOTICE_NS)


@shared
def _spent(view: View, hop: int) -> tuple[I64, I64]:
    """Return the rows of exchanges of packets sent once that both ends hold, and the time each spent on the hop."""
    exchanges, table = view.run.metrics.exchanges, view.run.trajectories
    near, far = exchanges.rtt_ns[:, hop], exchanges.rtt_ns[:, hop + 1]
    is_plain = ~view.is_repeated & ~table.is_ambiguous
    fits = (near != NO_RTT) & (far != NO_RTT) & is_plain.take(exchanges.request) & is_plain.take(exchanges.reply)
    inner = np.minimum(near, far)
    at = np.flatnonzero(fits & (inner >= 0) & (inner <= LONGEST_INNER_NS))
    if view.has_ended_flows:
        at = at[~view.is_ended[exchanges.flow[at], hop]]
    spent = near[at] - far[at]
    is_forward = table.direction.take(exchanges.request[at]) >= 0
    return at, np.where(is_forward, spent, -spent)


def _skew_ppb(view: View, hop: int) -> int:
    """Return the greatest skew that the hop's clocks may have, ppb."""
    clock = view.run.clocks.hops[hop]
    bounds = (clock.skew_lo_ppb, clock.skew_hi_ppb)
    return max(WIDEST_SKEW_PPB if bound is None else min(WIDEST_SKEW_PPB, abs(bound)) for bound in bounds)


def find_change(spent_ns: I64, ticks_ns: int) -> Change | None:
    """Return the one lasting change of the floor of values in time order, None if there is none."""
    in_bin = max(IN_BIN, -(-len(spent_ns) // MOST_BINS))
    count = len(spent_ns) // in_bin
    if count < 2 * LEAST_BINS:
        return None
    floors = spent_ns[: count * in_bin].reshape(count, in_bin).min(axis=1)
    if int(floors.max() - floors.min()) < LEAST_STEP_NS:
        return None
    best, scatter = None, np.inf
    for cut in range(LEAST_BINS, count - LEAST_BINS + 1):
        sides = floors[:cut], floors[cut:]
        off = sum(float(np.abs(side - np.median(side)).sum()) for side in sides)
        if off < scatter:
            best, scatter = cut, off
    assert best is not None, "the loop above runs at least once"
    before, after = floors[:best], floors[best:]
    step = abs(int(np.median(after) - np.median(before)))
    noise = max(int(before.max() - before.min()), int(after.max() - after.min()), ticks_ns)
    if step < max(LEAST_STEP_NS, STEP_TO_SCATTER * noise):
        return None
    return Change(at=best * in_bin, before_ns=int(np.median(before)), after_ns=int(np.median(after)))


def _held(view: View, trips: Trips, ticks_ns: int) -> I64:
    """Return the indices of round trips far above the floor, none if there are not several."""
    if len(trips.spent_ns) < 2 * MIN_HELD:
        return np.zeros(0, np.int64)
    # A sum below zero tells of a clock that jumped within the round trip, not of a hop.
    is_sound = trips.spent_ns >= -2 * ticks_ns - trips.doubt_ns
    if not is_sound.any():
        return np.zeros(0, np.int64)
    excess = trips.spent_ns - trips.spent_ns[is_sound].min()
    if int(excess.max()) <= NOTICE_NS + 2 * ticks_ns:
        return np.zeros(0, np.int64)
    noise = max(0, typical_noise(excess, trips.began_ns) - ticks_ns)
    least = max(NOTICE_NS, SPREAD * noise) + 2 * ticks_ns + trips.doubt_ns
    is_held = (excess > least) & ~may_be_of_clock(view, trips.hop, excess)
    if not stands_apart(excess, np.asarray(is_held, np.bool_), 2 * ticks_ns):
        return np.zeros(0, np.int64)
    held = np.flatnonzero(is_held)
    if len(held) < MIN_HELD or _may_be_of_jumps(view, trips, np.asarray(is_held, np.bool_), excess):
        return held[:0]
    return held


def _may_be_of_jumps(view: View, trips: Trips, is_held: Bool, excess_ns: I64) -> bool:
    """Tell whether a clock that jumped a few times within its bounds would set just these round trips apart.

    A jump at one end lengthens or shortens the round trips in flight at that moment, all by the same. So few moments
    that lie in every one of the long ones, or of the short ones, explain the difference.
    """
    held = np.flatnonzero(is_held)
    if (excess_ns[held] > _clock_room_ns(view, trips, held)).all():
        return False
    return any(_is_stabbed(view, trips, some) for some in (held, np.flatnonzero(~is_held)))


def _is_stabbed(view: View, trips: Trips, some: I64) -> bool:
    """Tell whether ``MOST_JUMPS`` moments lie in all of these round trips, each the end of the first to end."""
    began = trips.began_ns[some]
    ended = began + view.run.metrics.exchanges.rtt_ns[trips.exchange[some], trips.hop]
    for _ in range(MOST_JUMPS):
        if len(ended):
            is_later = began > ended.min()
            began, ended = began[is_later], ended[is_later]
    return len(ended) == 0


def _change_finding(view: View, trips: Trips, change: Change) -> Finding:
    first, second = view.hop(trips.hop)
    step = change.after_ns - change.before_ns
    request = int(trips.request[change.at])
    ways = [word for word, way in (("forward", 1), ("reverse", -1)) if _shares(view, trips, change, way)]
    which = f"The {ways[0]} direction changed." if len(ways) == 1 else "Which direction changed cannot be separated."
    return Finding(
        id=f"path-change/{trips.hop}",
        code="path-change",
        severity=CATALOGUE["path-change"].severity,
        grade="likely",
        title=(
            f"The way between {first} and {second} became {duration(abs(step))} {'longer' if step > 0 else 'shorter'} "
            "and stayed so"
        ),
        explanation=(
            f"The least time spent there, both directions added, is {duration(change.before_ns)} before and "
            f"{duration(change.after_ns)} after {first} #{view.ref(request, trips.hop).frame}; it is a difference of "
            f"round trips, each on one clock, so no clock explains it. {which}"
        ),
        hop=(first, second),
        direction=None if len(ways) != 1 else view.direction_name(1 if ways[0] == "forward" else -1),
        quantity=step,
        unit="ns",
        packet=request,
        evidence=(
            *view.refs([int(trips.request[change.at - 1])], note="before the change", limit=2),
            *view.refs([request], note="after it", limit=2),
        ),
        settle=f"Traceroutes between {first} and {second} before and after, or the routing logs of that moment.",
    )


def _shares(view: View, trips: Trips, change: Change, way: int) -> bool:
    """Tell whether one direction's floor moved by most of the step, as far as the clock's bounds let one see."""
    rows, excess = crossing_delays(view, trips.hop, way)
    packets = view.run.fates.packet[rows]
    moment = int(view.values("ts_ns", trips.request[change.at : change.at + 1], trips.hop)[0])
    is_after = view.values("ts_ns", packets, trips.hop) >= moment
    if not is_after.any() or is_after.all():
        return False
    moved = int(excess[is_after].min() - excess[~is_after].min())
    step = change.after_ns - change.before_ns
    return moved * step > 0 and 2 * abs(moved) > abs(step)


def _clock_room_ns(view: View, trips: Trips, held: I64) -> I64:
    """Return by how much the clocks may have jumped within each round trip without leaving their bounds."""
    began = view.values("ts_ns", trips.request[held], trips.hop)
    _, lo, hi = view.run.clocks.hops[trips.hop].offset_at(began)
    return np.where((lo > -UNBOUNDED) & (hi < UNBOUNDED), hi - lo, UNBOUNDED)


def _sum_finding(view: View, trips: Trips, held: I64) -> Finding:
    first, second = view.hop(trips.hop)
    excess = trips.spent_ns[held] - int(trips.spent_ns.min())
    worst = int(held[np.argmax(excess)])
    typical = int(np.median(excess))
    return Finding(
        id=f"delay-added/{trips.hop}/both",
        code="delay-added",
        severity=CATALOGUE["delay-added"].severity,
        grade="proven" if (excess > _clock_room_ns(view, trips, held)).all() else "likely",
        title=(
            f"{share_of(len(held), len(trips.spent_ns), 'round trip')} held {duration(typical)} between {first} and "
            f"{second}, which direction is not separable"
        ),
        explanation=(
            f"Differences of round trips, each on one clock, show that both directions together take "
            f"{duration(int(excess.min()))} to {duration(int(excess.max()))} longer than the quickest. The clocks are "
            "not known well enough to say in which direction: not separable, only the sum is known."
        ),
        hop=(first, second),
        quantity=typical,
        unit="ns",
        flows=view.flows_of(trips.request[held]),
        packet=int(trips.request[worst]),
        evidence=view.refs([int(trips.request[worst]), int(trips.reply[worst])], note="a held round trip", limit=6),
        settle=f"Clocks at {first} and {second} known to a tenth of that (NTP logs, PTP) would tell which way.",
    )
