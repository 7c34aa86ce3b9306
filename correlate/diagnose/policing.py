"""Losses that a token bucket explains: a rate that is enforced by dropping, not by delaying.

In: lost and delivered packets of one hop and direction. Out: ``policing``.
Method: a policer passes a packet while tokens last; they come at rate r up to a burst b (Flach et al., SIGCOMM 2016).
All arrivals are known, so a bucket can be replayed over them (``bucket_kernel.py``): of a policer some r and b foretell
nearly every loss and hardly any that was none; of random loss no bucket does. A queue that overflows fits as well, but
delays what it does not drop, so packets beside the losses must cross near the floor.
Not here: which packets were lost (``trajectories``), queues (``queues.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.bucket_kernel import replay_buckets
from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.held import Crossing, find_crossing
from correlate.diagnose.loss_range import surely_lost
from correlate.diagnose.lost import LossGroup, loss_evidence, speaks_against
from correlate.diagnose.stamps import is_ordered, time_order
from correlate.diagnose.view import View
from correlate.diagnose.wording import bit_rate, counted, duration, verb
from correlate.model.arrays import F64, I64, Bool, frozen
from correlate.model.findings import Finding

LEAST_LOSSES = 10

LEAST_RIGHT = 0.9
"""Share of the losses that the bucket foretells, and of what it foretells that was lost."""

RATES = 40
RATE_SPAN = (0.7, 6.0)
"""Tried rates as multiples of the goodput: it is the rate where the bucket never fills, and less where it does."""

FINE_RATES = 41
NEAR = (0.94, 1.06)
NEARER = (0.997, 1.003)
"""A second and a third pass around the best of the one before."""

HOPEFUL = 0.5
"""Foretold and right together, of the 1.8 that are wanted: a burst that comes to less at every coarse rate is not the
policer's, and no rate nearby is looked at."""

WINDOWS = (16, 64, 256)
"""Losses from one end of a busy stretch to the other."""

BURSTS = (3_000, 6_000, 12_000, 20_000, 30_000, 45_000, 60_000, 90_000, 130_000, 200_000, 400_000, 1_000_000)
"""Bytes; from two full packets to what access providers configure at most."""

MOST_PACKETS = 20_000
"""Packets replayed: from the first loss on, a policer shows itself within them."""

LEAST_RATE_BPS = 64_000
"""Nobody polices below an old telephone line; a slower bucket is a pattern found in quiet traffic."""

QUEUE_SHARE = 0.25
"""A queue would delay packets beside the losses by about burst over rate; a policer by much less than this share."""


@attrs.frozen(kw_only=True)
class Bucket:
    """What the losses say of the policer."""

    rate_bps: int
    burst_bytes: int
    foretold: float
    """Share of the losses that it foretells."""
    right: float
    """Share of what it foretells that was lost."""
    beside_ns: int
    """Typical delay above the floor of packets next to losses."""


