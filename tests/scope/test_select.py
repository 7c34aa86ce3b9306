"""``scope.select``: packets are chosen as a whole, and times mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.errors import UsageError
from correlate.scope import Everything, Scope, select_packets
from correlate.scope.display import DisplayFilter
from correlate.scope.select import read_time
from tests.diagnose.sets import outcome_of_set

BEGIN = 1_339_100_000 * 10**9


def everything(name: str) -> Everything:
    run = outcome_of_set(name).result
    return Everything(
        packets=run.packets, flows=run.flows, joined=run.joined, path=run.path, trajectories=run.trajectories
    )


def test_nothing_asked_keeps_all() -> None:
    """The default."""
    tables = everything("clean-nat")
    assert Scope().is_everything
    assert select_packets(Scope(), tables).all()


def test_a_packet_is_found_by_the_address_of_either_side_of_a_nat() -> None:
    """The inside address finds what only the outside holds; all sightings of a packet stay together."""
    tables = everything("clean-nat")
    inside = tables.packets[tables.path.order[0]].tuples
    first = ".".join(map(str, inside.src[0][12:].tolist()))
    kept = select_packets(Scope(display=DisplayFilter.from_text(f"ip.addr == {first}")), tables)
    flows = np.unique(tables.trajectories.flow[kept])
    assert 0 < len(flows) <= len(tables.joined)
    assert np.array_equal(kept, np.isin(tables.trajectories.flow, flows)), "whole flows, on both sides of the NAT"


def test_a_flow_is_named_by_number_or_by_any_vantages_tuple() -> None:
    """Either direction."""
    tables = everything("ping-markers")
    one = select_packets(Scope(flow="tcp,10.13.0.6:50027,10.13.5.5:80"), tables)
    other = select_packets(Scope(flow="TCP,10.13.5.5:80,10.13.0.6:50027"), tables)
    assert np.array_equal(one, other)
    number = int(tables.trajectories.flow[one][0])
    assert np.array_equal(one, select_packets(Scope(flow=str(number)), tables))


@pytest.mark.parametrize(
    "scope",
    [
        Scope(flow="999"),
        Scope(flow="tcp,1.2.3.4:5,6.7.8.9:1"),
        Scope(flow="tcp,1.2.3.4,6.7.8.9"),
        Scope(flow="nonsense"),
        Scope(since="yesterday"),
        Scope(since="+9", until="+3"),
        Scope(pings=(7, 33)),
        Scope(pings=(44, 22)),
    ],
)
def test_what_is_not_there_is_said(scope: Scope) -> None:
    """One line each."""
    with pytest.raises(UsageError):
        select_packets(scope, everything("ping-markers"))


def test_times_cut_by_first_sighting() -> None:
    """From 20 to 40 s after the first packet: flows 20 to 39, and nothing else."""
    tables = everything("ping-markers")
    kept = select_packets(Scope(since="+20.2", until="+39.9"), tables)
    first = np.where(tables.trajectories.rows >= 0, tables.trajectories.time_ns, 2**62).min(axis=1)
    seconds = (first - first.min()) / 1e9
    assert np.array_equal(kept, (seconds >= 20.2) & (seconds <= 39.9))


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("+0.25", BEGIN + 250_000_000),
        ("1339100001", BEGIN + 10**9),
        ("1339100001.000000001", BEGIN + 10**9 + 1),
        ("2012-06-07T20:13:21", BEGIN + 10**9),
        ("2012-06-07 20:13:21.5Z", BEGIN + 1_500_000_000),
        ("2012-06-07T22:13:21+02:00", BEGIN + 10**9),
        ("20:13:21", BEGIN + 10**9),
    ],
)
def test_times_are_read_to_the_nanosecond(text: str, ns: int) -> None:
    """UTC unless it says otherwise; a time of day is that of the first packet's day."""
    assert read_time("--from", text, BEGIN) == ns
