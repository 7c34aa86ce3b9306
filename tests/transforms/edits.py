"""What happens between the two vantages, or in the second capture: each edit with what may be said of it.

In: the second vantage's packets in the order in which they pass it. Out: the same, edited.
Method: an ``Edit`` says which finding codes it allows and which it demands; nothing else may be claimed.
Not here: delays and clocks of a clean path (``worlds.py``).
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from random import Random

import attrs

from tests.transforms.frames import TCP, Packet

MS, SECOND = 10**6, 10**9
NO_CLOCK = 1 << 62
Packets = list[Packet]


@attrs.frozen(kw_only=True)
class Edit:
    """One edit; both functions may be absent. ``near`` edits the first capture."""

    path: Callable[[Random, Packets], Packets] | None = None
    """Edits what passes the second vantage, in true time."""
    capture: Callable[[Random, Packets], Packets] | None = None
    """Edits the second capture, in its own time."""
    near: Callable[[Random, Packets], Packets] | None = None
    allows: frozenset[str] = frozenset()
    tick_ns: int = 0
    """How coarse the second capture's stamps become."""


def missing(share: float) -> Callable[[Random, Packets], Packets]:
    return lambda chance, packets: [one for one in packets if chance.random() > share]


def window(start: float, stop: float) -> Callable[[Random, Packets], Packets]:
    return lambda chance, packets: packets[int(len(packets) * start) : int(len(packets) * stop)]


def each(edit: Callable[[Packet], None]) -> Callable[[Random, Packets], Packets]:
    def apply(chance: Random, packets: Packets) -> Packets:
        for one in packets:
            edit(one)
        return packets

    return apply


def cut(size: int) -> Callable[[Random, Packets], Packets]:
    def edit(one: Packet) -> None:
        del one.data[size:]

    return each(edit)


def tick(ns: int) -> Callable[[Random, Packets], Packets]:
    def edit(one: Packet) -> None:
        one.ns -= one.ns % ns

    return each(edit)


def shifted(ns: int, start: float = 0.0) -> Callable[[Random, Packets], Packets]:
    def apply(chance: Random, packets: Packets) -> Packets:
        for one in packets[int(len(packets) * start) :]:
            one.ns += ns
        return packets

    return apply


def frozen_clock(chance: Random, packets: Packets) -> Packets:
    return [attrs.evolve(one, ns=packets[0].ns) for one in packets]


def twice(chance: Random, packets: Packets) -> Packets:
    return [copy for one in packets for copy in (one, later(one, 3000))]


def later(one: Packet, ns: int) -> Packet:
    """Return a copy that passes later."""
    return attrs.evolve(one.copy(), ns=one.ns + ns, true_ns=one.true_ns + ns)


def translated(*, ports: bool) -> Callable[[Random, Packets], Packets]:
    def apply(chance: Random, packets: Packets) -> Packets:
        fresh = iter(chance.sample(range(20000, 60000), 30000))
        mapping: dict[object, int] = {}
        for one in packets:
            inside = 0 if one.out else 1
            if one.ports:
                key = (one.proto, one.hosts[inside], one.ports[inside])
                port = mapping.setdefault(key, next(fresh) if ports else one.ports[inside])
                one.set_l4(2 * inside, struct.pack(">H", port))
            one.set_ip(12 + 4 * inside, b"\xc6\x33\x64\x07")
        return packets

    return apply


def marked(one: Packet) -> None:
    if one.out:
        one.set_ip(1, bytes([(one.data[one.at + 1] & 3) | 46 << 2]))


def renumbered_ids(chance: Random, packets: Packets) -> Packets:
    for one in packets:
        if one.out:
            one.set_ip(4, struct.pack(">H", chance.randrange(1, 65536)))
    return packets


def renumbered(chance: Random, packets: Packets) -> Packets:
    """New initial sequence numbers for the side of the first vantage, SACK blocks moved along."""
    shift: dict[object, int] = {}

    def move(one: Packet, offset: int, by: int) -> None:
        number = struct.unpack_from(">I", one.data, one.l4 + offset)[0]
        one.set_l4(offset, struct.pack(">I", (number + by) & 0xFFFFFFFF))

    for one in packets:
        if one.proto != TCP or not one.ports:
            continue
        by = shift.setdefault(one.flow, chance.randrange(1 << 32))
        if one.out:
            move(one, 4, by)
            continue
        if one.tcp_flags & 0x10:
            move(one, 8, by)
        for kind, at, size in one.options():
            for edge in range(at + 2, at + size - 3, 4) if kind == 5 else ():
                move(one, edge, by)
    return packets


def clamped(one: Packet) -> None:
    for kind, at, _ in one.options() if one.tcp_flags & 2 else ():
        if kind == 2 and struct.unpack_from(">H", one.data, one.l4 + at + 2)[0] > 1200:
            one.set_l4(at + 2, struct.pack(">H", 1200))


