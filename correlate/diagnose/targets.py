"""Who packets were meant for: addresses and ports as one vantage sees them.

In: packets and a place. Out: ``Target`` rows, the most tried first; whether a vantage is that host itself, and
whether it may hold them without our knowing.
Method: distinct destinations over interned tuples; a host's own packets still have an initial TTL (64, 128 or 255).
Not here: whether they arrived (``loss.py``) or were answered (``silence.py``).
"""

from __future__ import annotations

import ipaddress

import attrs
import numpy as np

from correlate.diagnose.view import View
from correlate.model.arrays import I64, U8, Bool
from correlate.model.packets import ICMP, ICMPV6, TCP, UDP

MAX_TARGETS = 20
"""A scan of a thousand filtered ports is one story; more targets than this are only counted."""

INITIAL_TTLS = (64, 128, 255)
"""What hosts begin with; a router would have taken one off."""


@attrs.frozen(kw_only=True)
class Target:
    """Who could not be reached: an address as interned, a port (-1 = none), an IP protocol."""

    address: U8
    version: int
    port: int
    proto: int
    packets: I64

    @property
    def text(self) -> str:
        """``TCP port 8443 of 10.0.0.1``."""
        protocol = {TCP: "TCP", UDP: "UDP", ICMP: "ICMP", ICMPV6: "ICMPv6"}.get(self.proto, f"IP protocol {self.proto}")
        port = "" if self.port < 0 else f" port {self.port}"
        return f"{protocol}{port} of {address_text(self.address, self.version)}"


def find_targets(view: View, packets: I64, place: int) -> tuple[list[Target], int]:
    """Return the most tried destinations of these packets, the most tried first, and how many there are in all."""
    packets = packets[view.is_seen[packets, place]]
    if len(packets) == 0:
        return [], 0
    tuples = view.run.packets[view.run.path.order[place]].tuples
    used, of_packet = np.unique(view.values("tuple_id", packets, place), return_inverse=True)
    numbers = np.stack([tuples.version[used], tuples.dport[used], tuples.proto[used]], axis=1).astype(np.int64)
    keys = np.concatenate([tuples.dst[used].astype(np.int64), numbers], axis=1)
    first, of_tuple = np.unique(keys, axis=0, return_index=True, return_inverse=True)[1:]
    of_target = of_tuple.reshape(-1)[of_packet.reshape(-1)]
    order = np.argsort(-np.bincount(of_target, minlength=len(first)), kind="stable")[:MAX_TARGETS]
    found = [
        Target(
            address=tuples.dst[used[first[i]]],
            version=int(numbers[first[i], 0]),
            port=int(numbers[first[i], 1]),
            proto=int(numbers[first[i], 2]),
            packets=packets[of_target == i],
        )
        for i in order.tolist()
    ]
    return found, len(first)


def address_text(raw: U8, version: int) -> str:
    """Return an interned address as text."""
    data = bytes(raw)
    return str(ipaddress.IPv4Address(data[12:])) if version == 4 else str(ipaddress.IPv6Address(data))


def is_own_host(view: View, target: Target, place: int) -> bool:
    """Tell whether the vantage is that host: what the host sends there has an initial TTL (64, 128 or 255)."""
    vantage = view.run.path.order[place]
    if view.run.vantages[vantage].kind == "end-host":
        return True
    ttl = view.run.packets[vantage].columns.ttl[sent_by(view, target, place)]
    return len(ttl) > 0 and bool(np.isin(ttl, INITIAL_TTLS).all())


def sent_by(view: View, target: Target, place: int) -> Bool:
    """Return which rows of the place's capture the target's address sent."""
    table = view.run.packets[view.run.path.order[place]]
    of_tuple = (table.tuples.src == target.address).all(axis=1) & (table.tuples.version == target.version)
    return np.asarray(of_tuple[table.columns.tuple_id] if len(of_tuple) else np.zeros(0, np.bool_), np.bool_)


def may_have_arrived(view: View, target: Target, places: tuple[int, int]) -> bool:
    """Tell whether the far capture holds packets without a partner that may be these: one port or the other is theirs.

    Translation changes addresses and the initiator's port; cut frames or renumbered ones may have no partner.
    """
    up, down = places
    alone = np.flatnonzero(view.is_seen[:, down] & (view.is_seen.sum(axis=1) == 1))
    if len(alone) == 0:
        return False
    near = view.run.packets[view.run.path.order[up]].tuples
    far = view.run.packets[view.run.path.order[down]].tuples
    mine = np.unique(view.values("tuple_id", target.packets, up))
    theirs = np.unique(view.values("tuple_id", alone, down))
    shares = (far.dport[theirs] == target.port) | np.isin(far.sport[theirs], near.sport[mine])
    return bool((shares & (far.proto[theirs] == target.proto)).any())
