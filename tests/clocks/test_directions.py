"""One vantage, two clocks (through the pipeline: ``tests/diagnose/test_clock_directions.py``)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from correlate.clocks import split_directions, suspect_directions, without_round_trips
from correlate.fingerprint import fingerprint
from correlate.flows import group_flows
from correlate.load import load_vantage
from correlate.match import match_vantages
from correlate.model.path import Path as Route
from tests.diagnose.worlds import SMALL
from tests.netsim import SECOND, Clock, chain, simulate


def one_vantage(reverse_clock):
    """Return table, flows, joined flows and a path of a lone vantage."""
    run = simulate(chain(2, loads=SMALL).with_tap(0, reverse_clock=reverse_clock), 5)
    with tempfile.TemporaryDirectory() as folder:
        table = load_vantage("client", [str(run.write(Path(folder))["client"])]).packets
    flows = [group_flows(table)]
    _, joined = match_vantages([table], flows, [fingerprint(table)])
    route = Route(
        order=(0,),
        unplaced=(),
        flow_direction=np.ones(len(joined), np.int8),
        is_inferred=True,
        contradicts_given=False,
        evidence=(),
    )
    return table, flows, joined, route


@pytest.mark.parametrize("skew", [0.0, 30.0])
def test_the_second_clock_is_followed_where_it_drifts(skew):
    """Law: moved stamps lie within the slack of where the first clock would have put them."""
    clock = Clock(offset_ns=37 * SECOND, skew_ppm=skew)
    table, flows, joined, route = one_vantage(clock)
    assert suspect_directions([table], flows) == [0]
    (moved,), (found,) = split_directions([table], flows, joined, route, [1], [0])
    plain, *_ = one_vantage(None)
    assert (np.abs(moved.columns.ts_ns - plain.columns.ts_ns) <= found.slack_ns).all()
    assert np.array_equal(moved.captured_ns, table.columns.ts_ns)
    assert moved.has_two_clocks


def test_exchanges_that_contradict_one_another_prove_nothing():
    """Stale acknowledgements of one direction look like replies before requests; the other direction refutes that."""
    table, flows, joined, route = one_vantage(None)
    columns = table.columns
    stamps = columns.ts_ns.copy()
    way = flows[0].is_outbound ^ joined.is_swapped[0][flows[0].of_packet]
    late = np.flatnonzero(way & (columns.payload_len > 1))
    stamps[late[::2]] += 3 * SECOND
    torn = type(table)(columns=columns._replace(ts_ns=stamps), tuples=table.tuples, quotes=table.quotes)
    assert split_directions([torn], flows, joined, route, [1], [0])[1] == ()


def test_one_clock_is_no_suspect():
    table, flows, joined, route = one_vantage(None)
    assert suspect_directions([table], flows) == []
    assert split_directions([table], flows, joined, route, [1], [0])[1] == (), "even if asked"


def test_suspects_are_marked_and_others_left():
    table, *_ = one_vantage(None)
    first, second = without_round_trips([table, table], [1])
    assert first is table
    assert second.has_two_clocks
    assert np.array_equal(second.columns.ts_ns, table.columns.ts_ns)
