"""``diagnose.black_hole``: a path MTU black hole needs two sizes, don't-fragment and no ICMP; else it is loss."""

from __future__ import annotations

import attrs
import numpy as np

from correlate.diagnose.black_hole import find_black_holes
from correlate.model.packets import ICMP, PacketFlag
from tests.diagnose.boxes import BigDrop
from tests.diagnose.sets import outcome_of_set
from tests.diagnose.worlds import outcome
from tests.netsim import DnsLoad, PingLoad, TcpLoad, chain

LOADS = (
    TcpLoad(flows=8, response_bytes=(5000, 60_000)),
    TcpLoad(flows=8, mss=1440, response_bytes=(5000, 60_000)),
    PingLoad(flows=2, count=200),
    DnsLoad(flows=20),
)
HOLE = chain(3, loads=LOADS).with_hop(1, boxes=[BigDrop()])


def test_the_largest_that_passed_and_the_smallest_that_died_are_told() -> None:
    """Both sizes, the hop, the direction."""
    one = outcome(HOLE).only("pmtu-blackhole")
    assert (one.hop, one.direction, one.unit, one.quantity) == (("firewall", "server"), "reverse", "bytes", 1480)
    assert "No capture holds an ICMP error" in one.explanation
    assert "loss" not in outcome(HOLE).codes


def test_an_icmp_error_or_a_cleared_flag_makes_it_plain_loss() -> None:
    """Then the sender was told, or any router could have fragmented."""
    view = outcome(HOLE).view()
    told, cut = [], []
    for table in view.run.packets:
        columns = table.columns
        is_ping = columns.proto == ICMP
        told.append(
            attrs.evolve(
                table,
                columns=columns._replace(
                    icmp_type=np.where(is_ping, 3, columns.icmp_type).astype(np.uint8),
                    icmp_code=np.where(is_ping, 4, columns.icmp_code).astype(np.uint8),
                ),
            )
        )
        flags = columns.flags & np.uint32(~int(PacketFlag.DF) & 0xFFFFFFFF)
        cut.append(attrs.evolve(table, columns=columns._replace(flags=flags)))
    for packets in (told, cut):
        run = attrs.evolve(view.run, packets=tuple(packets))
        assert {one.code for one in find_black_holes(attrs.evolve(view, run=run))} == {"loss"}


def test_one_size_alone_is_loss_with_its_pattern() -> None:
    """Case 5: only blocks of 1488 bytes were tried; the limit may lie anywhere between."""
    one = outcome_of_set("large-blocks-lost").only("loss")
    assert "largest that passed 84 bytes, smallest lost 1488" in one.explanation


def test_congestion_takes_all_sizes() -> None:
    """Losses of a full queue or a lossy link are no black hole."""
    lossy = chain(3, loads=LOADS).with_hop(1, both={"loss": 0.05})
    queue = chain(3, loads=LOADS).with_hop(1, reverse={"rate_bps": 5_000_000, "queue_ns": 40_000_000})
    for world in (lossy, queue):
        assert "pmtu-blackhole" not in outcome(world).codes
