"""Rows whose impairment is a kernel box: NAT of every kind, filters, marks, clamps, proxies.

**In:** nothing. **Out:** ``BOXES``.
"""

from __future__ import annotations

import attrs

from tests.lab.capture import Clock
from tests.lab.impairments import Impairment
from tests.lab.scenario import Scenario
from tests.lab.scenarios.wires import BULK, MIXED, RENO
from tests.lab.topology import Line, Link

NODES = ("client", "fw", "r", "server")
AROUND = ("client.right", "fw.left", "fw.right", "server.left")
BOX = ("fw.left>fw.right",)
NEAR, FAR = Impairment(delay_ms=1), Impairment(delay_ms=6)
LINKS = {1: Link(forward=NEAR, reverse=NEAR), 2: Link(forward=FAR, reverse=FAR)}
LINE = Line(nodes=NODES, links=LINKS, more_clients=3)
CLOCKS = {
    "fw.left": Clock(offset_ns=41_000_000),
    "fw.right": Clock(offset_ns=41_000_000),
    "server.left": Clock(offset_ns=-2_000_000_000, skew_ppm=25),
}
HOSTS = (
    *MIXED,
    ("http", {"count": 8, "source": "10.0.0.11"}),
    ("keys", {"count": 30, "source": "10.0.0.12"}),
    ("dns", {"count": 20, "source": "10.0.0.13"}),
)
"""Four hosts behind the box."""

NAT_OUT = "iptables -t nat -A POSTROUTING -o right"

_NAT = Scenario(
    name="NAT, masquerade with random ports",
    line=LINE,
    vantages=AROUND,
    jobs=HOSTS,
    rules={"fw": f"{NAT_OUT} -j MASQUERADE --random-fully"},
    clocks=CLOCKS,
    expect={"nat": BOX},
    fast=True,
)
_OPEN = attrs.evolve(_NAT, rules={}, expect={}, fast=False)

NAT = (
    _NAT,
    attrs.evolve(_NAT, name="NAT, ports kept", rules={"fw": f"{NAT_OUT} -j MASQUERADE"}, fast=False),
    attrs.evolve(
        _NAT,
        name="NAT, few ports of one address, loss beyond",
        line=attrs.evolve(LINE, links={**LINKS, 2: Link(forward=Impairment(delay_ms=6, loss=0.02), reverse=FAR)}),
        rules={
            "fw": f"{NAT_OUT} -p tcp -j SNAT --to-source 10.1.0.1:20000-20100\n"
            f"{NAT_OUT} -p udp -j SNAT --to-source 10.1.0.1:20000-20200\n{NAT_OUT} -j MASQUERADE"
        },
        jobs=(*HOSTS, *BULK),
        expect={"nat": BOX, "loss": ("fw.right>server.left",)},
        fast=False,
    ),
    attrs.evolve(
        _NAT,
        name="NAT of servers: another address and port",
        rules={"fw": "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.2.0.2:80"},
        jobs=(("http", {"count": 20, "port": 8080, "to": "10.0.0.2"}), ("keys", {"count": 30}), ("dns", {"count": 20})),
        fast=False,
    ),
    attrs.evolve(
        _NAT,
        name="NAT, one to one",
        rules={
            "fw": f"{NAT_OUT} -j NETMAP --to 10.77.0.0/24",
            "r": "ip route add 10.77.0.0/24 via 10.1.0.1",
            "server": "ip route add 10.77.0.0/24 via 10.2.0.1",
        },
        fast=False,
    ),
    Scenario(
        name="NAT, hairpin",
        line=Line(nodes=("client", "r1", "fw", "server"), links={1: Link(forward=FAR, reverse=FAR)}),
        vantages=("client.right", "r1.left", "r1.right", "fw.left"),
        host="r1",
        # The service stands on the way to the box: requests go past it, and the box sends them back to it.
        jobs=(("http", {"count": 25, "to": "10.1.0.2", "port": 8080}), ("keys", {"count": 30}), ("dns", {"count": 30})),
        rules={
            "fw": "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.1.0.1:80\n"
            "iptables -t nat -A POSTROUTING -o left -j MASQUERADE"
        },
        kinds={"fw": "hairpin"},
        droppers=frozenset({"fw"}),
        unsure=frozenset({"isn-rewritten"}),
    ),
)

