"""Rows on QUIC: connections whose addresses change under way."""

from __future__ import annotations

from tests.netsim import DnsLoad, QuicLoad
from tests.netsim.boxes import Nat
from tests.scoreboard.rows.mixes import LOSS, LOST, MISSED, apart, each_tap, plain
from tests.scoreboard.scenario import Scenario

LONG = QuicLoad(server_id_bytes=20, client_id_bytes=8)


def moving(**changes: object) -> tuple[object, ...]:
    """Return connections whose clients move, with and without an ID of their own."""
    return tuple(
        QuicLoad(moves_after=3, **one, **changes) for one in ({}, {"server_id_bytes": 20, "client_id_bytes": 8})
    )


ROWS = (
    Scenario(name="QUIC", world=plain(2, (QuicLoad(), LONG)).with_hop(0, both=LOSS), hoped=LOST),
    Scenario(
        name="QUIC, rebinding behind the NAT",
        world=plain(2, (QuicLoad(), LONG)).with_hop(0, both=LOSS, boxes=[Nat(forgets_after=7)]),
        fast=True,
        hoped=LOST,
    ),
    Scenario(name="QUIC, the client moves", world=plain(2, moving()).with_hop(0, both=LOSS), hoped=LOST),
    Scenario(
        name="QUIC, the client moves and NAT rebinds, all",
        world=each_tap(
            apart(plain(4, (*moving(), DnsLoad())).with_hop(1, both=LOSS, boxes=[Nat(forgets_after=9)])), miss=0.02
        ),
        expect=MISSED,
        hoped=LOST,
    ),
    # The new ID is ciphertext: two conversations to all who watch, each followed by its payload.
    Scenario(
        name="QUIC, the client moves and takes another ID",
        world=plain(3, moving(keeps_id=False)).with_hop(1, both=LOSS, boxes=[Nat()]),
    ),
)
