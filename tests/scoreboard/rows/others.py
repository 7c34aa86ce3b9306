"""Rows on IP protocols beside TCP, UDP and ICMP: numbered ones, and those of which nothing is known but bytes."""

from __future__ import annotations

from tests.netsim import OtherLoad, PingLoad
from tests.netsim.boxes import Nat
from tests.scoreboard.rows.mixes import LOSS, LOST, MISSED, apart, each_tap, plain
from tests.scoreboard.scenario import Scenario

SCTP, ESP, AH, GRE, UNKNOWN = 132, 50, 51, 47, 253
ALL = tuple(OtherLoad(proto=proto) for proto in (SCTP, ESP, AH, GRE, UNKNOWN))
MAPPED = tuple(load for load in ALL if load.proto != AH)
"""AH signs the addresses (RFC 4302): no NAT can change them."""
SAME = (
    OtherLoad(proto=SCTP, same_payload=True),
    OtherLoad(proto=GRE, same_payload=True, is_numbered=False),
    OtherLoad(proto=UNKNOWN, same_payload=True),
)
ONE_TO_ONE = Nat(
    kind="snat", external=bytes((192, 0, 2, 40)), external_six=bytes.fromhex("20010db8ff" + "0" * 21 + "7")
)


def faulty(world: object) -> object:
    """Set clocks hours apart, miss 2 % of the frames."""
    return each_tap(apart(world), miss=0.02)


ROWS = (
    *(
        Scenario(
            name=f"{name} alone", world=plain(2, (OtherLoad(proto=proto, flows=10),)).with_hop(0, both=LOSS), hoped=LOST
        )
        for name, proto in (("SCTP", SCTP), ("ESP", ESP), ("AH", AH), ("GRE", GRE), ("unknown protocol", UNKNOWN))
    ),
    Scenario(
        name="SCTP, ESP, GRE, unknown, NAT 1:1",
        world=plain(2, (*MAPPED, PingLoad())).with_hop(0, both=LOSS, boxes=[ONE_TO_ONE]),
        fast=True,
        hoped=LOST,
    ),
    Scenario(
        name="SCTP, ESP, GRE, unknown, NAT 1:1, all",
        world=faulty(plain(4, (*MAPPED, PingLoad())).with_hop(1, both=LOSS, boxes=[ONE_TO_ONE])),
        unsure=MISSED,
        hoped=LOST,
    ),
    Scenario(
        name="SCTP, ESP, AH, GRE, unknown, IPv6, all",
        world=faulty(plain(3, tuple(OtherLoad(proto=load.proto, version=6) for load in ALL)).with_hop(1, both=LOSS)),
        unsure=MISSED,
        hoped=LOST,
    ),
    Scenario(
        name="other protocols, identical payloads",
        world=plain(2, SAME).with_hop(0, both={"loss": 0.03}, boxes=[ONE_TO_ONE]),
        hoped=LOST,
    ),
    Scenario(
        name="other protocols, identical payloads, all",
        world=faulty(plain(2, SAME).with_hop(0, both={"loss": 0.03}, boxes=[ONE_TO_ONE])),
        unsure=MISSED,
        hoped=LOST,
    ),
)
