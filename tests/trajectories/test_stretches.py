"""How far a packet can come where a proxy stands."""

import attrs
import numpy as np
import pytest

from correlate.model.trajectories import Fate, Reason
from correlate.pipeline import correlate
from correlate.trajectories.stretches import find_stretches
from tests.netsim import TcpLoad, chain, simulate
from tests.netsim.proxies import SynProxy, TcpProxy

LOAD = (TcpLoad(flows=12, content="fresh"),)


@pytest.fixture(scope="module", name="proxied")
def _proxied(tmp_path_factory):
    world = chain(3, loads=LOAD).with_hop(0, boxes=[TcpProxy()])
    return correlate(simulate(world, 2).write(tmp_path_factory.mktemp("proxy")))


def stretches(run):
    return find_stretches(run.packets, run.flows, run.joined, run.path, run.trajectories)


def test_a_packet_stays_on_its_side_of_the_proxy(proxied):
    found = stretches(proxied)
    near = proxied.trajectories.rows[:, 0] >= 0
    assert set(zip(found.first[near], found.last[near], strict=True)) == {(0, 0)}
    assert set(zip(found.first[~near], found.last[~near], strict=True)) == {(1, 2)}
    assert not set(found.conversation[near]) & set(found.conversation[~near])


def test_nothing_that_a_proxy_takes_or_makes_is_lost(proxied):
    """Contract: absorbed and originated on that hop."""
    fates = proxied.fates
    at_proxy = fates.hop == 0
    assert set(fates.fate[at_proxy].tolist()) == {int(Fate.ABSORBED), int(Fate.ORIGINATED)}
    assert set(fates.fate[~at_proxy].tolist()) == {int(Fate.DELIVERED)}
    assert set(fates.reason[at_proxy].tolist()) == {int(Reason.ANSWERED_ON_HOP), int(Reason.BORN_ON_HOP)}


def test_it_is_said_once_and_accuses_nobody(proxied):
    assert [f.code for f in proxied.findings if f.code.endswith("proxy")] == ["tcp-proxy"]
    assert {f.severity for f in proxied.findings} == {"info"}
    assert {group.kind for group in proxied.metrics.translations} == {"proxy"}


def test_of_a_spliced_flow_only_the_handshake_ends(tmp_path):
    world = chain(2, loads=LOAD).with_hop(0, boxes=[SynProxy()])
    run = correlate(simulate(world, 2).write(tmp_path))
    ends = run.fates.fate == Fate.ABSORBED
    assert np.count_nonzero(ends) >= 3 * 12
    assert not (run.fates.fate == Fate.LOST).any()
    assert [f.code for f in run.findings if f.code.endswith("proxy")] == ["syn-proxy"]
    assert not {"option-stripped", "mss-clamped", "syn-altered", "syn-ack-altered"} & {f.code for f in run.findings}


def test_without_a_proxy_everything_has_the_whole_path(proxied):
    nothing = proxied.joined.connection[:0, :0]
    plain = attrs.evolve(proxied.joined, connection=nothing, handshake=nothing)
    found = find_stretches(proxied.packets, proxied.flows, plain, proxied.path, proxied.trajectories)
    assert set(found.first.tolist()) == {0}
    assert set(found.last.tolist()) == {2}
    assert found.conversations == len(plain)
