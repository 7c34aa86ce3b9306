"""Fates against the truth: simulated networks, and captures whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from correlate.model.trajectories import NO_DELAY, Fate, Reason
from tests.netsim import DnsLoad, PingLoad, TcpLoad, World, chain
from tests.trajectories.staging import REAL, score, stage

LOADS = (TcpLoad(flows=60), DnsLoad(flows=30), PingLoad(flows=2))

real = pytest.mark.skipif(not REAL.exists(), reason="public captures are not beside the checkout")


def _missing(world: World) -> World:
    for place in range(len(world.taps)):
        world = world.with_tap(place, miss=0.02)
    return world


@pytest.mark.parametrize("taps", [2, 4])
def test_no_capture_miss_is_ever_called_lost(taps: int, tmp_path: Path) -> None:
    """Two per cent of the frames missing from every capture and nothing lost (a false accusation is the worst defect)."""
    assert score(_missing(chain(taps, loads=LOADS)), tmp_path).false == 0


@pytest.mark.parametrize("taps", [2, 4])
def test_with_losses_and_misses_together_nothing_delivered_is_called_lost(taps: int, tmp_path: Path) -> None:
    """Acknowledgements separate the two; what they do not separate stays ambiguous."""
    world = _missing(chain(taps, loads=LOADS)).with_hop(taps // 2 - 1, both={"loss": 0.01})
    assert score(world, tmp_path).false == 0


def test_one_per_cent_loss_between_good_captures_is_found(tmp_path: Path) -> None:
    """High recall of real losses, no false one."""
    found = score(chain(4, loads=LOADS).with_hop(1, both={"loss": 0.01}), tmp_path)
    assert found.false == 0
    assert found.losses > 10
    assert found.found >= 0.9 * found.losses


@real
@pytest.mark.real
def test_kurose_nothing_is_lost_and_the_first_home_frame_precedes_the_isp_capture() -> None:
    """Truth of the README: 131 of 132 home packets are at the ISP, the other was before its capture."""
    folder = REAL / "kurose-nat"
    staged = stage([folder / "NAT_home_side.pcap", folder / "NAT_ISP_side.pcap"])
    assert staged.path.order == (0, 1)
    assert staged.count(Fate.DELIVERED) == 131
    assert staged.count(Fate.LOST) == staged.count(Fate.ABSORBED) == 0
    absent = (staged.table.rows[staged.fates.packet, 1] < 0) & (staged.table.rows[staged.fates.packet, 0] >= 0)
    assert staged.fates.reason[absent].tolist() == [Reason.WINDOW]
    known = staged.fates.owd_ns != NO_DELAY
    assert (staged.fates.owd_hi_ns[known] >= 0).all()


@real
@pytest.mark.real
@pytest.mark.parametrize("names", [("0-0", "1-0", "1-1", "2-0"), ("2-0", "1-0", "0-0", "1-1")])
def test_ns3_the_four_points_find_their_order(names: tuple[str, ...]) -> None:
    """Client, router inside, router outside, server, however they are given; 34 of 34 delivered on every hop."""
    staged = stage([REAL / "ns3-pat" / f"ipv4-nat-{name}.pcap" for name in names])
    assert [names[vantage] for vantage in staged.path.order] == ["0-0", "1-0", "1-1", "2-0"]
    assert len(staged.fates.fate) == 3 * 34
    assert (staged.fates.fate == Fate.DELIVERED).all()


@real
@pytest.mark.real
def test_mptcp_absences_are_losses_or_open() -> None:
    """17 and 11 real losses inside (README): each named lost or ambiguous, nothing else is absent."""
    folder = REAL / "mptcp-two-hosts"
    staged = stage([folder / "client_1_tcp_only.pcap.gz", folder / "server_1_tcp_only.pcap.gz"])
    absent = staged.fates.fate != Fate.DELIVERED
    directions = staged.table.direction[staged.fates.packet[absent]]
    assert np.isin(staged.fates.fate[absent], (Fate.LOST, Fate.AMBIGUOUS)).all()
    assert sorted([int((directions == 1).sum()), int((directions == -1).sum())]) == [11, 17]
