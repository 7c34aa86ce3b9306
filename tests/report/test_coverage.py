"""What of the traffic the captures cover."""

import attrs
import numpy as np

from correlate.model.arrays import frozen, take
from correlate.model.frames import Problem
from correlate.model.trajectories import Fate, Reason
from correlate.report.coverage import coverage_lines, empty_text, flow_lines, overlap_text, problem_lines
from correlate.report.ink import Ink
from tests.report.builder import flagship

INK = Ink(width=100, is_unicode=False, has_color=False)


def with_outside(run):
    """Packets 2 and 3 fall outside the time of the capture at fw-ext."""
    fates = run.fates
    at = fates.reason == Reason.REJECTED
    fate = frozen(np.where(at, Fate.NOT_CAPTURED, fates.fate), np.int8)
    reason = frozen(np.where(at, Reason.WINDOW, fates.reason), np.int8)
    return attrs.evolve(run, fates=fates._replace(fate=fate, reason=reason))


def test_the_connection_is_told_as_the_first_vantage_saw_it():
    run = flagship()
    assert flow_lines(run, run.findings[0], INK) == [" Flow    10.110.233.50:50183 > 172.16.1.1:443 tcp, 1 of 2 flows"]
    both = attrs.evolve(run.findings[0], flows=(1, 0))
    assert flow_lines(run, both, INK)[0].endswith("10.110.233.50:50183 > 172.16.1.1:443 tcp and others, 2 of 2 flows")
    assert flow_lines(run, attrs.evolve(both, flows=()), INK) == []


def test_a_partial_overlap_is_told_where_packets_fall_outside_it():
    assert overlap_text(flagship()) == ""
    assert overlap_text(with_outside(flagship())) == "3.01 of 3.02 s; 2 packets outside it say nothing about loss"


def test_nothing_is_said_of_an_overlap_on_clocks_without_bounds():
    run = with_outside(flagship())
    clock = run.clocks.vantages[1]
    curve = clock.curve._replace(lo=np.full(len(clock.curve.lo), -np.inf))
    vantages = (run.clocks.vantages[0], attrs.evolve(clock, curve=curve), *run.clocks.vantages[2:])
    run = attrs.evolve(run, clocks=attrs.evolve(run.clocks, vantages=vantages))
    assert overlap_text(run) == "unknown, clocks have no bounds; 2 packets outside it say nothing about loss"


def test_a_given_order_against_the_evidence_is_told():
    run = flagship()
    for is_inferred, contradicts, count in ((False, True, 1), (True, True, 0), (False, False, 0)):
        path = attrs.evolve(run.path, is_inferred=is_inferred, contradicts_given=contradicts)
        assert len(coverage_lines(attrs.evolve(run, path=path), INK)) == count


def test_problems_name_the_file_and_the_rest_is_counted():
    problems = tuple(Problem(kind="cut", detail=f"odd\x1b{number}", count=2) for number in range(6))
    lines = problem_lines(flagship(problems={0: problems}), INK)
    assert "client.pcap: odd\\x1b0 (2 times)" in lines[0]
    assert lines[-1].strip() == "and 4 more"


def test_an_empty_capture_is_called_empty():
    run = flagship()
    table = run.packets[3]
    table = attrs.evolve(table, columns=take(table.columns, np.zeros(len(table), np.bool_)))
    run = attrs.evolve(run, packets=(*run.packets[:3], table))
    empty = attrs.evolve(run.vantages[3], frames=0)
    assert empty_text(empty) == "holds no packets"
    assert empty_text(attrs.evolve(empty, frames=7)) == "holds no IP packets (7 frames of other kinds)"
    assert "server holds no" in problem_lines(run, INK)[0]
