"""Nodes in a row, links between neighbours, addresses and routes.

**In:** ``Line``. **Out:** built in ``Namespaces``; running wires.
**Method:** each node has an interface ``left`` and one ``right`` (the ends have one). Link *i* is 10.i.0.0/24 and
fd00:i::/64, its left end .1, its right end .2. Neighbours are static, so that no loss hits ARP.
**Not here:** rules of boxes (``scenarios``), traffic (``programs.py``).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from tests.lab.impairments import Impairment
from tests.lab.netns import Namespaces, python

NO_OFFLOAD = ("tx", "rx", "sg", "tso", "gso", "gro")
QUIET = {
    "net.ipv4.ip_forward": 1,
    "net.ipv4.tcp_no_metrics_save": 1,
    "net.ipv4.icmp_ratelimit": 0,
    "net.ipv4.conf.all.send_redirects": 0,
    "net.ipv4.conf.default.send_redirects": 0,
    "net.ipv4.conf.all.rp_filter": 0,
    "net.ipv4.conf.default.rp_filter": 0,
}
"""Settings of every namespace."""
IPV6 = {
    "net.ipv6.conf.all.forwarding": 1,
    "net.ipv6.conf.all.accept_dad": 0,
    "net.ipv6.conf.default.accept_dad": 0,
}
NO_IPV6 = {"net.ipv6.conf.all.disable_ipv6": 1, "net.ipv6.conf.default.disable_ipv6": 1}
"""Else kernels greet their neighbours while a line is being built."""


@attrs.frozen(kw_only=True)
class Link:
    """Between a node and its right neighbour."""

    forward: Impairment | None = None
    """Left to right; with this or ``reverse`` the link is a wire of user space, else a pair of virtual devices."""
    reverse: Impairment | None = None
    mtu: int = 1500

    @property
    def is_wire(self) -> bool:
        """Whether frames pass the user-space wire."""
        return self.forward is not None or self.reverse is not None


@attrs.frozen(kw_only=True)
class Line:
    """A row of nodes; ``links[i]`` lies right of node *i*."""

    nodes: tuple[str, ...]
    links: Mapping[int, Link] = attrs.field(factory=dict)
    offload: bool = False
    settings: Mapping[str, object] = attrs.field(factory=dict)
    """sysctl keys of every namespace, over ``QUIET``."""
    ipv6: bool = False
    """Both versions of IP; else version 4 only."""
    more_clients: int = 0
    """Further addresses of the first node: 10.0.0.11 and up."""

    def link(self, number: int) -> Link:
        """Return what lies right of node ``number``."""
        return self.links.get(number, Link())

    def interfaces(self) -> list[tuple[str, str]]:
        """Return (node, side), from the first node's right to the last node's left."""
        pairs = zip(self.nodes, self.nodes[1:], strict=False)
        return [end for one, other in pairs for end in ((one, "right"), (other, "left"))]

    def address(self, node: str, side: str, version: int = 4) -> str:
        """Return the address of an interface."""
        at = self.nodes.index(node)
        link, host = (at, 1) if side == "right" else (at - 1, 2)
        return f"10.{link}.0.{host}" if version == 4 else f"fd00:{link}::{host}"

    def mac(self, node: str, side: str) -> str:
        """Return the hardware address of an interface."""
        return f"02:00:00:00:{self.nodes.index(node):02x}:{1 if side == 'right' else 2:02x}"


def build(line: Line, spaces: Namespaces, folder: Path, seed: int) -> dict[int, subprocess.Popen[str]]:
    """Make devices, addresses and routes; return the wires by link."""
    for node in line.nodes:
        values = [
            f"{key}={value}" for key, value in {**QUIET, **(IPV6 if line.ipv6 else NO_IPV6), **line.settings}.items()
        ]
        spaces.run(node, ["sysctl", "-qw", *values])
    wires = {}
    for number in range(len(line.nodes) - 1):
        if line.link(number).is_wire:
            wires[number] = _wire(line, spaces, number, folder, seed)
        else:
            _pair(line, spaces, number)
    for node, side in line.interfaces():
        _interface(line, spaces, node, side)
    for at, node in enumerate(line.nodes):
        _batch(spaces, node, _routes(line, at))
    return wires


def wire_log(folder: Path, number: int) -> Path:
    """Return where the wire of a link writes its log."""
    return folder / f"wire{number}.json"


def _wire(line: Line, spaces: Namespaces, number: int, folder: Path, seed: int) -> subprocess.Popen[str]:
    link = line.link(number)
    spec = {
        "ends": [[spaces[line.nodes[number]], "right"], [spaces[line.nodes[number + 1]], "left"]],
        "ways": [(way or Impairment()).asdict() for way in (link.forward, link.reverse)],
        "seed": 1000 * seed + 10 * number,
        "log": str(wire_log(folder, number)),
    }
    process = spaces.start_outside(python("tests.lab.wire", json.dumps(spec)))
    assert process.stdout is not None, "wires are started with a pipe"
    if process.stdout.readline() != "ready\n":
        raise RuntimeError(f"wire {number} did not start: {spaces.stop(process)}")
    return process


def _pair(line: Line, spaces: Namespaces, number: int) -> None:
    one, other = line.nodes[number], line.nodes[number + 1]
    ends = ["type", "veth", "peer", "name", "left", "netns", spaces[other]]
    spaces.run(one, ["ip", "link", "add", "right", *ends])


def _interface(line: Line, spaces: Namespaces, node: str, side: str) -> None:
    at = line.nodes.index(node)
    number = at if side == "right" else at - 1
    peer = (line.nodes[at + 1], "left") if side == "right" else (line.nodes[at - 1], "right")
    lines = [
        f"link set {side} address {line.mac(node, side)} mtu {line.link(number).mtu}",
        f"address add {line.address(node, side)}/24 dev {side}",
        f"link set {side} up",
        f"neighbour replace {line.address(*peer)} lladdr {line.mac(*peer)} dev {side} nud permanent",
    ]
    if line.ipv6:
        lines += [
            f"address add {line.address(node, side, 6)}/64 dev {side} nodad",
            f"neighbour replace {line.address(*peer, 6)} lladdr {line.mac(*peer)} dev {side} nud permanent",
        ]
    if at == 0:
        lines += [f"address add 10.0.0.{11 + more}/24 dev {side}" for more in range(line.more_clients)]
    else:
        mac = line.mac(*peer)
        if at == 1 and side == "left":
            lines += [
                f"neighbour replace 10.0.0.{11 + more} lladdr {mac} dev {side} nud permanent"
                for more in range(line.more_clients)
            ]
    _batch(spaces, node, lines)
    if not line.offload:
        options = [word for name in NO_OFFLOAD for word in (name, "off")]
        # Some devices have some of these fixed: what counts is what frames look like, and that the truth sees.
        subprocess.run(
            ["ip", "netns", "exec", spaces[node], "ethtool", "-K", side, *options], capture_output=True, check=False
        )


def _routes(line: Line, at: int) -> list[str]:
    routes = []
    for number in range(len(line.nodes) - 1):
        if number not in {at - 1, at}:
            gateway, side = ((at - 1, 1), "left") if number < at else ((at, 2), "right")
            link, host = gateway
            routes.append(f"route add 10.{number}.0.0/24 via 10.{link}.0.{host} dev {side}")
            if line.ipv6:
                routes.append(f"route add fd00:{number}::/64 via fd00:{link}::{host} dev {side}")
    return routes


def _batch(spaces: Namespaces, node: str, lines: Sequence[str]) -> None:
    """Run lines of the ``ip`` tool in one process."""
    spaces.run(node, ["ip", "-batch", "-"], given="\n".join(lines))
