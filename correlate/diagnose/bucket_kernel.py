"""Replays a token bucket over packets whose fate is known.

**In:** arrivals, sizes, losses, one rate and one burst. **Out:** how often the bucket foretells a loss, and is right.
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
def replay_bucket(came: Any, size: Any, is_lost: Any, rate: float, burst: float, counts: Any) -> int:
    """Fill ``counts`` with (losses foretold rightly, losses foretold in all); return the number of packets.

    Cost O(n). ``rate`` in bytes per ns, ``burst`` in bytes; the bucket is full before the first packet.
    """
    counts[0] = 0
    counts[1] = 0
    tokens = burst
    for i in range(len(came)):
        if i > 0:
            tokens = min(burst, tokens + rate * (came[i] - came[i - 1]))
        is_short = tokens < size[i]
        if is_short:
            counts[1] += 1
            if is_lost[i]:
                counts[0] += 1
        if is_lost[i] and tokens < size[i] + ABUNDANT:
            # All that is known of the level now is that it lies between nothing and the packet's size.
            tokens = tokens if is_short else 0.5 * size[i]
        else:
            tokens = max(tokens, float(size[i])) - size[i]
    return len(came)
