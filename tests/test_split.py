"""Rule (contract): NAME=FILE#INTERFACE picks one; without it each interface that saw routed copies is a vantage."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from correlate.errors import UsageError
from correlate.load import load_vantage, split_path
from correlate.model.packets import FrameFate
from correlate.options import Options
from correlate.pipeline import correlate
from correlate.rereading import frame_source
from correlate.split import MOST_PLACES, pick_interface, split_vantage
from correlate.wire.linktypes import NO_PACKET
from tests.read import captures
from tests.read.captures import Record
from tests.test_load import ARP

START_NS = 1_700_000_000 * 10**9


def packet(number: int, ttl: int, source: str = "10.0.0.9") -> bytes:
    tcp = TCP(sport=40_000, dport=80, flags="PA", seq=1000 + 10 * number, ack=7_000_000)
    return bytes(IP(src=source, dst="192.0.2.1", id=500 + number, ttl=ttl) / tcp / b"0123456789")


def cooked(data: bytes, interface: int, protocol: int = 0x0800) -> bytes:
    return struct.pack(">HHIHBB8s", protocol, 0, interface, 1, 0, 6, bytes(8)) + data


def box(*, fall: int = 1, count: int = 5, translated: str = "10.0.0.9") -> list[bytes]:
    """Frames of a box: each packet in at interface 2, out at interface 3; one local frame at 1."""
    frames = [cooked(packet(99, 64, "127.0.0.1"), 1)]
    for number in range(count):
        frames += [cooked(packet(number, 64), 2), cooked(packet(number, 64 - fall, translated), 3)]
    return [*frames, cooked(bytes(28), 3, 0x0806)]


def loaded(folder, frames: list[bytes], link: int = 276, name: str = "box"):
    rows = [Record(START_NS + 20_000 * i, data, len(data)) for i, data in enumerate(frames)]
    (folder / "box.pcap").write_bytes(captures.pcap(rows, link=link))
    return load_vantage(name, [str(folder / "box.pcap")])


def names(parts) -> list[str]:
    return [part.vantage.name for part in parts]


def test_routed_copies_make_two_vantages_with_the_frame_numbers_of_the_file(tmp_path) -> None:
    parts = split_vantage(loaded(tmp_path, box()))
    assert names(parts) == ["box:2", "box:3"]
    assert parts[0].packets.columns.frame.tolist() == [2, 4, 6, 8, 10]
    assert parts[1].packets.columns.frame.tolist() == [3, 5, 7, 9, 11]
    assert [part.vantage.frames for part in parts] == [5, 6]
    assert parts[1].frame_counts[FrameFate.NOT_IP] == 1
    assert all(sum(part.frame_counts.values()) == part.vantage.frames for part in parts)
    assert all(part.vantage.files[0].frames == part.vantage.frames for part in parts)


def test_what_is_left_out_is_said_once(tmp_path) -> None:
    parts = split_vantage(loaded(tmp_path, box()))
    told = [problem for part in parts for problem in part.vantage.problems]
    assert [problem.kind for problem in told] == ["interfaces-left-out"]
    assert "1 (1 frames)" in told[0].detail


def test_points_of_one_capture_ran_all_its_time(tmp_path) -> None:
    whole = loaded(tmp_path, box())
    for part in split_vantage(whole):
        assert part.vantage.first_captured_ns == whole.vantage.first_captured_ns
        assert part.vantage.last_captured_ns == whole.vantage.last_captured_ns


def test_translated_addresses_are_routed_copies_too(tmp_path) -> None:
    assert names(split_vantage(loaded(tmp_path, box(fall=0, translated="198.51.100.7")))) == ["box:2", "box:3"]


@pytest.mark.parametrize(
    "frames", [box(fall=0), box(count=1), box(fall=20), [cooked(packet(i, 64), 1 + i % 3) for i in range(9)]]
)
def test_bridges_chance_and_queues_of_one_card_stay_one_vantage(tmp_path, frames) -> None:
    """Equal hop limits: a bridge or a bond. One copy, or twenty hops in a box: chance. No copies: no two points."""
    whole = loaded(tmp_path, frames)
    assert split_vantage(whole) == [whole]


def test_tuples_and_quotes_follow_their_packets(tmp_path) -> None:
    inner = packet(1, 1)[:28]
    error = bytes(IP(src="10.0.0.1", dst="10.0.0.9", id=3, ttl=64, proto=1))[:20]
    error = error[:2] + struct.pack(">H", 20 + 8 + 28) + error[4:] + b"\x0b\x00\x00\x00\0\0\0\0" + inner
    parts = split_vantage(loaded(tmp_path, [*box(), cooked(error, 2)]))
    assert [len(part.packets.quotes.row) for part in parts] == [1, 0]
    columns, quotes = parts[0].packets.columns, parts[0].packets.quotes
    assert columns.frame[quotes.row[0]] == 13
    tuples = parts[0].packets.tuples
    assert bytes(tuples.src[quotes.tuple_id[0]][-4:]) == bytes([10, 0, 0, 9])
    assert set(columns.tuple_id.tolist()) | set(quotes.tuple_id.tolist()) == set(range(len(tuples.proto)))
    assert columns.interface.max() == 0


def test_stages_of_a_firewall_are_vantages_without_a_hop_between(tmp_path) -> None:
    def stage(mark: str, name: str, data: bytes) -> bytes:
        return (mark + "1").encode() + name.encode().ljust(10, b"\0") + b"\x08\0" + data

    frames = []
    for number in range(5):
        frames += [
            stage(*where, packet(number, ttl))
            for where, ttl in ((("i", "eth0"), 64), (("I", "eth0"), 64), (("o", "eth1"), 63))
        ]
    whole = loaded(tmp_path, frames, link=1)
    assert names(split_vantage(whole)) == ["box:eth0.iO", "box:eth0.Io", "box:eth1.Io"]
    assert pick_interface(whole, "eth0.I").packets.columns.frame.tolist() == [2, 5, 8, 11, 14]


def test_what_goes_in_and_out_at_one_side_of_an_interface_is_one_vantage(tmp_path) -> None:
    """Else no vantage of a firewall would see both directions, and nothing bounds clocks or proves a loss."""

    def stage(mark: str, name: str, data: bytes) -> bytes:
        return (mark + "1").encode() + name.encode().ljust(10, b"\0") + b"\x08\0" + data

    frames = []
    for number in range(5):
        there, back = packet(number, 64), packet(100 + number, 64, "192.0.2.1")
        frames += [stage("i", "eth0", there), stage("I", "eth0", there)]
        frames += [stage(mark, "eth1", packet(number, 63)) for mark in "oO"]
        frames += [stage("i", "eth1", back), stage("I", "eth1", back)]
        frames += [stage(mark, "eth0", packet(100 + number, 63, "192.0.2.1")) for mark in "oO"]
    parts = split_vantage(loaded(tmp_path, frames, link=1))
    assert names(parts) == ["box:eth0.iO", "box:eth0.Io", "box:eth1.Io", "box:eth1.iO"]
    assert [len(part.packets) for part in parts] == [10, 10, 10, 10]
    assert parts[0].packets.columns.frame.tolist()[:2] == [1, 8]


def probed(folder, names: tuple[str, str]):
    """Packets before and after an XDP program, as xdpdump writes them."""
    parts = [captures.section(), *(captures.interface(options=captures.option(2, name.encode())) for name in names)]
    for number in range(6):
        frame = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02"))[:12] + b"\x08\0" + packet(number, 64)
        parts += [
            captures.packet(Record(START_NS + number * 10**6 + index * 2000, frame, len(frame), index))
            for index in (0, 1)
        ]
    (folder / "xdp.pcapng").write_bytes(b"".join(parts))
    return load_vantage("xdp", [str(folder / "xdp.pcapng")])


def test_probe_points_of_the_kernel_are_vantages_though_packets_pass_unchanged(tmp_path) -> None:
    whole = probed(tmp_path, ("eth0:prog()@fentry", "eth0:prog()@fexit"))
    assert names(split_vantage(whole)) == ["xdp:eth0:prog_fentry", "xdp:eth0:prog_fexit"]
    assert pick_interface(whole, "eth0:prog()@fexit").packets.columns.frame.tolist() == [2, 4, 6, 8, 10, 12]
    assert names(split_vantage(probed(tmp_path, ("eth0", "br0")))) == ["xdp"]


def merged(folder, apart_ns: int):
    """Two captures of a routed path in one pcapng: interfaces that the file describes, with clocks of their own."""
    parts = [
        captures.section(),
        captures.interface(options=captures.option(2, b"lan")),
        captures.interface(options=captures.option(2, b"wan 0")),
    ]
    for number in range(6):
        for index, ttl in ((0, 64), (1, 63)):
            frame = (
                bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02"))[:12] + b"\x08\0" + packet(number, ttl)
            )
            parts.append(
                captures.packet(Record(START_NS + number * 10**6 + index * apart_ns, frame, len(frame), index))
            )
    (folder / "both.pcapng").write_bytes(b"".join(parts))
    return str(folder / "both.pcapng")


@pytest.mark.parametrize("apart_ns", [200_000, 7200 * 10**9])
def test_merged_captures_are_told_apart_whatever_their_clocks(tmp_path, apart_ns) -> None:
    whole = load_vantage("both", [merged(tmp_path, apart_ns)])
    parts = split_vantage(whole)
    assert names(parts) == ["both:lan", "both:wan_0"]
    assert parts[1].vantage.first_captured_ns == START_NS + apart_ns


def test_an_interface_is_picked_by_name_or_by_number(tmp_path) -> None:
    whole = load_vantage("both", [merged(tmp_path, 1000)])
    for wanted in ("wan_0", "wan 0", "1"):
        one = pick_interface(whole, wanted)
        assert (one.vantage.name, one.packets.columns.frame.tolist()) == ("both", [2, 4, 6, 8, 10, 12])
    with pytest.raises(UsageError, match="It has lan, wan_0"):
        pick_interface(whole, "dmz")


def test_a_path_with_the_mark_in_its_name_is_that_path(tmp_path) -> None:
    (tmp_path / "a#b").write_bytes(b"")
    assert split_path(str(tmp_path / "a#b")) == (str(tmp_path / "a#b"), None)
    assert split_path("a.pcap#2") == ("a.pcap", "2")
    assert split_path("a.pcap#") == ("a.pcap#", None)


def test_the_pipeline_splits_and_names_options_by_interface(tmp_path) -> None:
    loaded(tmp_path, box(count=9))
    path = str(tmp_path / "box.pcap")
    result = correlate({"box": path}, options=Options(reference="box:3", kinds={"box": "in-path", "box:2": "mirror"}))
    assert [(one.name, one.kind) for one in result.vantages] == [("box:2", "mirror"), ("box:3", "in-path")]
    assert result.clocks.reference == 1
    picked = correlate({"a": f"{path}#2", "b": f"{path}#3"})
    assert [one.frames for one in picked.vantages] == [9, 10]
    assert np.array_equal(picked.match.rows >= 0, result.match.rows >= 0)
    with pytest.raises(UsageError, match="no vantage has this name"):
        correlate({"box": path}, options=Options(reference="box:7"))
    with pytest.raises(UsageError, match="two vantages have this name"):
        correlate({"box": path, "box:2": f"{path}#2"})
    with pytest.raises(UsageError, match="not all of the same interface"):
        correlate({"x": [f"{path}#2", path]})


def test_a_drop_log_is_never_split(tmp_path) -> None:
    loaded(tmp_path, box())
    result = correlate({"box": str(tmp_path / "box.pcap")}, options=Options(kinds={"box": "drop-log"}))
    assert [one.name for one in result.vantages] == ["box"]


def test_frames_of_one_interface_that_are_no_packets_are_counted_there(tmp_path) -> None:
    whole = loaded(tmp_path, [*box(), cooked(ARP[14:], 2, 0x0806), b"\0" * 5])
    assert [one.frames for one in whole.seen] == [1, 1, 6, 6]
    assert whole.seen[0].counts[FrameFate.MALFORMED] == 1
    assert whole.seen[2].counts[FrameFate.NOT_IP] == 1


def test_frames_read_again_are_only_those_of_the_vantage(tmp_path) -> None:
    loaded(tmp_path, box(count=9))
    result = correlate({"box": str(tmp_path / "box.pcap")})
    for vantage, wanted in enumerate(result.vantages):
        kept = []
        for _file, chunk in frame_source(result)(vantage):
            links = np.array([one.link_type for one in chunk.interfaces])
            kept += (np.flatnonzero(links[chunk.columns.interface] != NO_PACKET) + chunk.first_frame).tolist()
        assert len(kept) == wanted.frames
        assert set(result.packets[vantage].columns.frame.tolist()) <= set(kept)


def test_a_file_of_very_many_interfaces_stays_one_vantage_and_says_so(tmp_path) -> None:
    """65,535 interfaces took half a minute: each was compared with all packets."""
    count = MOST_PLACES + 1
    rows = [Record(START_NS + i, bytes(Ether()) + packet(i // 2, 64 - i % 2), 100, i) for i in range(count)]
    data = captures.section() + captures.interface() * count + b"".join(captures.packet(row) for row in rows)
    (tmp_path / "many.pcapng").write_bytes(data)
    (part,) = split_vantage(load_vantage("box", [str(tmp_path / "many.pcapng")]))
    assert part.vantage.name == "box"
    assert [problem.kind for problem in part.vantage.problems] == ["interfaces-not-split"]
    assert f"more than {MOST_PLACES} interfaces" in part.vantage.problems[0].detail