FTP_NAT = "sysctl -qw net.netfilter.nf_conntrack_helper=1 || true\niptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp"
SYNPROXY = """
sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
iptables -t raw -A PREROUTING -i left -p tcp --syn -j CT --notrack
iptables -A FORWARD -i left -p tcp -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460
iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
"""
POLICER = "nft add table ip t\nnft 'add chain ip t f { type filter hook forward priority 0; }'\n"
HAPROXY = """
cat > {folder}/haproxy.cfg <<'X'
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s
listen web
  bind 10.0.0.2:80
  server one 10.2.0.2:80
listen keys
  bind 10.0.0.2:22
  server one 10.2.0.2:22
X
exec haproxy -db -f {folder}/haproxy.cfg
"""
ECN = {"net.ipv4.tcp_ecn": 1}

MIDDLE = (
    attrs.evolve(
        _OPEN,
        name="MSS clamp",
        rules={"fw": POLICER + "nft 'add rule ip t f tcp flags syn tcp option maxseg size set 1200'"},
        jobs=(*HOSTS, *BULK),
        expect={"mss-clamped": BOX},
        unsure=frozenset({"syn-altered", "syn-ack-altered"}),
        fast=True,
    ),
    attrs.evolve(
        _OPEN,
        name="options stripped",
        rules={
            "fw": "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN SYN "
            "-j TCPOPTSTRIP --strip-options timestamp,sack-permitted"
        },
        jobs=(*HOSTS, *BULK),
        expect={"option-stripped": BOX},
        unsure=frozenset({"syn-altered", "syn-ack-altered"}),
    ),
    attrs.evolve(
        _OPEN,
        name="DSCP set, ECN bleached",
        line=attrs.evolve(LINE, settings=ECN),
        rules={"fw": POLICER + "nft 'add rule ip t f ip dscp set af31'\nnft 'add rule ip t f ip ecn set not-ect'"},
        jobs=(*HOSTS, *BULK),
        expect={"dscp-changed": BOX, "ecn-bleached": BOX},
    ),
    attrs.evolve(
        _OPEN,
        name="SYN proxy",
        rules={"fw": SYNPROXY},
        kinds={"fw": "synproxy"},
        droppers=frozenset({"fw"}),
        jobs=(("http", {"count": 25, "size": 30_000}), ("keys", {"count": 30}), ("dns", {"count": 30})),
        expect={"syn-proxy": BOX},
        unsure=frozenset({"isn-rewritten", "timestamps-rewritten", "window-scale-altered", "tcp-proxy"}),
    ),
    attrs.evolve(
        _OPEN,
        name="FTP through NAT and its helper",
        rules={
            "fw": f"{FTP_NAT}\n{NAT_OUT} -j SNAT --to-source 10.188.188.188",
            "r": "ip route add 10.188.0.0/16 via 10.1.0.1",
            "server": "ip route add 10.188.0.0/16 via 10.2.0.1",
        },
        kinds={"fw": "gateway"},
        jobs=(("ftp", {"count": 4}), ("keys", {"count": 30}), ("dns", {"count": 20})),
        expect={"nat": BOX, "alg-rewrite": BOX},
        unsure=frozenset({"payload-altered", "isn-rewritten", "sack-not-rewritten"}),
        packages=("pyftpdlib",),
    ),
    attrs.evolve(
        _OPEN,
        name="a proxy: haproxy",
        services={"fw": HAPROXY},
        kinds={"fw": "proxy"},
        jobs=(
            ("http", {"count": 20, "size": 30_000, "to": "10.0.0.2"}),
            ("keys", {"count": 30, "to": "10.0.0.2"}),
            ("dns", {"count": 30}),
        ),
        expect={"tcp-proxy": BOX},
        needs=("haproxy",),
    ),
)

DROPS = frozenset({"fw"})
REFUSED = (*HOSTS, ("knock", {"port": 8080}), ("dns", {"count": 70, "gap_ms": 100}))
"""Other traffic lasts longer than the attempts, as it does anywhere."""

