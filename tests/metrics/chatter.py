"""Random timelines: several flows, both ways, some of everything that pairing and speech look at."""

from __future__ import annotations

import numpy as np

from correlate.metrics.timeline import Timeline
from correlate.model.arrays import freeze


def chatter(seed: int, packets: int = 3000) -> Timeline:
    """Return a timeline of few numbers, so that nearly everything is sent and acknowledged more than once."""
    rng = np.random.default_rng(seed)
    proto = rng.choice(np.array([1, 6, 6, 6, 17, 17], np.uint8), packets)
    seq = rng.choice(np.array([0, 5, 2**32 - 2], np.uint32), packets)
    length = rng.integers(0, 3, packets).astype(np.int32) * 2
    flags = np.where(proto == 6, rng.choice(np.array([2, 16, 18, 24, 17, 4], np.uint16), packets), np.uint16(0))
    spent = length.astype(np.int64) + ((flags & 2) != 0) + ((flags & 1) != 0)
    end = ((seq + spent) & 0xFFFFFFFF).astype(np.uint32)
    return freeze(
        Timeline(
            packet=rng.permutation(packets),
            flow=np.sort(rng.integers(0, packets // 10, packets)),
            is_outbound=rng.random(packets) < 0.5,
            is_forward=rng.random(packets) < 0.5,
            ts_ns=np.cumsum(rng.integers(0, 4_000_000_000, packets)),
            proto=proto,
            is_error=rng.random(packets) < 0.1,
            icmp_type=rng.choice(np.array([8, 0, 3], np.uint8), packets),
            tcp_flags=flags,
            seq=seq,
            end=end,
            ack=rng.choice(np.unique(end), packets),
            payload_len=length,
            is_tls=rng.random(packets) < 0.2,
        )
    )
