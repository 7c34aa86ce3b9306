"""``diagnose.loss_pattern``: how losses lie among what came to the hop."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.diagnose.loss_pattern import longest_run, pattern_of
from correlate.diagnose.lost import PLAIN, lost_groups
from tests.diagnose.boxes import HalfBlock
from tests.diagnose.worlds import BULK, World, outcome
from tests.netsim import DnsLoad, TcpLoad, chain

FEW = (TcpLoad(flows=12, response_bytes=(100, 4000)), DnsLoad(flows=30))


def patterns(world: World, seed: int = 3) -> list[str]:
    view = outcome(world, seed).view()
    return [pattern_of(view, group) for group in lost_groups(view, PLAIN)]


@pytest.mark.parametrize(("text", "longest"), [("", 0), (".", 0), ("x", 1), ("xx.x", 2), (".x.xxx", 3), ("xxxx", 4)])
def test_the_longest_run_of_losses(text: str, longest: int) -> None:
    """RFC 3357: lost in a row."""
    assert longest_run(np.array([letter == "x" for letter in text], np.bool_)) == longest


def test_bursts_are_told_from_losses_that_come_by_chance() -> None:
    """The same share of packets, one by one and ten in a row."""
    plain = chain(3, loads=BULK)
    assert all("(one by one, as by chance)" in text for text in patterns(plain.with_hop(1, reverse={"loss": 0.05})))
    burst = patterns(plain.with_hop(1, reverse={"loss": 0.05, "burst": 10.0}))
    assert burst
    assert all("(bursts)" in text for text in burst)


def test_losses_of_one_port_are_told_and_those_of_all_are_not() -> None:
    """HalfBlock swallows what comes back from one port; losses by chance meet every port."""
    loads = (TcpLoad(flows=30), TcpLoad(flows=12, port=8443))
    view = outcome(chain(3, loads=loads).with_hop(0, boxes=[HalfBlock()])).view()
    told = [pattern_of(view, group) for group in lost_groups(view, "one-way", PLAIN)]
    assert any("only packets from port 8443" in text for text in told)
    assert any("only at the end of flows" in text for text in told)
    assert not any(
        "port" in text or "end of flows" in text
        for text in patterns(chain(3, loads=FEW).with_hop(0, both={"loss": 0.1}))
    )
