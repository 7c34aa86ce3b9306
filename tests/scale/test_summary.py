"""What is kept of a part: the parts' counts add up to the whole's."""

from __future__ import annotations

from correlate.model.clocks import UNBOUNDED
from correlate.model.trajectories import NO_DELAY


def test_every_packet_is_told_of_by_one_part(summaries, whole_run) -> None:
    assert sum(one.packets for one in summaries) == len(whole_run.trajectories.flow)
    assert all(one.packets > 0 for one in summaries)
    for name, ledger in zip(("client", "server"), whole_run.ledgers, strict=True):
        assert sum(one.told[name].matched for one in summaries) == ledger.matched
        assert sum(one.told[name].unmatched for one in summaries) == ledger.unmatched


def test_packets_are_numbered_from_one_among_those_told_of(summaries) -> None:
    for one in summaries:
        named = [example["packet"] for group in one.mutations for example in group["examples"]]
        named += [item[end] for item in one.transactions["items"] for end in ("request", "reply")]
        named += [finding.packet + 1 for finding in one.findings if finding.packet is not None]
        assert named
        assert all(1 <= packet <= one.packets for packet in named)


def test_a_part_owns_its_time_up_to_its_end(summaries) -> None:
    first, second = summaries
    edge = first.own[1]
    assert (first.owns(edge - 1), first.owns(edge)) == (True, False)
    assert (second.owns(edge - 1), second.owns(edge)) == (False, True)


def test_slacks_hold_the_bounds_of_every_packet(summaries, runs) -> None:
    """``lo`` and ``hi`` of any packet lie within the delay and the part's slack."""
    for one, run in zip(summaries, runs, strict=True):
        (low, high), (back_low, back_high) = one.spreads[0].forward_slack, one.spreads[0].reverse_slack
        known = run.fates.owd_ns != NO_DELAY
        below = (run.fates.owd_lo_ns - run.fates.owd_ns)[known]
        above = (run.fates.owd_hi_ns - run.fates.owd_ns)[known]
        assert abs(below).max() < UNBOUNDED // 2
        assert below.min() >= min(low, back_low)
        assert above.max() <= max(high, back_high)
