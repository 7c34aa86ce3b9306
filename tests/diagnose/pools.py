"""Connections of a pool that are used again after a silence, as the sample sets' craft builds them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import attrs

from tests.diagnose.worlds import Outcome, of_captures


def _load() -> Any:
    """Return ``sample_sets/craft.py``, which is no package: its ``make.py`` are run where they lie."""
    spec = importlib.util.spec_from_file_location("craft", Path(__file__).parents[2] / "sample_sets" / "craft.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


craft = _load()

NS = 10**9
BASE = 1_400_000_000 * NS
CLIENT, SERVER = "10.20.1.15", "10.30.7.40"
HOPS = [craft.Hop(ahead_ns=350_000, back_ns=370_000), craft.Hop(ahead_ns=8_200_000, back_ns=8_100_000, routers=3)]


@attrs.frozen(kw_only=True)
class Pool:
    """What becomes of a pool of connections."""

    flows: int = 4
    idle_ns: int = 3900 * NS
    gap_ns: int = 380_000
    """From the first data after the silence to the reset, at the client."""
    controls: int = 70
    """Other conversations of the same hosts, one a minute."""
    is_closed: bool = False
    """The client closed its connections before."""
    answers: bool = True
    """Something answers what comes after the silence by a reset."""

    def outcome(self) -> Outcome:
        """Correlate what client, firewall and server see of it."""
        way = craft.Way({"client": (BASE, 1000), "fw-out": (BASE, 1000), "server": (BASE, 1000)}, HOPS)
        for number in range(self.flows):
            self._use(way, number)
        for number in range(self.controls):
            other = _talk(way, 52_000 + number, 8080, number + 100)
            now = other.ask(other.open(60 * number * NS + 13 * NS) + NS // 1000, b"health? %02d" % number, b"well" * 5)
            other.close(now + NS // 1000)
        names = list(way.clocks)
        captures = {
            name: [(stamp, frame, len(frame)) for _, stamp, frame in sorted(seen, key=lambda one: one[0])]
            for name, seen in zip(names, way.seen, strict=True)
        }
        return of_captures(captures)

    def _use(self, way: Any, number: int) -> None:
        pooled = _talk(way, 41_000 + 7 * number, 1521, number)
        now = pooled.ask(pooled.open(number * NS) + NS // 1000, b"select %d" % number, b"row %d " % number * 20)
        if self.is_closed:
            pooled.close(now + NS // 1000)
        later = now + self.idle_ns + number * 300_000_000
        pooled.send(later, 0, "PA", b"select %d again" % number, until=0)
        if self.answers:
            reset = craft.tcp(
                (SERVER, 1521, CLIENT, 41_000 + 7 * number), "R", (pooled.seq[1], 0), ip_id=0, ttl=64, window=0
            )
            way.carry(later + self.gap_ns, reset, up=False, begin=0, until=0)


def _talk(way: Any, port: int, service: int, number: int) -> Any:
    isn = (70_000_000 * number + 1_234_567_891, 90_000_000 * number + 345_678_905)
    return craft.Talk(way, (CLIENT, port), (SERVER, service), isn=isn, ids=(1000 * number + 3, 700 * number + 20_000))