def changed_byte(*, fix: bool) -> Callable[[Random, Packets], Packets]:
    def apply(chance: Random, packets: Packets) -> Packets:
        whole = [one for one in packets if one.out and one.proto == TCP and len(one.data) >= one.end]
        long = [one for one in whole if one.payload[1] - one.payload[0] > 20]
        if long:
            one = chance.choice(long)
            place = chance.randrange(*one.payload)
            one.set_l4(place - one.l4, bytes([one.data[place] ^ 0x41]), fix=fix)
        return packets

    return apply


def forged_reset(chance: Random, packets: Packets) -> Packets:
    """A reset in the middle of a connection whose sender goes on."""
    segments = [one for one in packets if one.proto == TCP and one.ports and one.out and not one.tcp_flags & 7]
    longest = Counter(one.flow for one in segments).most_common(1)
    if not longest or longest[0][1] < 4:
        return packets
    like = [one for one in segments if one.flow == longest[0][0]][1]
    forged = like.copy()
    forged.origin = -1
    del forged.data[forged.l4 + 20 :]
    forged.set_ip(2, struct.pack(">H", forged.l4 - forged.at + 20))
    forged.set_ip(8, b"\x21")
    forged.set_ip(4, b"\x12\x34")
    forged.data[forged.l4 + 12 : forged.l4 + 14] = b"\x50\x04"
    forged.fill_in()
    forged.ns += 50_000
    return sorted([*packets, forged], key=lambda one: one.ns)


def swapped(chance: Random, packets: Packets) -> Packets:
    """Some neighbours of one direction pass in the other order, none before it was sent."""
    packets = list(packets)
    for i in range(len(packets) - 1):
        one, other = packets[i : i + 2]
        is_possible = other.true_ns < one.ns if one.out else other.ns < one.true_ns
        if one.out == other.out and is_possible and other.ns - one.ns < MS and chance.random() < 0.03:
            packets[i : i + 2] = [attrs.evolve(other, ns=one.ns), attrs.evolve(one, ns=other.ns)]
    return packets


def said(*codes: str) -> frozenset[str]:
    return frozenset(codes)


EDITS: dict[str, Edit] = {
    "clean": Edit(),
    "misses 1 %": Edit(capture=missing(0.01), allows=said("capture-loss")),
    "misses 10 %": Edit(capture=missing(0.1), allows=said("capture-loss")),
    "first misses 5 %": Edit(near=missing(0.05), allows=said("capture-loss")),
    "cut at 96": Edit(capture=cut(96)),
    "cut at 60": Edit(capture=cut(60)),
    "1 ms ticks": Edit(capture=tick(MS), tick_ns=MS),
    "15.625 ms ticks": Edit(capture=tick(15_625_000), tick_ns=15_625_000),
    "1 s ticks": Edit(capture=tick(SECOND), tick_ns=SECOND),
    "clock stands": Edit(capture=frozen_clock, tick_ns=NO_CLOCK),
    "starts late": Edit(capture=window(0.4, 1.0)),
    "ends early": Edit(capture=window(0.0, 0.5)),
    "middle only": Edit(capture=window(0.3, 0.6)),
    "every frame twice": Edit(capture=twice, allows=said("capture-duplicates")),
    "TCP only": Edit(
        capture=lambda chance, packets: [one for one in packets if one.proto == TCP], allows=said("capture-filtered")
    ),
    "one direction only": Edit(capture=lambda chance, packets: [one for one in packets if one.out]),
    "SNAT": Edit(path=translated(ports=False), allows=said("nat")),
    "NAPT": Edit(path=translated(ports=True), allows=said("nat")),
    "an hour ahead": Edit(capture=shifted(3600 * SECOND), allows=said("clock-zone")),
    "five hours behind": Edit(capture=shifted(-5 * 3600 * SECOND), allows=said("clock-zone")),
    "steps 50 ms": Edit(capture=shifted(50 * MS, 0.5), allows=said("clock-step", "clock-skew")),
    "steps back 2 s": Edit(capture=shifted(-2 * SECOND, 0.5), allows=said("clock-step", "clock-skew")),
    "set back unseen": Edit(
        near=window(0.0, 0.45), capture=shifted(-2 * SECOND, 0.5), allows=said("clock-step", "clock-skew")
    ),
    "set back near the end": Edit(
        near=window(0.0, 0.6), capture=shifted(-2 * SECOND, 0.5), allows=said("clock-step", "clock-skew")
    ),
    "DSCP": Edit(path=each(marked), allows=said("dscp-changed")),
    "IP IDs": Edit(path=renumbered_ids, allows=said("ip-id-rewritten")),
    "ISN": Edit(path=renumbered, allows=said("isn-rewritten")),
    "MSS": Edit(path=each(clamped), allows=said("mss-clamped", "mss-ignored")),
    "a byte corrupted": Edit(path=changed_byte(fix=False), allows=said("checksum-corrupt")),
    "a byte rewritten": Edit(path=changed_byte(fix=True), allows=said("payload-altered", "syn-altered")),
    "forged reset": Edit(path=forged_reset, allows=said("rst-injected", "packet-injected")),
    "reordered": Edit(path=swapped, allows=said("reordered")),
}
