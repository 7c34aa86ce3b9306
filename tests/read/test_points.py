"""Rule: where a frame says which interface of the host saw it, that is its interface, whatever the chunks."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.read.points import MAX_POINTS
from tests.read import captures
from tests.read.captures import Record, whole

IP = bytes.fromhex("4500001400010000400100007f0000017f000001")


def cooked(number: int) -> bytes:
    """LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, hardware type, packet type, address."""
    return struct.pack(">HHIHBB8s", 0x0800, 0, number, 1, 0, 6, bytes(8)) + IP


def stage(letter: str, name: str, chain: str = "0") -> bytes:
    """Check Point's fw monitor: stage, place in the chain, name; then the EtherType."""
    return (letter + chain).encode() + name.encode().ljust(10, b"\0") + b"\x08\0" + IP


def read(folder, frames: list[bytes], link: int, chunk_bytes: int = 4096):
    path = folder / "capture"
    path.write_bytes(captures.pcap([Record(i * 1000, data, len(data)) for i, data in enumerate(frames)], link=link))
    return whole(path, chunk_bytes=chunk_bytes)


def names_of(found) -> list[str]:
    return [found.interfaces[row.interface].name for row in found.records]


@given(st.lists(st.sampled_from([1, 2, 3, 700, 2**32 - 1]), max_size=20), st.integers(1, 300))
@settings(max_examples=40, deadline=None)
def test_a_cooked_frame_is_at_the_interface_that_it_names(tmp_path_factory, numbers, chunk_bytes) -> None:
    found = read(tmp_path_factory.mktemp("any"), [cooked(number) for number in numbers], 276, chunk_bytes)
    assert names_of(found) == [str(number) for number in numbers]
    assert [one.name for one in found.interfaces] == ["", *(str(number) for number in dict.fromkeys(numbers))]
    assert all(one.parent == 0 for one in found.interfaces[1:])


def test_a_frame_too_short_to_name_one_stays_with_the_file(tmp_path) -> None:
    assert names_of(read(tmp_path, [cooked(2), cooked(2)[:7]], 276)) == ["2", ""]


def test_an_endless_list_of_interfaces_is_not_believed(tmp_path) -> None:
    found = read(tmp_path, [cooked(number) for number in range(1000)], 276)
    assert len(found.interfaces) == MAX_POINTS
    assert names_of(found)[-1] == ""


def test_stages_of_a_firewall_are_interfaces_wherever_in_the_chain(tmp_path) -> None:
    frames = [
        stage("i", "eth0"),
        stage("I", "eth0", "5"),
        stage("o", "eth1"),
        stage("O", "eth1.4000"),
        stage("i", "eth0", "9"),
    ]
    found = read(tmp_path, frames, 1)
    assert names_of(found) == ["eth0.i", "eth0.I", "eth1.o", "eth1.4000.O", "eth0.i"]
    assert [one.is_stage for one in found.interfaces] == [False, True, True, True, True]


def test_addresses_of_cards_are_no_stages(tmp_path) -> None:
    """Text without its zeros, zeros inside, another EtherType, an address that only begins like a stage."""
    frames = [
        b"i0eth\0eth\0\0\0\x08\0" + IP,
        b"i0" + bytes(10) + b"\x08\0" + IP,
        stage("i", "eth0").replace(b"\x08\0E", b"\x08\x06E"),
        bytes.fromhex("69001122334400005e0000010800") + IP,
        stage("x", "eth0"),
    ]
    assert names_of(read(tmp_path, frames, 1)) == [""] * 5


def test_counters_of_the_file_are_not_counted_again_per_point(tmp_path) -> None:
    def file(drops: int) -> bytes:
        counters = captures.option(5, struct.pack("<Q", drops))
        statistics = captures.block(5, struct.pack("<III", 0, 0, 0) + counters)
        rows = [Record(0, cooked(2), 40), Record(0, cooked(3), 40)]
        packets = [captures.packet(row) for row in rows]
        return b"".join([captures.section(), captures.interface(link=276), statistics, *packets])

    for drops, of_points in ((0, 0), (5, None)):
        path = tmp_path / "capture"
        path.write_bytes(file(drops))
        interfaces = whole(path).interfaces
        assert [one.dropped for one in interfaces] == [drops, of_points, of_points]