FILTERS = (
    attrs.evolve(
        _OPEN,
        name="a port dropped in silence",
        rules={"fw": POLICER + "nft add rule ip t f tcp dport 8080 drop"},
        droppers=DROPS,
        jobs=REFUSED,
        expect={"port-blocked": BOX},
        unsure=frozenset({"loss"}),
    ),
    attrs.evolve(
        _OPEN,
        name="a port refused by the firewall's RST",
        rules={"fw": POLICER + "nft add rule ip t f tcp dport 8080 reject with tcp reset"},
        droppers=DROPS,
        jobs=REFUSED,
        expect={"rst-injected": BOX},
        unsure=frozenset({"loss", "port-blocked", "packet-injected"}),
    ),
    attrs.evolve(
        _OPEN,
        name="3 % dropped by the firewall",
        rules={"fw": "iptables -A FORWARD -m statistic --mode random --probability 0.03 -j DROP"},
        droppers=DROPS,
        jobs=(*HOSTS, *BULK),
        expect={"loss": BOX},
    ),
    attrs.evolve(
        _OPEN,
        name="a policer",
        rules={
            "fw": POLICER + "nft add rule ip t f udp dport 5004 limit rate over 100 kbytes/second burst 8 kbytes drop"
        },
        droppers=DROPS,
        jobs=(("stream", {"count": 1500, "gap_ms": 3, "size": 900, "burst": 4}), ("keys", {"count": 60, "gap_ms": 30})),
        expect={"policing": BOX},
        unsure=frozenset({"loss"}),
    ),
    attrs.evolve(
        _OPEN,
        name="connection tracking forgets a silent connection",
        rules={
            "fw": "sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0\n"
            "iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP\n"
            "sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=5\n"
            f"{NAT_OUT} -j MASQUERADE"
        },
        droppers=DROPS,
        # No timer of a real box is shorter than half a minute, and the tool knows that.
        jobs=(
            ("keys", {"count": 40, "pause_s": 27}),
            ("keys", {"count": 40, "pause_s": 28, "source": "10.0.0.12"}),
            ("http", {"count": 80, "gap_ms": 500}),
            ("dns", {"count": 80, "gap_ms": 500}),
            ("dns", {"count": 80, "gap_ms": 500, "source": "10.0.0.12"}),
        ),
        seconds=42,
        expect={"nat-state-lost": BOX},
        unsure=frozenset({"loss"}),
    ),
    attrs.evolve(
        _OPEN,
        name="connection tracking is flushed",
        rules={
            "fw": "sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0\n"
            "iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP\n"
            f"{NAT_OUT} -j MASQUERADE"
        },
        during={"fw": (2.0, "conntrack -F")},
        droppers=DROPS,
        jobs=(
            ("keys", {"count": 150, "gap_ms": 20}),
            ("http", {"count": 40, "gap_ms": 150}),
            ("dns", {"count": 40, "gap_ms": 150}),
        ),
        unsure=frozenset({"loss", "nat-state-lost", "one-way"}),
    ),
)

TBF = "tc qdisc add dev right root tbf rate 4mbit burst 5kb limit {limit}"
QUEUES = (
    attrs.evolve(
        _OPEN,
        name="tbf with a deep queue",
        line=attrs.evolve(LINE, settings=RENO),
        rules={"fw": TBF.format(limit="600kb")},
        droppers=DROPS,
        jobs=(
            ("upload", {"size": 900_000}),
            ("keys", {"count": 60, "gap_ms": 20}),
            ("dns", {"count": 40, "gap_ms": 40}),
        ),
        expect={"bufferbloat": BOX},
        unsure=frozenset({"loss"}),
    ),
    attrs.evolve(
        _OPEN,
        name="tbf with a short queue",
        line=attrs.evolve(LINE, settings=RENO),
        rules={"fw": TBF.format(limit="20kb")},
        droppers=DROPS,
        jobs=(
            ("upload", {"size": 900_000}),
            ("keys", {"count": 60, "gap_ms": 20}),
            ("dns", {"count": 40, "gap_ms": 40}),
        ),
        expect={"shaping": BOX},
        unsure=frozenset({"loss"}),
    ),
    attrs.evolve(
        _OPEN,
        name="htb with a slow class for datagrams",
        rules={
            "fw": "tc qdisc add dev right root handle 1: htb default 10\n"
            "tc class add dev right parent 1: classid 1:10 htb rate 100mbit\n"
            "tc class add dev right parent 1: classid 1:20 htb rate 1mbit ceil 1mbit burst 3kb cburst 3kb\n"
            "tc qdisc add dev right parent 1:20 handle 20: pfifo limit 20\n"
            "tc filter add dev right parent 1: protocol ip u32 match ip protocol 17 0xff flowid 1:20"
        },
        droppers=DROPS,
        jobs=(("stream", {"count": 800, "gap_ms": 4, "size": 900, "burst": 2}), ("keys", {"count": 60, "gap_ms": 30})),
        unsure=frozenset({"loss"}),
    ),
)

BOXES = (*NAT, *MIDDLE, *FILTERS, *QUEUES)
