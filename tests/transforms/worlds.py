"""The second vantage of a capture: a clean path with delays, hops and a clock of its own, and edits on it.

In: packets of one capture, names of edits. Out: both captures and which finding codes they allow.
Method: delays stay below what the hosts' own answers leave room for, first in first out per direction, so that the
copy could have been captured.
Not here: what is claimed of them (``judge.py``).
"""

from __future__ import annotations

from random import Random

import attrs

from tests.transforms.edits import EDITS, MS, SECOND, Packets

OFFSET_NS = 3 * SECOND + 211
DRIFT = 20e-6
LONG_AFTER_EPOCH_NS = 10**15
"""So that clocks set back stay after 1970."""


@attrs.frozen(kw_only=True)
class World:
    """Two captures and what may be said of them."""

    near: Packets
    far: Packets
    allows: frozenset[str]
    tick_ns: int = 0


def build(packets: Packets, names: tuple[str, ...], seed: str) -> World:
    """Return the world of these edits, in order."""
    chance = Random(seed)
    edits = [EDITS[name] for name in names]
    near = [one.copy() for one in packets]
    far = carried(chance, packets)
    for edit in edits:
        far = edit.path(chance, far) if edit.path else far
    start = far[0].ns
    moved = OFFSET_NS + (LONG_AFTER_EPOCH_NS if start < LONG_AFTER_EPOCH_NS // 10 else 0)
    far = [attrs.evolve(one, ns=one.ns + moved + int((one.ns - start) * DRIFT), true_ns=one.ns) for one in far]
    for edit in edits:
        far = edit.capture(chance, far) if edit.capture else far
        near = edit.near(chance, near) if edit.near else near
    allows = frozenset().union(*(edit.allows for edit in edits))
    return World(near=near, far=far, allows=allows, tick_ns=max(edit.tick_ns for edit in edits))


def carried(chance: Random, packets: Packets) -> Packets:
    """Return the packets as they pass a vantage one router further, in true time."""
    both_ways = min(3.5 * MS, 0.6 * room(packets))
    jitter = max(1.0, both_ways * 0.003)
    far, latest, earliest = [], 0, 1 << 62
    for one in packets:
        if one.out:
            latest = max(one.ns + int(both_ways * 0.55) + waited(chance, jitter), latest + 1)
            far.append(attrs.evolve(one.copy(), ns=latest))
    for one in reversed(packets):
        if not one.out:
            earliest = min(one.ns - int(both_ways * 0.4) - waited(chance, jitter), earliest - 1)
            far.append(attrs.evolve(one.copy(), ns=earliest))
    for one in far:
        if one.out:
            one.fill_in()
        ttl = one.data[one.at + 8] + (-1 if one.out else 1)
        if 1 <= ttl <= 255:
            one.set_ip(8, bytes([ttl]))
    return sorted(far, key=lambda one: one.ns)


def waited(chance: Random, mean_ns: float) -> int:
    return int(min(chance.expovariate(1 / mean_ns), 8 * mean_ns))


def room(packets: Packets) -> float:
    """Return the least time from a packet to the next answer in its flow, ns: both directions must fit into it."""
    last: dict[object, int] = {}
    least = float(SECOND)
    for one in packets:
        if one.out:
            last[one.flow] = one.ns
        elif one.flow in last:
            least = min(least, one.ns - last[one.flow])
    return max(0.0, least)
