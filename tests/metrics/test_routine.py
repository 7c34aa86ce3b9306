"""``metrics.routine``: what is told at once must be what comparing field by field tells."""

from __future__ import annotations

import numpy as np
import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

from correlate.metrics import find_mutations, worth
from tests.metrics.scenes import MS, Seen, scene

KINDS = ("tcp4", "tcp6", "udp4", "udp6", "echo")
INSIDE, OUTSIDE = ("10.0.0.1", "2001:db8::1"), ("192.0.2.7", "2001:db8:f::7")
SERVER = ("198.51.100.9", "2001:db8:5::9")


def _frame(kind: str, number: int, **at) -> bytes:
    """One packet; ``at`` says what is there: ttl, is_mapped, sport, and at most one thing that no hop should do."""
    family = 1 if kind.endswith("6") else 0
    source = OUTSIDE[family] if at.get("is_mapped") else INSIDE[family]
    ends = (source, SERVER[family])
    ip = IPv6(src=ends[0], dst=ends[1], hlim=at["ttl"], tc=at.get("tos", 0)) if family else IP(
        src=ends[0], dst=ends[1], ttl=at["ttl"], id=number + at.get("ident", 0), tos=at.get("tos", 0)
    )  # fmt: skip
    if kind == "echo":
        upper = ICMP(type=8, id=at["sport"] & 0xFFFF, seq=number)
    elif kind.startswith("tcp"):
        fields = {"seq": number * 100 + at.get("seq", 0), "ack": 7, "window": at.get("window", 500)}
        options = [("Timestamp", (number + at.get("stamp", 0), 1))]
        upper = TCP(sport=at["sport"], dport=443, flags="A", options=options, **fields)
    else:
        upper = UDP(sport=at["sport"], dport=53)
    if "checksum" in at:
        upper.chksum = at["checksum"]
    link = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    link = link / Dot1Q(vlan=at["vlan"]) if "vlan" in at else link
    return bytes(link / ip / upper / Raw(at.get("data", b"x" * (number % 90))))


ODDITIES = (
    {}, {}, {}, {"tos": 4}, {"ident": 9}, {"seq": 5}, {"window": 4}, {"stamp": 3}, {"checksum": 0}, {"checksum": 77},
    {"vlan": 12}, {"data": b"other"}, {"ttl": 200}, {"sport": 999},
)  # fmt: skip


def _world(seed: int, snaplens: tuple[int, ...] = ()):
    """Three vantages, a NAT on the first hop, both directions, some of everything."""
    rng = np.random.default_rng(seed)
    places: list[list[tuple[int, bytes]]] = [[], [], []]
    seen = []
    for number in range(240):
        kind, flow = KINDS[rng.integers(len(KINDS))], int(rng.integers(6))
        odd = [ODDITIES[rng.integers(len(ODDITIES))] if rng.random() < 0.3 else {} for _ in range(3)]
        ports = 40000 + flow, 61000 + flow, 61000 + flow
        if flow == 5:  # a mapping that is made anew now and then
            ports = 40005, 62000 + number // 80, 62000 + number // 80
        rows = []
        for place in range(3):
            at = {"ttl": 64 - place, "sport": ports[place], "is_mapped": place > 0, **odd[place]}
            if rng.random() < 0.05:
                rows.append(None)
                continue
            rows.append(len(places[place]))
            places[place].append((number * MS + place, _frame(kind, number, **at)))
        if rng.random() < 0.02 and rows[0]:
            rows[0] -= 1  # a frame that stands in two packets
        way = (1, 1, 1, -1, -1, 0)[rng.integers(6)]
        seen.append(Seen(rows=tuple(rows), direction=way, is_ambiguous=bool(rng.random() < 0.1)))
    return scene(places, seen, snaplens=snaplens)


def _both_ways(world, monkeypatch):
    tables = []
    for worth_it in (0, 10**9):
        monkeypatch.setattr(worth, "LEAST_ROWS", worth_it)
        tables.append(find_mutations(world.packets, world.joined(), world.path, world.trajectories, world.fetch))
    return tables


@pytest.mark.parametrize("snaplens", [(), (60, 80, 65535), (64, 64, 64)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_routine_packets_get_the_rows_that_a_comparison_gives(monkeypatch, seed: int, snaplens) -> None:
    """Rows, texts and their order: the kernels against ``compare.py``, with frames whole and cut."""
    fast, plain = _both_ways(_world(seed, snaplens), monkeypatch)
    assert fast.texts == plain.texts
    assert len(plain.columns.packet) > 500
    assert plain.routine is None
    for one, other in zip(fast.columns, plain.columns, strict=True):
        assert (one.dtype, one.tolist()) == (other.dtype, other.tolist())


def test_a_plain_nat_leaves_no_odd_packet(monkeypatch) -> None:
    """The kernels do the work where nothing but routing and a NAT happened; the mapping's texts stand once each."""
    monkeypatch.setattr(worth, "LEAST_ROWS", 0)
    frames = [
        [(n, _frame("tcp4", n, ttl=64 - p, sport=40000 + 7 * p, is_mapped=p > 0)) for n in range(9)] for p in (0, 1)
    ]
    world = scene(frames, [Seen(rows=(n, n)) for n in range(9)])
    found = []
    monkeypatch.setattr("correlate.metrics.mutations.compare_fields", lambda pair: found.append(len(pair)) or iter(()))
    table = find_mutations(world.packets, world.joined(), world.path, world.trajectories, world.fetch)
    assert found == []
    assert len(table.odd.packet) == 0
    assert len(table.columns.packet) == 9 * 5
    assert table.columns.expected.all()
    assert set(table.texts) == {INSIDE[0], OUTSIDE[0]}
