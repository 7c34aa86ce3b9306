"""Which packets may speak about clocks."""

from __future__ import annotations

import attrs
import numpy as np

from correlate.clocks.anchors import ENOUGH, AnchorSource
from correlate.model.arrays import frozen
from correlate.model.frames import NO_TIME
from correlate.model.matches import Tier
from tests.clocks.tables import match_table, packet_table, path_of


def chosen(count=6, rows=None, outbound=None, stamps=None, packets=None, **columns) -> list[int]:
    tables = packets or [
        packet_table(np.arange(count) if stamps is None else stamps),
        packet_table(np.arange(count) + 7),
    ]
    rows = np.repeat(np.arange(count)[:, None], 2, axis=1) if rows is None else rows
    match = match_table(rows, np.ones(count) if outbound is None else outbound, **columns)
    return AnchorSource(tables, match, path_of(0, 1)).between(0, 1).packet.tolist()


def test_stamps_and_direction_are_those_of_the_path():
    tables = [packet_table([5, 6]), packet_table([50, 60])]
    match = match_table(np.array([[0, 1], [1, 0]]), [True, False])
    anchors = AnchorSource(tables, match, path_of(1, 0)).between(1, 0)
    assert anchors.up_ns.tolist() == [60, 50]
    assert anchors.down_ns.tolist() == [5, 6]
    assert anchors.direction.tolist() == [1, -1]


def test_doubtful_packets_stay_out():
    """Brief: not ambiguous, no network duplicate, seen at both, stamped, direction known."""
    rows = np.repeat(np.arange(6)[:, None], 2, axis=1)
    rows[2, 1] = -1
    stamps = np.arange(6)
    stamps[3] = NO_TIME
    ambiguous = [True, False, False, False, False, False]
    assert chosen(rows=rows, stamps=stamps, is_ambiguous=ambiguous, network_duplicate_of=[-1, 0, -1, -1, -1, -1]) == [
        4,
        5,
    ]


def test_a_frame_that_carries_several_packets_stays_out():
    """Algorithms 1: an offload frame's stamp fits one of its constituents at most."""
    rows = np.repeat(np.arange(6)[:, None], 2, axis=1)
    rows[:3, 0] = 0
    assert chosen(rows=rows) == [3, 4, 5]


def test_weaker_matches_serve_only_where_exact_ones_are_few():
    tier = np.full(40, Tier.EXACT)
    tier[:10] = Tier.CONTENT
    outbound = np.ones(40, bool)
    assert chosen(40, tier=tier) == list(range(10, 40))
    outbound[5:20] = False
    kept = chosen(40, tier=tier, outbound=outbound)
    assert [k for k in kept if outbound[k]] == list(range(20, 40))
    assert [k for k in kept if not outbound[k]] == list(range(5, 20)), "fewer than ENOUGH exact ones"
    assert ENOUGH > 10


def test_order_and_range_matches_never_serve():
    assert chosen(tier=[Tier.ORDER, Tier.RANGE, Tier.ALONE, 0, 1, 2]) == [3, 4, 5]


def test_a_handshake_that_a_proxy_may_have_made_stays_out():
    """Algorithms 2, trap: a SYN proxy's SYN-ACK gave a false bound in 72 of 72 flows. An unchanged IP ID shows forwarding."""
    tables = []
    for first_id in (1, 2):
        table = packet_table(np.arange(4))
        ids = np.array([first_id, 0, 9, 10])
        columns = table.columns._replace(
            tcp_flags=frozen([0x12, 0x12, 0x12, 0x10], np.uint16), ip_id=frozen(ids, np.uint32)
        )
        tables.append(attrs.evolve(table, columns=columns))
    assert chosen(4, packets=tables, tier=np.full(4, Tier.TRANSFORMED)) == [2, 3]
    assert chosen(4, packets=tables) == [0, 1, 2, 3]