def find_policing(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and direction whose losses a token bucket explains.

    Where nearly all that is absent must have been lost, whatever the capture missed, the bucket is asked for all of it.
    """
    for hop, direction in view.ways():
        group = surely_lost(view, hop, direction)
        if group is None or len(group.packets) < LEAST_LOSSES:
            continue
        bucket = _fit(view, group)
        if bucket is not None:
            yield _finding(view, group, bucket)


def _fit(view: View, group: LossGroup) -> Bucket | None:
    crossing = find_crossing(view, group.hop, group.direction)
    if crossing is None:
        return None
    came, size, is_lost = _arrivals(view, group)
    first, last = np.flatnonzero(is_lost)[[0, -1]]
    took = int(came[last] - came[first])
    if took <= 0:
        return None
    goodput = float(size[first:last][~is_lost[first:last]].sum()) / took
    span = slice(0, int(first) + MOST_PACKETS)
    best = _search(came[span], size[span], is_lost[span], goodput)
    if best is None:
        return None
    beside = _delay_beside(crossing, came[is_lost])
    if beside > QUEUE_SHARE * best.burst_bytes * 8e9 / best.rate_bps:
        return None
    return attrs.evolve(best, beside_ns=beside)


def _search(came: I64, size: I64, is_lost: Bool, goodput: float) -> Bucket | None:
    """Return the bucket that foretells the losses best, None if none is right in both senses."""
    if goodput <= 0:
        return None
    low, high = RATE_SPAN
    arrivals = frozen(came, np.int64), frozen(size, np.int64), frozen(is_lost, np.bool_)
    coarse = [goodput, *_busy_rates(came, size, is_lost), *np.geomspace(low * goodput, high * goodput, RATES).tolist()]
    found = []
    for burst in BURSTS:
        best = _best(arrivals, np.array(coarse), burst)
        for near in (NEAR, NEARER) if _quality(best) >= HOPEFUL else ():
            around = np.linspace(*near, FINE_RATES) * best.rate_bps / 8e9
            best = max(best, _best(arrivals, around, burst), key=_quality)
        found.append(best)
    best = max(found, key=_quality)
    is_good = min(best.foretold, best.right) >= LEAST_RIGHT and best.rate_bps >= LEAST_RATE_BPS
    return best if is_good else None


def _busy_rates(came: I64, size: I64, is_lost: Bool) -> list[float]:
    """Return what passed from each loss to the one some losses on, per time, the median of all: bytes per ns.

    Where the bucket stays near empty, just what the tokens allow passes.
    """
    passed = np.cumsum(np.where(is_lost, 0, size))
    at = np.flatnonzero(is_lost)
    rates = []
    for window in WINDOWS:
        if len(at) > window:
            took = came[at[window:]] - came[at[:-window]]
            rates.append(float(np.median((passed[at[window:]] - passed[at[:-window]]) / np.maximum(1, took))))
    return [rate for rate in rates if rate > 0]


def _best(arrivals: tuple[I64, I64, Bool], rates: F64, burst: int) -> Bucket:
    """Return the bucket of this burst and one of the rates (bytes per ns) that foretells best, the first of equals."""
    counts, tokens = np.zeros((2, len(rates)), np.int64), np.zeros(len(rates))
    replay_buckets(*arrivals, frozen(rates, np.float64), float(burst), tokens, counts)
    foretold, right = counts[0] / int(arrivals[2].sum()), counts[0] / np.maximum(1, counts[1])
    at = int(np.argmax(foretold + right))
    return Bucket(
        rate_bps=max(1, int(8e9 * float(rates[at]))),
        burst_bytes=burst,
        foretold=float(foretold[at]),
        right=float(right[at]),
        beside_ns=0,
    )


def _quality(bucket: Bucket) -> float:
    return bucket.foretold + bucket.right


def _arrivals(view: View, group: LossGroup) -> tuple[I64, I64, Bool]:
    """Return stamps, sizes and losses of everything that came to the hop in this direction, in order.

    What only the far capture holds came as well, unless the hop made it: its stamp is moved by what the packet before
    it took.
    """
    up, down = view.upstream(group.hop, group.direction), view.downstream(group.hop, group.direction)
    table = view.run.trajectories
    is_lost = np.zeros(len(table), np.bool_)
    is_lost[group.packets] = True
    is_coming = (table.direction == group.direction) & (view.is_seen[:, down] | (is_lost & view.is_seen[:, up]))
    packets = np.flatnonzero(is_coming & (view.is_seen[:, up] | (table.duplicate_of < 0)))
    stamps, sizes = (view.values(name, packets, up).astype(np.int64) for name in ("ts_ns", "ip_len"))
    is_near = view.is_seen[:, up].take(packets)
    if not is_near.all():
        only_far = np.flatnonzero(~is_near)
        stamps[only_far] = _moved(view, packets, only_far, (up, down))
        sizes[only_far] = view.values("ip_len", packets[only_far], down)
    lost = is_lost.take(packets)
    if is_ordered(stamps):
        return stamps, sizes, lost
    order = time_order(stamps)
    return stamps.take(order), sizes.take(order), lost.take(order)


def _moved(view: View, packets: I64, only_far: I64, places: tuple[int, int]) -> I64:
    """Return stamps for packets that only the far capture holds, moved by what the packet before each took."""
    up, down = places
    both = packets[view.is_seen[packets, up] & view.is_seen[packets, down]]
    far = view.values("ts_ns", both, down)
    order = time_order(far)
    both, far = both[order], far[order]
    came = view.values("ts_ns", packets[only_far], down)
    before = np.maximum(np.searchsorted(far, came, side="right") - 1, 0)
    return np.asarray(came + view.values("ts_ns", both[before], up) - far[before], np.int64)


def _delay_beside(crossing: Crossing, lost_at: I64) -> int:
    """Return the median excess of the packets that entered the hop just before and after each loss, ns."""
    at = np.searchsorted(crossing.sent_ns, lost_at)
    beside = np.concatenate([np.maximum(at - 1, 0), np.minimum(at, len(crossing.packets) - 1)])
    return int(np.median(crossing.excess_ns[beside]))


def _finding(view: View, group: LossGroup, bucket: Bucket) -> Finding:
    where = view.between(group.hop, group.direction)
    count = len(group.packets)
    return Finding(
        id=f"policing/{group.hop}/{group.direction}",
        code="policing",
        severity=CATALOGUE["policing"].severity,
        grade="likely",
        title=f"Traffic above {bit_rate(bucket.rate_bps)} is dropped, not delayed, between {where}",
        explanation=(
            f"{counted(count, 'lost packet')} {verb(count, 'fits', 'fit')} a token bucket of "
            f"{bit_rate(bucket.rate_bps)} and about {bucket.burst_bytes} bytes, which foretells "
            f"{100 * bucket.foretold:.0f} % of them and is right in {100 * bucket.right:.0f} % of what it foretells. "
            f"Packets beside the losses crossed within {duration(bucket.beside_ns)} of the floor: no queue "
            "overflowed."
        ),
        hop=view.hop(group.hop),
        direction=view.direction_name(group.direction),
        quantity=count,
        unit="packets",
        flows=view.flows_of(group.packets),
        packet=int(group.packets[0]),
        evidence=loss_evidence(view, group),
        against=speaks_against(view, group),
        settle=f"The counters of policers between {where}, or a test at a rate below {bit_rate(bucket.rate_bps)}.",
    )
