"""Laws: counts of parts add up to the whole's; a ledger adds up whatever the parts told."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from correlate.model.packets import FrameFate
from correlate.scale.figures import COUNTS, hops_of, hosts_of, ledger_of
from correlate.scale.spread import SpreadSum
from correlate.scale.summary import Told
from tests.scale.test_cuts import surveyed


def test_hops_of_parts_are_the_hops_of_the_whole(summaries, whole_run) -> None:
    (found,) = hops_of(summaries, [("client", "server")])
    (whole,) = whole_run.metrics.hops
    for side in ("forward", "reverse"):
        mine, theirs = getattr(found, side), getattr(whole, side)
        assert {name: getattr(mine, name) for name in COUNTS} == {name: getattr(theirs, name) for name in COUNTS}
        assert mine.owd_ns.quantiles.count == theirs.owd_ns.quantiles.count
        assert mine.excess_ns.min == 0
        assert mine.owd_ns.lo_ns <= 0 <= mine.owd_ns.hi_ns


def test_a_hop_that_a_part_does_not_have_has_no_figures_from_it(summaries, whole_run) -> None:
    """A vantage saw nothing in that time."""
    blind = attrs.evolve(summaries[0], order=("client",), hops=(), spreads=())
    (found,) = hops_of([blind, summaries[1]], [("client", "server")])
    assert found == hops_of([summaries[1]], [("client", "server")])[0]
    (none,) = hops_of([blind], [("client", "server")])
    assert (none.forward.sent, none.forward.owd_ns, none.rtt_ns) == (0, None, None)


def test_round_trips_are_those_of_both_parts(summaries) -> None:
    (found,) = hops_of(summaries, [("client", "server")])
    total = SpreadSum()
    for one in summaries:
        total.take(one.spreads[0].rtt)
    assert found.rtt_ns == total.quantiles()


def test_hosts_are_at_the_ends_of_the_path(summaries) -> None:
    found = {host.side: host.place for host in hosts_of(summaries, 2)}
    assert found == {"client": 0, "server": 1} or found == {"server": 1}


TOLD = st.builds(
    Told,
    matched=st.integers(0, 300),
    unmatched=st.integers(0, 100),
    copy=st.integers(0, 50),
    fragment_incomplete=st.integers(0, 10),
    duplicates=st.integers(0, 10),
)


@given(st.lists(TOLD, min_size=1, max_size=4), st.integers(5, 40), st.booleans())
def test_a_ledger_adds_up_and_counts_every_frame_that_was_read(told, chunks, is_scoped) -> None:
    """Frames at seams may be told of by no part, or by two."""
    survey = surveyed([(1, 1, True)] * chunks)
    summaries = [_Counted(told={"a": one}) for one in told]
    if sum(one.matched + one.copy + one.fragment_incomplete for one in told) > survey.packets:
        return
    ledger = ledger_of(survey, summaries, "a", is_scoped=is_scoped)
    assert ledger.read == sum(survey.fates)
    assert min(attrs.asdict(ledger).values()) >= 0
    assert is_scoped or ledger.filtered_by_option == 0
    assert ledger.matched == sum(one.matched for one in told)


def test_an_interface_has_the_frames_that_parts_tell_of() -> None:
    told = [Told(matched=3, unmatched=2, copy=1, fragment_incomplete=0, duplicates=1)] * 2
    ledger = ledger_of(None, [_Counted(told={"a": one}) for one in told], "a", is_scoped=False)
    assert (ledger.read, ledger.matched, ledger.copy) == (12, 6, 2)


def test_frames_that_are_no_packets_keep_their_bucket(summaries) -> None:
    survey = surveyed([(1, 1, True)] * 10)
    fates = list(survey.fates)
    fates[FrameFate.NOT_IP], fates[FrameFate.MALFORMED] = 7, 2
    ledger = ledger_of(attrs.evolve(survey, fates=tuple(fates)), [], "a", is_scoped=False)
    assert (ledger.not_ip, ledger.malformed, ledger.unmatched, ledger.read) == (7, 2, 1000, 1009)


@attrs.frozen(kw_only=True)
class _Counted:
    """As much of a summary as a ledger needs."""

    told: dict[str, Told]
