"""Client and server of a multipath TCP run with real losses, Linux cooked captures, one clock.

Rule: README of the captures: 2,796 and 2,790 IP packets, 2,760 to 2,774 in common, losses both ways.
"""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.packets import PacketTable
from correlate.model.trajectories import Fate
from tests.real.captures import bounds_of, correlated, frames_of

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def result():
    return correlated("mptcp-two-hosts", client="client_1_tcp_only.pcap.gz", server="server_1_tcp_only.pcap.gz")


def contents(table: PacketTable, rows=slice(None)) -> list[tuple[int, ...]]:
    """What a router leaves alone of each packet, read without the matcher."""
    c = table.columns
    return list(
        zip(
            *(column[rows].tolist() for column in (c.ip_id, c.seq, c.ack, c.payload_len, c.digest, c.tsval)),
            strict=True,
        )
    )


def test_nearly_all_packets_are_common(result):
    frames = frames_of(result)
    assert [len(table) for table in result.packets] == [2796, 2790]
    assert 2760 <= int((frames > 0).all(axis=1).sum()) <= 2774
    both = np.flatnonzero((frames > 0).all(axis=1))
    rows = result.trajectories.rows[both]
    assert contents(result.packets[0], rows[:, 0]) == contents(result.packets[1], rows[:, 1])


def test_losses_are_named_both_ways_and_only_among_packets_really_absent(result):
    table, fates = result.trajectories, result.fates
    lost = fates.packet[fates.fate == Fate.LOST]
    for direction, count in ((1, 17), (-1, 11)):
        mine = lost[table.direction[lost] == direction]
        assert 0 < len(mine) <= count
        here, there = (0, 1) if direction == 1 else (1, 0)
        assert (table.rows[mine, there] < 0).all()
        others = contents(result.packets[there])
        gone = contents(result.packets[here], table.rows[mine, here])
        # Content that crossed in another sending (IP ID differs) is no proof against the loss of this one.
        assert not set(gone) & set(others)


def test_loss_is_found_both_ways_on_the_one_hop(result):
    found = {(finding.hop, finding.direction) for finding in result.findings if finding.code == "loss"}
    assert found == {(("client", "server"), "forward"), (("client", "server"), "reverse")}


def test_one_clock_stays_one_clock(result):
    lo, hi = bounds_of(result, "server")
    assert (lo <= 0).all()
    assert (hi >= 0).all()
