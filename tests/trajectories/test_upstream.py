"""Packets first seen downstream."""

from __future__ import annotations

import attrs

from tests.trajectories.build import RST, Seen, build
from tests.trajectories.judging import verdicts
from tests.trajectories.test_rules import only, transfer


def test_a_segment_missing_upstream_was_missed_by_that_capture() -> None:
    """The flow is there before and after it: a capture miss, not an injection."""
    seen = [*transfer(12), Seen(at=(None, 55.5), seq=5000, length=100)]
    assert only(build(seen, 2), len(seen) - 1) == (0, "not_captured", "likely", "unseen-upstream")


def test_an_error_of_a_router_on_the_way_was_missed_by_no_capture() -> None:
    """Found in the lab: "fragmentation needed" of a tunnel's entry made the capture behind it look as if it missed packets."""
    error = Seen(at=(None, 55.5), proto=1, flow=0)
    seen = [*transfer(12), error]
    assert only(build(seen, 2), len(seen) - 1)[1:] == ("not_captured", "likely", "unseen-upstream")
    quoting = build(seen, 2, quotes=((len(seen) - 1, 3),))
    assert only(quoting, len(seen) - 1) == (0, "not_captured", "inconclusive", "bypass")


def test_a_reset_whose_sender_goes_on_was_born_on_the_hop() -> None:
    """A host that resets does not go on sending (rule 0; data after RST, algorithms section 5)."""
    seen = [*transfer(12), Seen(at=(None, 55.5), seq=1500, tcp_flags=RST)]
    assert only(build(seen, 2), len(seen) - 1) == (0, "originated", "likely", "born-on-hop")


def test_a_reset_that_ends_its_flow_stays_open_unless_the_capture_upstream_is_complete() -> None:
    """TTL or ID alone is no evidence, and captures miss packets."""
    seen = [*transfer(12), Seen(at=(300, 301), flow=1), Seen(at=(None, 200.5), seq=2200, tcp_flags=RST)]
    assert only(build(seen, 2), len(seen) - 1) == (0, "ambiguous", "inconclusive", "unseen-upstream")
    assert only(build(seen, 2, dropped=0), len(seen) - 1) == (0, "originated", "likely", "born-on-hop")


def test_a_reset_next_to_an_unmatched_packet_is_not_an_injection() -> None:
    """The unmatched packet upstream may be the same one."""
    seen = [*transfer(12), Seen(at=(None, 55.5), seq=1500, tcp_flags=RST), Seen(at=(55, None), seq=1500, tcp_flags=RST)]
    assert only(build(seen, 2), len(seen) - 2)[1] == "ambiguous"


def test_many_resets_absent_from_two_captures_upstream_were_not_all_missed() -> None:
    """Expected misses against those absent, 999:1."""
    seen = [attrs.evolve(p, at=(*p.at, p.at[1] + (0.4 if p.out else -0.4))) for p in transfer(200)]
    alone = [*seen, Seen(at=(None, None, 2020.5), seq=30000, tcp_flags=RST)]
    assert only(build(alone, 3, window_ms={0: (0, 9e3), 1: (0, 9e3)}), len(seen)).fate == "originated"
    one = [*transfer(200), Seen(at=(None, 2020.5), seq=30000, tcp_flags=RST)]
    assert only(build(one, 2, window_ms={0: (0, 9e3)}), len(seen)).fate == "ambiguous"


def test_one_reset_absent_from_one_capture_is_no_matter_of_odds() -> None:
    """However many packets that capture is known to hold: one that it missed is nothing out of the ordinary."""
    many = transfer(3000)
    late = many[-1].at[0] + 5
    one = Seen(at=(None, late), seq=400_000, tcp_flags=RST)
    other = Seen(at=(None, late + 1), seq=400_000, tcp_flags=RST, flow=1)
    shown = [Seen(at=(late - 3, late - 2), flow=1), Seen(at=(late + 9, late + 10), flow=2)]
    assert only(build([*many, *shown, one], 2), len(many) + 2).fate == "ambiguous"
    both = verdicts(build([*many, *shown, one, other], 2))
    assert [both[len(many) + at][0].fate for at in (2, 3)] == ["originated", "originated"]


def test_a_network_duplicate_names_its_hop() -> None:
    """Originated on the hop that made it (contract)."""
    seen = [*transfer(12), Seen(at=(None, 11.2), seq=1000, length=100, duplicate_of=2)]
    assert only(build(seen, 2), len(seen) - 1) == (0, "originated", "likely", "network-duplicate")


def test_before_the_upstream_capture_began_nothing_was_born() -> None:
    """Outside the window upstream."""
    seen = [*transfer(12), Seen(at=(None, 12.0), seq=7, length=100)]
    world = build(seen, 2, window_ms={0: (40, 500)})
    assert only(world, len(seen) - 1) == (0, "not_captured", "likely", "window")


def test_a_flow_unknown_upstream_may_have_come_another_way() -> None:
    """Local noise beyond the first vantage is no injection."""
    seen = [*transfer(12), Seen(at=(None, 55), flow=1)]
    assert only(build(seen, 2), len(seen) - 1) == (0, "not_captured", "inconclusive", "bypass")


def test_only_the_hop_before_the_first_sighting_is_judged() -> None:
    """First seen at the third vantage: one row for the second hop."""
    seen = [attrs.evolve(p, at=(*p.at, p.at[1])) for p in transfer(12)]
    seen.append(Seen(at=(None, None, 55.5), seq=5000, length=100))
    assert [v.hop for v in verdicts(build(seen, 3))[len(seen) - 1]] == [1]
