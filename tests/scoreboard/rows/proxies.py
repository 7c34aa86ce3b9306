"""Rows on boxes that end connections. Where no packet survives, the connections joined are what counts."""

from __future__ import annotations

from tests.netsim import DnsLoad, PingLoad, TcpLoad
from tests.netsim.boxes import Nat
from tests.netsim.proxies import SynProxy, TcpProxy
from tests.scoreboard.rows.cuts import hosts
from tests.scoreboard.rows.mixes import LOSS, LOST, MISSED, apart, each_tap, plain, skewed
from tests.scoreboard.scenario import Scenario

FRESH = (TcpLoad(flows=50, content="fresh", request_bytes=(80, 900)), DnsLoad(flows=40), PingLoad(flows=2))
SAME = (TcpLoad(flows=50, same_payload=True), DnsLoad(flows=40), PingLoad(flows=2))
HTTP = (TcpLoad(flows=40, content="http", exchanges=(1, 3)), DnsLoad(flows=20), PingLoad(flows=2))
SMALL = (
    TcpLoad(flows=40, content="http", exchanges=(1, 1), response_bytes=(200, 900)),
    DnsLoad(flows=20),
    PingLoad(flows=2),
)

PROXY = frozenset({"tcp-proxy"})

ROWS = (
    Scenario(name="SYN proxy, 2 taps", world=plain(2).with_hop(0, boxes=[SynProxy()]), fast=True),
    Scenario(name="SYN proxy, 4 taps, NAT", world=plain(4).with_hop(1, boxes=[SynProxy(), Nat()])),
    Scenario(
        name="SYN proxy, NAT, loss, misses",
        world=each_tap(apart(skewed(plain(4).with_hop(1, both=LOSS, boxes=[SynProxy(), Nat()]))), miss=0.02),
        expect=MISSED,
        hoped=LOST,
    ),
    Scenario(name="SYN proxy, offload", world=hosts(plain(2, FRESH)).with_hop(0, boxes=[SynProxy()])),
    Scenario(name="TCP proxy, 2 taps", expect=PROXY, world=plain(2, FRESH).with_hop(0, boxes=[TcpProxy()]), fast=True),
    Scenario(name="TCP proxy, 4 taps", expect=PROXY, world=plain(4, FRESH).with_hop(1, boxes=[TcpProxy()])),
    Scenario(
        name="TCP proxy, NAT, loss, misses",
        world=each_tap(apart(skewed(plain(4, FRESH).with_hop(1, both=LOSS, boxes=[TcpProxy(), Nat()]))), miss=0.02),
        expect=MISSED | PROXY,
        hoped=LOST,
    ),
    Scenario(
        name="transparent TCP proxy", expect=PROXY, world=plain(3, FRESH).with_hop(1, boxes=[TcpProxy(address=None)])
    ),
    Scenario(
        name="TCP proxy that keeps the cut",
        expect=PROXY,
        world=plain(3, FRESH).with_hop(0, boxes=[TcpProxy(mss=1448, timestamps=True, sack=True, wscale=7)]),
    ),
    Scenario(name="TCP proxy, identical payloads", expect=PROXY, world=plain(2, SAME).with_hop(0, boxes=[TcpProxy()])),
    Scenario(
        name="HTTP proxy", expect=PROXY, world=plain(3, HTTP).with_hop(0, boxes=[TcpProxy(header=b"Via: 1.1 proxy")])
    ),
    Scenario(
        name="HTTP proxy, one small exchange each",
        expect=PROXY,
        world=plain(2, SMALL).with_hop(0, boxes=[TcpProxy(header=b"Via: 1.1 proxy\r\nX-Forwarded-For: 10.1.0.1")]),
    ),
    Scenario(
        name="HTTP proxy, NAT, loss, misses",
        world=each_tap(
            apart(skewed(plain(3, HTTP).with_hop(0, both=LOSS, boxes=[TcpProxy(header=b"Via: 1.1 proxy"), Nat()]))),
            miss=0.02,
        ),
        expect=MISSED | PROXY,
        hoped=LOST,
    ),
    # Nothing readable is common: which connection is which stays unknown, and nobody is accused.
    Scenario(
        name="proxy that recodes every byte",
        world=plain(3, FRESH).with_hop(0, boxes=[TcpProxy(recodes=True)]),
        unsure=PROXY,
    ),
)
