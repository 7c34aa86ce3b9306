"""Counts behind the rates."""

from __future__ import annotations

import attrs

from correlate.trajectories.evidence import collect, read_stream
from correlate.trajectories.forged import find_forged
from correlate.trajectories.groups import find_runs
from correlate.trajectories.tally import count_passes, tally_up
from correlate.trajectories.travel import view_travel
from tests.trajectories.build import MS, RST, Seen, build
from tests.trajectories.test_fates import flagship
from tests.trajectories.test_rules import transfer
from tests.trajectories.test_scene import _scene


def _count(seen: list[Seen], count: int, direction: int = 1):
    scene = _scene(build(seen, count))
    travels = {d: view_travel(scene, d) for d in (1, -1)}
    streams = {place: read_stream(scene, scene.places[place]) for place in range(count)}
    evidence = collect(scene, travels[direction], travels[-direction], streams)
    forged = find_forged(scene, travels[direction], travels[-direction]) >= 0
    passes = count_passes(scene, travels[direction], travels[-direction], evidence, forged=forged, transit_ns=MS)
    runs = find_runs(travels[direction], travels[-direction], evidence)
    return passes, tally_up(scene, travels[direction], evidence, runs, passes, MS)


def test_an_acknowledged_absence_is_a_miss_and_a_resent_one_a_loss() -> None:
    """Per place misses, per step losses."""
    passes, tally = _count(transfer(12, missed=4), 2)
    assert passes.missed.tolist() == [0, 1]
    assert tally.passes.tolist() == [12, 13]
    passes, tally = _count(transfer(12, lost=4), 2)
    assert (passes.missed.tolist(), tally.resent.tolist(), tally.sent.tolist()) == ([0, 0], [1, 0], [14, 13])


def test_what_is_seen_downstream_passed_upstream() -> None:
    """A packet first seen beyond was missed before, but a reset may have been born there."""
    seen = [*transfer(12), Seen(at=(None, 55.5), seq=5000, length=9), Seen(at=(None, 66.5), seq=6, tcp_flags=RST)]
    assert _count(seen, 2)[0][0].tolist() == [1, 0]


def test_a_copy_made_by_a_hop_was_missed_by_nobody_before_it() -> None:
    """Found in the lab: copies made the captures before them look incomplete, and every loss ambiguous."""
    seen = [*transfer(12), Seen(at=(None, 11.2), seq=1000, length=100, duplicate_of=2)]
    assert _count(seen, 2)[0][0].tolist() == [0, 0]


def test_a_refused_flow_says_nothing_about_chance() -> None:
    """The flagship's run is not a loss rate."""
    tally = _count(flagship(), 4)[1]
    assert tally.resent.tolist() == [0, 0, 0, 0]
    assert tally.ended.tolist() == [0, 0, 0, 0]


def test_places_become_steps() -> None:
    """In reverse the last place is the first step."""
    passes, tally = _count([*transfer(12), Seen(at=(33, None), out=False, seq=9, length=1)], 2, -1)
    assert tally.passed.tolist() == passes.passed[::-1].tolist()
    assert passes.missed.tolist() == [0, 1]


def test_where_no_acknowledgement_is_shown_held_packets_do_not_vouch_for_the_capture() -> None:
    """A tap on one fibre before the hop: what the far capture misses is never known, so what it holds counts nothing."""
    one_way = [attrs.evolve(one, at=(one.at[0] if one.out else None, one.at[1])) for one in transfer(12, missed=4)]
    passes, tally = _count(one_way, 2)
    assert (int(passes.missed[1]), int(tally.passes[1])) == (0, 0)
