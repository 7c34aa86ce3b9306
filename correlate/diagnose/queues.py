"""Queues: delays that a drain of one rate explains packet by packet; and holds that last.

In: packets that crossed one hop in one direction. Out: ``Queue`` where it is one, ``Step`` where a hold lasts.
Method: while a queue is busy, what leaves it is paced by its rate whatever arrives: bytes over time between exits, on
one clock, agree from window to window. With that rate Lindley's recursion (Proc. Cambridge Phil. Soc. 48, 1952) tells
from the arrivals alone how long each packet waits; where it foretells the delays that were measured, there is a queue.
A bucket's burst shortens all waits alike. Noise, timers and routes do not follow the load. Losses only while the queue
is full mean that it has an end.
Not here: who is held (``held.py``), what to say (``delay.py``).
"""

from __future__ import annotations

import attrs
import numpy as np

from correlate.diagnose.held import NOTICE_NS, Crossing, Held, is_beyond_clock
from correlate.diagnose.lost import PLAIN, lost_groups
from correlate.diagnose.view import View
from correlate.model.arrays import I64, Bool
from correlate.model.ordering import stable_order

WINDOW = 10
"""Packets over which a rate is taken."""

LEAST_WINDOWS = 4
RATE_SPREAD = 0.3
"""Rates of windows that agree to this share (interquartile range over median) are one rate."""

BUSY_SHARE = 0.1
"""Of the longest wait: below it the queue is as good as empty."""

LEAST_RUN = 20
"""Packets in a row before a queue or a lasting hold is spoken of."""

LEAST_MATCH = 0.9
"""Correlation of foretold and measured waits."""

MOST_ERROR = 0.25
"""Typical difference of the two, as a share of the typical wait."""

MOST_BURST = 0.5
"""A bucket lets pass no more than this share of what a plain queue would hold typically: else it is hardly a queue."""

PLATEAU = 0.7
"""Losses of a full queue come while neighbours wait for at least this share of the longest."""

LEAST_LOSSES = 10


@attrs.frozen(kw_only=True)
class Queue:
    """A queue with a drain of a fixed rate, and the packets that waited in it."""

    held: Held
    rate_bps: int
    longest_ns: int
    lost: int
    """Packets lost on the hop while the queue was full."""
    is_full_when_lossy: bool
    """All but a few losses of the hop and direction fell into such moments, and they were several."""


@attrs.frozen(kw_only=True)
class Step:
    """A hold that begins at some moment and lasts."""

    from_packet: int
    to_packet: int | None
    """First packet after it; None = it lasts to the end."""


def find_queue(view: View, crossing: Crossing) -> Queue | None:
    """Return the queue that the packets waited in, None if it does not look like one."""
    excess = crossing.excess_ns
    # What the load foretells packet by packet is no clock's doing, however wide the clock's bounds are.
    is_held = excess > NOTICE_NS + view.stamp_noise_ns(crossing.hop)
    if int(is_held.sum()) < LEAST_RUN:
        return None
    longest = int(excess[is_held].max())
    runs = [run for run in _runs(excess > BUSY_SHARE * longest) if len(run) >= LEAST_RUN]
    rate = _drain_rate(view, crossing, runs)
    if rate is None or not _is_foretold(view, crossing, rate, np.concatenate(runs)):
        return None
    lost, all_lost = _losses_when_full(view, crossing, longest)
    return Queue(
        held=Held(
            crossing=crossing,
            packets=crossing.packets[is_held],
            excess_ns=excess[is_held],
            is_beyond_bounds=bool(is_beyond_clock(view, crossing)[is_held].all()),
        ),
        rate_bps=rate,
        longest_ns=longest,
        lost=lost,
        is_full_when_lossy=lost >= LEAST_LOSSES and lost >= 0.9 * all_lost,
    )


def find_step(held: Held) -> Step | None:
    """Return when a lasting hold begins and ends; None if held and unheld packets mix."""
    runs = _runs(held.is_held)
    longest = max(runs, key=len)
    if len(longest) < LEAST_RUN or len(longest) < 0.9 * len(held.packets):
        return None
    end = int(longest[-1]) + 1
    packets = held.crossing.packets
    return Step(
        from_packet=int(packets[longest[0]]),
        to_packet=int(packets[end]) if end < len(packets) else None,
    )


