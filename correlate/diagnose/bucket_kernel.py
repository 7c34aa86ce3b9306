"""Replays a token bucket over packets whose fate is known.

**In:** arrivals, sizes, losses, rates and one burst. **Out:** how often each bucket foretells a loss, and is right.
**Method:** RFC 2697's bucket: tokens come at the rate up to the burst; a packet takes its size or is dropped. After
each packet the truth corrects the level: a loss shows that tokens were too few, a delivery that they were not. A loss
while tokens abound is no doing of the bucket (chance, or a capture that missed the packet): it takes its size like any
other.
**Not here:** which rate and burst to try (``policing.py``).
"""

from __future__ import annotations

from typing import Any

from correlate.jit import kernel

ABUNDANT = 3_000
"""Bytes beyond its own size that a lost packet would have found, above which the bucket had no part in it: two full
frames are more than what a handful of arrivals unknown here can have taken."""


@kernel
def replay_buckets(came: Any, size: Any, is_lost: Any, rates: Any, burst: float, tokens: Any, counts: Any) -> int:
    """Fill ``counts`` with (losses foretold rightly, losses foretold in all) per rate; return the number of packets.

    Cost O(packets x rates); all rates go along together, so that they fill a processor's vectors. ``came`` and ``size``
    int64, ``is_lost`` bool; ``rates`` float64 (rates,), bytes per ns; ``burst`` in bytes: each bucket is full before
    the first packet. Changed: ``tokens`` float64 (rates,); ``counts`` int64 (2, rates).
    """
    right, told = counts[0], counts[1]
    for k in range(len(rates)):
        tokens[k] = burst
        right[k] = 0
        told[k] = 0
    for i in range(len(came)):
        gap = came[i] - came[i - 1] if i > 0 else 0
        need = float(size[i])
        if not is_lost[i]:
            for k in range(len(rates)):
                level = tokens[k] + rates[k] * gap
                level = level if level < burst else burst
                told[k] += 1 if level < need else 0
                tokens[k] = (level if level > need else need) - need
            continue
        for k in range(len(rates)):
            level = tokens[k] + rates[k] * gap
            level = level if level < burst else burst
            is_short = level < need
            told[k] += 1 if is_short else 0
            right[k] += 1 if is_short else 0
            # All that is known of the level now is that it lies between nothing and the packet's size, unless the
            # bucket had no part in the loss.
            left = level if is_short else 0.5 * need
            tokens[k] = left if level < need + ABUNDANT else level - need
    return len(came)
