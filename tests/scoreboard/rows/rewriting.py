"""Rows on boxes that rewrite numbers, options and payload."""

from __future__ import annotations

import attrs

from tests.netsim import DnsLoad, TcpLoad
from tests.netsim.boxes import (
    AckCheck,
    Alg,
    IpIdRewrite,
    IsnRewrite,
    MssClamp,
    Nat,
    OptionStrip,
    PayloadEdit,
    SetField,
    SynAckPad,
    TimestampRewrite,
    WindowClamp,
)
from tests.netsim.packet import TIMESTAMPS
from tests.scoreboard.rows.mixes import LOSS, LOST, MISSED, NO_STAMPS, everything, plain
from tests.scoreboard.scenario import Scenario

GATEWAY = frozenset({"alg-rewrite"})

ROWS = (
    Scenario(
        name="ISN rewritten, PAT",
        world=plain(2).with_hop(0, both=LOSS, boxes=[IsnRewrite(), Nat()]),
        fast=True,
    ),
    Scenario(
        name="server's ISN rewritten",
        world=plain(3).with_hop(0, both=LOSS, boxes=[IsnRewrite(of_client=False)]),
    ),
    Scenario(
        name="client's ISN rewritten, no SACK, IP ID 0",
        world=attrs.evolve(plain(2, NO_STAMPS), ip_id="zero").with_hop(
            0, both=LOSS, boxes=[IsnRewrite(of_server=False), Nat()]
        ),
    ),
    Scenario(
        name="ISN rewritten, SACK forgotten",
        world=plain(2).with_hop(0, both={"loss": 0.03}, boxes=[IsnRewrite(shifts_sack=False)]),
        unsure=frozenset({"sack-not-rewritten"}),
    ),
    Scenario(
        name="ISN rewritten, all",
        world=everything(4).with_hop(1, boxes=[IsnRewrite()]),
        expect=MISSED,
        hoped=LOST,
    ),
    Scenario(
        name="ISN, random IP ID, no TS",
        world=attrs.evolve(plain(2, NO_STAMPS), ip_id="random").with_hop(
            0, both=LOSS, boxes=[IsnRewrite(), IpIdRewrite(), Nat()]
        ),
    ),
    Scenario(
        name="header edits",
        world=plain(4).with_hop(1, boxes=[MssClamp(), OptionStrip(), SetField(value=0x28), Nat()]),
        fast=True,
    ),
    Scenario(name="IP ID rewritten", world=plain(2).with_hop(0, both=LOSS, boxes=[IpIdRewrite(), Nat()])),
    Scenario(name="timestamps rewritten", world=plain(2).with_hop(0, both=LOSS, boxes=[TimestampRewrite(), Nat()])),
    Scenario(
        name="timestamps, ISN, IP ID rewritten",
        world=plain(2).with_hop(0, both=LOSS, boxes=[TimestampRewrite(), IsnRewrite(), IpIdRewrite(), Nat()]),
    ),
    Scenario(
        name="timestamps stripped",
        world=plain(3).with_hop(0, both=LOSS, boxes=[OptionStrip(option=TIMESTAMPS, shortens=True), Nat()]),
    ),
    Scenario(
        name="all but bytes rewritten, IP ID 0",
        world=attrs.evolve(plain(2), ip_id="zero").with_hop(
            0, both=LOSS, boxes=[IsnRewrite(), OptionStrip(option=TIMESTAMPS, shortens=True), WindowClamp(), Nat()]
        ),
    ),
    Scenario(name="windows clamped", world=plain(2).with_hop(0, both=LOSS, boxes=[WindowClamp(), Nat()])),
    Scenario(
        name="ECN bleached, TTL set",
        world=plain(3, (TcpLoad(flows=50, tos=2), DnsLoad(flows=40))).with_hop(
            1, boxes=[SetField(mask=3, finding="ecn-bleached"), SetField(name="ttl", value=61, finding=None), Nat()]
        ),
    ),
    Scenario(name="gateway rewrites payload", world=plain(2).with_hop(0, both=LOSS, boxes=[Alg()]), hoped=GATEWAY),
    Scenario(
        name="gateway, PAT, IP ID 0, no TS",
        world=attrs.evolve(plain(3, NO_STAMPS), ip_id="zero").with_hop(1, both=LOSS, boxes=[Alg(), Nat()]),
        hoped=GATEWAY,
    ),
    Scenario(
        name="gateway, ISN, SACK forgotten",
        world=plain(3).with_hop(1, both=LOSS, boxes=[Alg(shifts_sack=False), IsnRewrite(), Nat()]),
        hoped=GATEWAY,
        unsure=frozenset({"sack-not-rewritten"}),
    ),
    Scenario(name="payload edits", world=plain(4).with_hop(1, boxes=[PayloadEdit(), Nat()])),
    Scenario(
        name="SYN-ACK padded",
        world=plain(4, (TcpLoad(flows=12), DnsLoad(flows=10)))
        .with_hop(0, boxes=[SynAckPad()])
        .with_hop(1, boxes=[AckCheck(), Nat()]),
        expect=frozenset({"loss"}),
    ),
)
