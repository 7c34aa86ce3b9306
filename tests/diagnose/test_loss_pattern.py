"""``diagnose.loss_pattern``: how losses lie among what came to the hop."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.diagnose import loss_pattern
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


def _lies(rng: np.random.Generator, kind: str):
    """Random packets: flow, length, lost positions, mask of what crossed; some with a pattern, most without."""
    count = int(rng.integers(8, 90))
    came = np.cumsum(rng.integers(1, 3, count))
    flow, length = rng.integers(0, 4, came[-1] + 1).astype(np.int32), rng.integers(40, 60, came[-1] + 1)
    is_lost = rng.random(count) < 0.3
    crossed = ~is_lost & (rng.random(count) < 0.9)
    if kind == "large":
        length[came[is_lost]] += 20
    if kind == "end":
        is_lost[:] = np.arange(count) >= count // 2
        crossed = ~is_lost
    return came, flow, length, np.flatnonzero(is_lost), crossed


@pytest.mark.parametrize("kind", ["", "large", "end"])
def test_blocks_tell_what_a_look_at_everything_tells(monkeypatch, kind: str) -> None:
    """Sizes and ends of flows against the plain comparison, with blocks of a few packets."""
    monkeypatch.setattr(loss_pattern, "BLOCK", 7)
    rng, told = np.random.default_rng(4), 0
    for _ in range(60):
        came, flow, length, lost, crossed = _lies(rng, kind)
        if not len(lost):
            continue
        passed = length[came[crossed]].max(initial=-1)
        is_large = len(lost) >= 3 and passed >= 0 and length[came[lost]].min() > passed
        last = {f: p for p, f in enumerate(flow[came].tolist()) if crossed[p]}
        is_end = len(lost) >= loss_pattern.LEAST and all(p > last.get(int(flow[came[p]]), -1) for p in lost.tolist())
        sizes = list(loss_pattern._of_size(lambda at, length=length: length[at], came, lost, crossed))
        assert bool(sizes) == is_large
        assert not sizes or f"passed {passed} bytes, smallest lost {length[came[lost]].min()}" in sizes[0]
        assert bool(list(loss_pattern._at_end(flow, came, lost, crossed))) == is_end
        told += is_large + is_end
    assert told > 10 or not kind
