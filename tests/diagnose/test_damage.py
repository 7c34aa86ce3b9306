"""``diagnose.damage``: bytes wrong upstream and right downstream are damage of a copy, and no hop's."""

from __future__ import annotations

import struct
from pathlib import Path

from correlate import correlate
from tests.transforms.frames import read, write
from tests.transforms.worlds import build

LAN = Path(__file__).resolve().parents[2] / "sample_sets" / "clean-nat" / "lan.pcap"


def codes_when_damaged(tmp_path: Path, *, at_far: bool) -> list[tuple[str, str | None, object]]:
    """One data segment away from the near vantage is damaged in one of the two captures."""
    link, packets = read(LAN)
    world = build(packets, ("clean",), "damage")
    damaged = world.far if at_far else world.near
    one = next(one for one in damaged if one.out and one.payload[1] - one.payload[0] > 20)
    place = one.payload[0] + 3
    one.set_l4(place - one.l4, struct.pack("B", one.data[place] ^ 0x20), fix=False)
    write(tmp_path / "near.pcap", link, world.near)
    write(tmp_path / "far.pcap", link, world.far)
    result = correlate({"near": str(tmp_path / "near.pcap"), "far": str(tmp_path / "far.pcap")})
    return [(one.code, one.vantage, one.hop) for one in result.findings if one.severity != "info"]


def test_a_copy_damaged_upstream_blames_its_capture(tmp_path: Path) -> None:
    """Nothing on the way repairs bytes."""
    assert codes_when_damaged(tmp_path, at_far=False) == [("checksum-corrupt", "near", None)]


def test_a_packet_damaged_on_the_way_blames_the_hop(tmp_path: Path) -> None:
    assert codes_when_damaged(tmp_path, at_far=True) == [("checksum-corrupt", None, ("near", "far"))]


def test_a_damaged_ip_length_is_told_as_what_it_is(tmp_path: Path) -> None:
    """The bytes are the same; the header counts eight of them less, and its checksum tells."""
    link, packets = read(LAN)
    world = build(packets, ("clean",), "damage")
    one = next(one for one in world.far if one.out and one.payload[1] - one.payload[0] > 20)
    length = struct.unpack_from(">H", one.data, 16)[0]
    struct.pack_into(">H", one.data, 16, length - 8)
    write(tmp_path / "near.pcap", link, world.near)
    write(tmp_path / "far.pcap", link, world.far)
    result = correlate({"near": str(tmp_path / "near.pcap"), "far": str(tmp_path / "far.pcap")})
    (found,) = [one for one in result.findings if one.severity != "info"]
    assert (found.code, found.hop) == ("checksum-corrupt", ("near", "far"))
    assert f"the damage is in the IP length, {length} -> {length - 8}, in a header whose checksum does not" in (
        found.explanation
    )
