"""Simulated packets of other IP protocols are what their specifications say."""

import struct

import pytest

from correlate.model.packets import PacketFlag
from tests.match.crafting import table
from tests.netsim import OtherLoad, chain, simulate
from tests.netsim.boxes import Nat
from tests.netsim.others import crc32c


def seen(proto, **more):
    run = simulate(
        chain(2, loads=(OtherLoad(proto=proto, flows=2, count=5, **more),)).with_hop(0, boxes=[Nat(kind="snat")])
    )
    return [[frame for _, frame, _ in run.captures[name]] for name in ("client", "server")]


@pytest.mark.parametrize("proto", [132, 50, 51, 47])
def test_numbered_protocols_are_read_as_such(proto):
    """RFC 9260, 4303, 4302, 2890."""
    for frames in seen(proto):
        packets = table(list(enumerate(frames)))
        assert len(packets) == len(frames) == 20
        assert (packets.columns.proto == proto).all()
        assert ((packets.columns.flags & PacketFlag.NUMBERED) != 0).all()


@pytest.mark.parametrize(("proto", "more"), [(132, {}), (47, {"is_numbered": False}), (253, {"version": 6})])
def test_translation_changes_no_byte_behind_the_ip_header(proto, more):
    """None of their checksums covers addresses."""
    header = 14 + (40 if more.get("version") == 6 else 20)
    one, two = ({frame[header:] for frame in frames} for frames in seen(proto, **more))
    assert one == two


def test_the_checksum_of_sctp_is_right():
    """RFC 9260 section 6.8: over the packet with the field at zero, least significant byte first."""
    for frame in seen(132)[0]:
        body = frame[34:]
        assert struct.pack("<I", crc32c(body[:8] + bytes(4) + body[12:])) == body[8:12]
