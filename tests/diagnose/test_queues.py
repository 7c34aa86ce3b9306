"""``diagnose.queues``: a queue is what its drain rate foretells, packet by packet."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.diagnose.held import Crossing, Held, find_crossing
from correlate.diagnose.queues import agrees, find_queue, find_step
from tests.diagnose.worlds import BULK, MS, World, outcome
from tests.netsim import SECOND, TcpLoad, chain

LOADS = (TcpLoad(flows=12, response_bytes=(50_000, 200_000)),)


@pytest.mark.parametrize(("rate", "queue"), [(5_000_000, 60 * MS), (3_000_000, 3 * SECOND), (8_000_000, SECOND)])
def test_the_rate_is_found_to_a_few_per_cent(rate: int, queue: int) -> None:
    """By exits alone, whatever arrives; the simulator counts four bytes more per frame."""
    view = outcome(chain(3, loads=LOADS).with_hop(1, reverse={"rate_bps": rate, "queue_ns": queue})).view()
    found = find_queue(view, find_crossing(view, 1, -1))
    assert found is not None
    assert abs(found.rate_bps / rate - 1) < 0.03
    assert found.is_full_when_lossy == (queue == 60 * MS)


NO_QUEUE: dict[str, World] = {
    "jitter": chain(3, loads=BULK).with_hop(1, both={"jitter_ns": 15 * MS}),
    "a step": chain(3, loads=BULK).with_hop(1, both={"extra": ((3 * SECOND, 60 * SECOND, 80 * MS),)}),
    "several steps": chain(3, loads=BULK).with_hop(
        1, reverse={"extra": tuple((k * SECOND, k * SECOND + SECOND // 2, (20 + 15 * k) * MS) for k in range(1, 9))}
    ),
    "clean": chain(3, loads=LOADS),
}


@pytest.mark.parametrize("name", NO_QUEUE)
def test_what_the_load_does_not_explain_is_no_queue(name: str) -> None:
    """Noise, routes and timers do not follow the arrivals."""
    view = outcome(NO_QUEUE[name]).view()
    for direction in (1, -1):
        assert find_queue(view, find_crossing(view, 1, direction)) is None


def test_a_bucket_shortens_all_waits_alike_and_noise_does_not() -> None:
    """A kernel's token bucket of 5 kB at 4 Mbit/s lets pass 10 ms at once; what waits 10 ms more or less at random is none."""
    waits = np.abs(np.cumsum(np.random.default_rng(1).normal(0, 2 * MS, 500))).astype(np.int64) + 15 * MS
    assert agrees(waits, waits)
    assert agrees(waits, np.maximum(waits - 10 * MS, 0))
    assert not agrees(waits, np.random.default_rng(2).permutation(waits))
    assert not agrees(waits, np.maximum(waits - int(0.8 * np.median(waits)), 0))
    assert not agrees(np.full(500, MS), waits)


def _held(pattern: str) -> Held:
    packets = np.arange(len(pattern), dtype=np.int64)
    is_held = np.array([letter == "x" for letter in pattern])
    zeros = np.zeros(len(pattern), np.int64)
    crossing = Crossing(hop=0, direction=1, packets=packets, excess_ns=zeros, sent_ns=packets, rows=packets)
    return Held(crossing=crossing, packets=packets[is_held], excess_ns=zeros[is_held], is_beyond_bounds=True)


def test_a_step_is_one_long_run() -> None:
    """From its first packet to the first after it."""
    assert find_step(_held("." * 5 + "x" * 25 + "..")).to_packet == 30
    assert find_step(_held("." * 5 + "x" * 25)).to_packet is None
    assert find_step(_held("x." * 30)) is None
    assert find_step(_held("." * 5 + "x" * 10)) is None
