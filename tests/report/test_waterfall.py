"""Parts of transactions: they add up, and what is said of hops holds."""

import attrs
import pytest

from correlate.model.clocks import ClockStep
from correlate.model.transactions import TransactionKind
from correlate.report.waterfall import slowest, totals, waterfalls
from tests.diagnose.worlds import outcome
from tests.netsim import MILLISECOND, TcpLoad, chain
from tests.report.runs import NAMES, run

MS = MILLISECOND


def falls_of(correlation):
    return waterfalls(correlation, slowest(correlation, 1000))


@pytest.mark.parametrize("name", NAMES)
def test_parts_add_up_to_what_the_requester_waited(name):
    for fall in falls_of(run(name)):
        assert sum(part.spent_ns for part in fall.parts) == fall.total_ns
        assert fall.parts[0].places == (fall.near,)


def test_the_slowest_come_first():
    correlation = run("clean-nat")
    longest = totals(correlation)[slowest(correlation, 5)]
    assert longest.tolist() == sorted(totals(correlation).tolist(), reverse=True)[:5]


def test_case_6_the_held_segment_shows_between_core_and_wan_without_any_clock():
    """Cases, 6: 406.25 ms on the last segment of every answer."""
    correlation = run("held-last-segment")
    reads = [one for one in falls_of(correlation) if one.kind is TransactionKind.EXCHANGE][:10]
    for fall in reads:
        worst = max(fall.parts, key=lambda part: part.spent_ns)
        assert (worst.what, worst.places) == ("answer-hop", ("wan", "core"))
        assert abs(worst.spent_ns - 406_250_000) < MS


def test_case_9_the_answer_waited_beyond_the_server_vantage():
    fall = falls_of(run("slow-answer"))[0]
    worst = max(fall.parts, key=lambda part: part.spent_ns)
    assert (worst.what, worst.places) == ("beyond", ("server",))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_truth_of_every_hop_lies_within_its_bounds(seed):
    """Clocks that run 200 ppm apart, asymmetric delays, loss: both ways together and each alone."""
    world = chain(3, loads=(TcpLoad(flows=25, exchanges=(2, 4)),))
    world = world.with_hop(0, forward={"delay_ns": 4 * MS, "loss": 0.02}, reverse={"delay_ns": 9 * MS, "loss": 0.02})
    world = world.with_hop(1, both={"jitter_ns": 2 * MS}).with_tap(1, clock={"skew_ppm": 200.0})
    done = outcome(world, seed)
    table, truth = done.result.metrics.transactions, done.sim.truth

    def true_ns(packet, place):
        row = int(done.result.trajectories.rows[packet, place])
        frame = int(done.result.packets[place].columns.frame[row])
        return int(truth.time_ns[truth.transmission_of[place][frame - 1], place])

    names = [vantage.name for vantage in done.result.vantages]
    checked = 0
    for fall in falls_of(done.result):
        request, reply = int(table.request[fall.index]), int(table.reply[fall.index])
        for part in fall.parts:
            if part.what != "hop" or part.lo_ns is None:
                continue
            first, second = (names.index(place) for place in part.places)
            there = true_ns(request, second) - true_ns(request, first)
            back = true_ns(reply, first) - true_ns(reply, second)
            assert part.lo_ns <= there + back <= part.hi_ns
            if part.there_ns is not None:
                assert part.there_ns[0] <= there <= part.there_ns[1]
                assert part.back_ns[0] <= back <= part.back_ns[1]
            checked += 1
    assert checked > 100


def test_a_clock_that_stepped_within_a_transaction_leaves_the_hop_unknown():
    correlation = run("slow-answer")
    request = int(correlation.metrics.transactions.request[1])
    place = correlation.packets[correlation.path.order[0]]
    at_ns = int(place.columns.ts_ns[correlation.trajectories.rows[request, 0]]) + MS
    hop = attrs.evolve(correlation.clocks.hops[0], steps=(ClockStep(at_ns=at_ns, delta_ns=MS, grade="likely"),))
    moved = attrs.evolve(correlation, clocks=attrs.evolve(correlation.clocks, hops=(hop,)))
    parts = [part for fall in waterfalls(moved, [0, 1]) for part in fall.parts if part.what == "hop"]
    assert [part.hi_ns is None for part in parts] == [False, True]
