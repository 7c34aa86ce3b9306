"""``metrics.measure``: every figure of a run from its tables."""

import numpy as np

from correlate.model.clocks import UNBOUNDED
from correlate.model.trajectories import Fate, Reason
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk
from tests.metrics.flagship import flagship
from tests.metrics.scenes import MS, Seen, scene, tcp


def test_the_flagship_in_figures() -> None:
    """Case 1: both SYN-ACKs altered on the first hop, none inside the firewall; round trips split exactly."""
    found = flagship().figures()
    assert [hop.reverse.mutated for hop in found.hops] == [2, 0]
    assert [hop.forward.mutated for hop in found.hops] == [0, 0]
    assert [hop.rtt_ns.p50 for hop in found.hops] == [584_400, 749_500]
    assert found.hosts[1].handshake_ns.p50 == 15_686_500
    assert [(group.hop, group.kind) for group in found.translations] == [(1, "napt")]


def test_sent_is_the_sum_of_five_fates() -> None:
    """Contract: originated and duplicated are outside sent."""
    world = scene([[(at, tcp(seq=at)) for at in range(8)]] * 2, [Seen(rows=(at, at)) for at in range(7)] + [
        Seen(rows=(7, 7), duplicate_of=0)])  # fmt: skip
    fates = world.fates()
    kinds = np.array([Fate.DELIVERED, Fate.DELIVERED, Fate.LOST, Fate.NOT_CAPTURED, Fate.ABSORBED, Fate.AMBIGUOUS,
                      Fate.ORIGINATED, Fate.ORIGINATED], np.int8)  # fmt: skip
    found = world.figures(fates._replace(fate=kinds)).hops[0].forward
    assert (found.delivered, found.lost, found.not_captured, found.absorbed, found.ambiguous) == (2, 1, 1, 1, 1)
    assert (found.sent, found.originated, found.duplicated) == (6, 2, 1)
    assert world.figures().hops[0].reverse.sent == 0


def test_delays_are_figures_of_packets_delivered_between_paired_stamps() -> None:
    """``NO_DELAY`` has none; excess is above the least, whatever the offset."""
    world = scene([[(at, tcp(seq=at)) for at in range(4)]] * 2, [Seen(rows=(at, at)) for at in range(4)])
    fates = world.fates()
    owd = np.array([5 * MS, 7 * MS, int(fates.owd_ns[0]), 6 * MS])
    bounded = fates._replace(owd_ns=owd, owd_lo_ns=owd - MS, owd_hi_ns=np.where(owd == 7 * MS, UNBOUNDED, owd + MS))
    forward = world.figures(bounded).hops[0].forward
    assert forward.owd_ns.quantiles.count == 3
    assert (forward.owd_ns.lo_ns, forward.owd_ns.hi_ns) == (-MS, None)
    assert (forward.excess_ns.min, forward.excess_ns.p50, forward.excess_ns.max) == (0, MS, 2 * MS)
    assert world.figures(bounded).hops[0].reverse.owd_ns is None


def test_only_delivered_packets_count_as_mutated() -> None:
    """``DirectionMetrics.mutated``: a packet with no fate on the hop cannot be altered there."""
    world = scene([[(0, tcp(seq=1))], [(MS, tcp(seq=2))]], [Seen(rows=(0, 0))])
    fates = world.fates()
    assert world.figures(fates).hops[0].forward.mutated == 1
    assert world.figures(fates._replace(fate=fates.fate + Fate.AMBIGUOUS)).hops[0].forward.mutated == 0


def test_fates_keep_their_reason_out_of_the_counts() -> None:
    """Only the fate counts; a reason is for findings."""
    world = talk(HANDSHAKE + REQUEST, delays_ms=(5, 0))
    fates = world.fates()
    other = fates._replace(reason=np.full(len(fates.reason), Reason.RATE, np.int8))
    assert world.figures(fates).hops == world.figures(other).hops


def test_shifting_one_clock_changes_no_figure_that_needs_none() -> None:
    """Law: round trips, think time, reordering and counts depend on no offset."""
    near, far = talk(HANDSHAKE + REQUEST, delays_ms=(5, 0)), talk(HANDSHAKE + REQUEST, delays_ms=(5, 0))
    columns = far.packets[0].columns
    far.packets[0] = type(far.packets[0])(
        columns=columns._replace(ts_ns=columns.ts_ns + 12345 * MS),
        tuples=far.packets[0].tuples,
        quotes=far.packets[0].quotes,
    )
    first, second = near.figures(), far.figures()
    assert (first.hops, first.hosts) == (second.hops, second.hosts)
