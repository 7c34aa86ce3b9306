"""Rows on boxes that rewrite numbers, options and payload."""

from __future__ import annotations

import attrs

from tests.netsim import DnsLoad, TcpLoad
from tests.netsim.boxes import (
    AckCheck,
    IpIdRewrite,
    IsnRewrite,
    MssClamp,
    Nat,
    OptionStrip,
    PayloadEdit,
    SetField,
    SynAckPad,
)
from tests.scoreboard.rows.mixes import LOSS, LOST, MISSED, NO_STAMPS, everything, plain
from tests.scoreboard.scenario import Scenario

ROWS = (
    Scenario(
        name="ISN rewritten, PAT",
        world=plain(2).with_hop(0, both=LOSS, boxes=[IsnRewrite(), Nat()]),
        fast=True,
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
    Scenario(name="payload edits", world=plain(4).with_hop(1, boxes=[PayloadEdit(), Nat()])),
    Scenario(
        name="SYN-ACK padded",
        world=plain(4, (TcpLoad(flows=12), DnsLoad(flows=10)))
        .with_hop(0, boxes=[SynAckPad()])
        .with_hop(1, boxes=[AckCheck(), Nat()]),
        expect=frozenset({"loss"}),
    ),
)