def _runs(chosen: Bool) -> list[I64]:
    """Return the runs of chosen packets, as positions among the crossing ones."""
    at = np.flatnonzero(chosen)
    return [run for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(run)]


def _drain_rate(view: View, crossing: Crossing, runs: list[I64]) -> int | None:
    """Return the rate, bit/s, at which the packets of all runs leave the hop, None if there is no single one."""
    down = view.downstream(crossing.hop, crossing.direction)
    everyone, left_all = _by_stamp(view, crossing, down, view.is_seen[:, down])
    # Everything of the direction that leaves meanwhile takes its share of the rate, held or not.
    size = np.concatenate(([0], np.cumsum(view.values("wire_len", everyone, down).astype(np.int64))))
    rates: list[float] = []
    for run in runs:
        left = np.sort(view.values("ts_ns", crossing.packets[run], down))
        edges = np.arange(0, len(left) - WINDOW, WINDOW)
        took = left[edges + WINDOW] - left[edges]
        last, first = (np.searchsorted(left_all, left[at], "right") for at in (edges + WINDOW, edges))
        moved = size[last] - size[first]
        rates.extend((8e9 * moved[took > 0] / took[took > 0]).tolist())
    if len(rates) < LEAST_WINDOWS:
        return None
    low, middle, high = np.percentile(rates, (25, 50, 75))
    return int(middle) if middle >= 1 and high - low <= RATE_SPREAD * middle else None


def _is_foretold(view: View, crossing: Crossing, rate_bps: int, busy: I64) -> bool:
    """Tell whether a queue of this rate, fed by the arrivals, would have held each packet for as long as it was."""
    up, down = view.upstream(crossing.hop, crossing.direction), view.downstream(crossing.hop, crossing.direction)
    packets, came = _by_stamp(view, crossing, up, view.is_seen[:, up] & view.is_seen[:, down])
    serve = view.values("wire_len", packets, up).astype(np.int64) * 8_000_000_000 // rate_bps
    served = np.cumsum(serve)
    # Lindley: a packet leaves when the longest chain of services that ends with it is over.
    wait = served + np.maximum.accumulate(came - (served - serve)) - came
    at = np.full(len(view.run.trajectories), -1, np.int64)
    at[packets] = np.arange(len(packets))
    foretold = wait[at[crossing.packets]]
    return agrees((foretold - foretold.min())[busy], crossing.excess_ns[busy])


def agrees(foretold_ns: I64, measured_ns: I64) -> bool:
    """Tell whether waits that a plain queue would cause are those that were measured, packet by packet.

    A token bucket lets a burst pass at once: all that queue behind it wait less by the time that its bytes take.
    """
    foretold, measured = foretold_ns.astype(np.float64), measured_ns.astype(np.float64)
    if not foretold.std() or not measured.std():
        return False
    foretold -= np.clip(np.median(foretold - measured), 0, MOST_BURST * np.median(foretold))
    error = float(np.median(np.abs(foretold - measured)))
    match = float(np.corrcoef(foretold, measured)[0, 1])
    return match >= LEAST_MATCH and error <= MOST_ERROR * float(np.median(measured))


def _by_stamp(view: View, crossing: Crossing, place: int, chosen: Bool) -> tuple[I64, I64]:
    """Return the chosen packets of the direction by their stamp at a place, and those stamps."""
    packets = np.flatnonzero(chosen & (view.run.trajectories.direction == crossing.direction))
    stamps = view.values("ts_ns", packets, place).astype(np.int64)
    order = stable_order(stamps)
    return packets[order], stamps[order]


def _losses_when_full(view: View, crossing: Crossing, longest_ns: int) -> tuple[int, int]:
    """Return how many losses of the hop and direction fell into moments of a full queue, and how many there were."""
    where = (crossing.hop, crossing.direction)
    lost = [group.packets for group in lost_groups(view, PLAIN) if (group.hop, group.direction) == where]
    if not lost:
        return 0, 0
    packets = np.concatenate(lost)
    at = np.searchsorted(crossing.sent_ns, view.values("ts_ns", packets, view.upstream(*where)))
    before, after = np.maximum(at - 1, 0), np.minimum(at, len(crossing.packets) - 1)
    near = np.maximum(crossing.excess_ns[before], crossing.excess_ns[after])
    return int((near >= PLATEAU * longest_ns).sum()), len(packets)
