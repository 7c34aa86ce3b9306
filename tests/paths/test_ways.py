"""Which vantages lie on which flow's way."""

import attrs
import numpy as np
import pytest

from correlate.pipeline import correlate
from tests.netsim import DnsLoad, Lanes, TcpLoad, chain, simulate

LOADS = (TcpLoad(flows=16, response_bytes=(100, 6000)), DnsLoad(flows=8))


def path_of(world, folder):
    return correlate({name: str(file) for name, file in simulate(world, 5).write(folder).items()})


def parallel(spread):
    return attrs.evolve(chain(4, loads=LOADS), lanes=Lanes(spread=spread)).with_tap(1, lane=0).with_tap(2, lane=1)


def test_a_straight_path_has_every_vantage_on_every_way(tmp_path):
    """Losses and capture misses are no branches."""
    world = chain(4, loads=LOADS).with_hop(1, both={"loss": 0.03}).with_tap(2, miss=0.05)
    result = path_of(world, tmp_path)
    assert result.path.is_on_way.all()
    assert result.path.side_by_side == ()
    assert result.path.links == ((0, 1), (1, 2), (2, 3))


@pytest.mark.parametrize("spread", ["flow", "direction"])
def test_branches_are_found_with_the_flows_that_take_them(spread, tmp_path):
    """ECMP by flow, and a return route of its own: rule 0 of algorithms section 3."""
    result = path_of(parallel(spread), tmp_path)
    path, match = result.path, result.match
    assert path.side_by_side == ((1, 2),)
    assert path.links == ((0, 1), (0, 2), (1, 3), (2, 3))
    held = match.rows[:, list(path.order)] >= 0
    kind = match.flow * 2 + match.is_outbound
    for place in (1, 2):
        shown = np.bincount(kind[held[:, place]], minlength=2 * len(result.joined)) > 0
        passed = np.bincount(kind[held[:, 0] & held[:, 3]], minlength=2 * len(result.joined)) >= 3
        is_on_way = path.is_on_way[:, :, place].ravel()
        assert is_on_way[shown].all()
        # Flows before the first or after the last packet that this branch shares with others are given the doubt.
        assert np.mean(~is_on_way[passed & ~shown]) > 0.5


def test_packets_balanced_one_by_one_leave_both_branches_on_the_way(tmp_path):
    result = path_of(parallel("packet"), tmp_path)
    assert result.path.side_by_side == ((1, 2),)
    talks = np.flatnonzero(result.joined.proto == 6)
    assert result.path.is_on_way[talks].all()


def test_a_tap_on_one_fibre_is_off_the_way_back(tmp_path):
    """Only forward packets are seen there."""
    result = path_of(chain(3, loads=LOADS).with_tap(1, direction="forward"), tmp_path)
    talks = np.flatnonzero((result.joined.proto == 6) & (result.joined.member >= 0).all(axis=1))
    assert result.path.is_on_way[talks, 1, 1].all()
    assert not result.path.is_on_way[talks, 0, 1].any()


def test_flows_outside_the_time_of_a_capture_are_not_off_its_way(tmp_path):
    """It was not running: nothing is shown."""
    world = chain(3, loads=LOADS).with_tap(1, end_ns=4_000_000_000)
    result = path_of(world, tmp_path)
    assert result.path.is_on_way.all()
