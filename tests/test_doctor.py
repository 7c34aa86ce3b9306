"""Rule (issue): per capture damage, span, overlap, snaplen, tick, order, drops, offload, sides, copies, filters, use."""

from __future__ import annotations

import pytest

from correlate.doctor import examine
from correlate.load import load_vantage
from tests.netsim import DnsLoad, TcpLoad, chain, simulate
from tests.netsim.files import write_capture
from tests.read import captures, formats
from tests.read.captures import Record
from tests.test_load import ARP, without_stamps


@pytest.fixture(scope="module")
def world():
    return simulate(chain(2, loads=(TcpLoad(flows=6), DnsLoad(flows=4))), 5).captures


def examined(folder, **frames):
    loaded = []
    for name, rows in frames.items():
        write_capture(folder / name, rows, 0)
        loaded.append(load_vantage(name, [str(folder / name)]))
    return examine(loaded)


def test_a_sound_pair_shares_its_packets_and_has_no_caveat(world, tmp_path) -> None:
    one, other = examined(tmp_path, client=world["client"], server=world["server"])
    assert one.is_usable
    assert one.shared["server"] == other.shared["client"] > 100
    assert one.overlap_ns == {"server": other.overlap_ns["client"]}
    assert not [text for text in one.caveats if "offload" not in text]


def test_strangers_share_nothing_and_their_times_are_compared(world, tmp_path) -> None:
    late = [(stamp + 10**15, data, size) for stamp, data, size in world["client"][:60]]
    early = simulate(chain(2, loads=(TcpLoad(flows=6),)), 77).captures["client"][:60]
    one, _other = examined(tmp_path, late=late, early=early)
    assert one.shared == {"early": 0}
    assert one.overlap_ns["early"] < 0
    assert any("no packet for sure in common with early" in text for text in one.caveats)


def test_what_a_capture_suffers_from_is_counted(world, tmp_path) -> None:
    frames = list(world["client"])
    doubled = [copy for stamp, data, size in frames for copy in ((stamp, data, size), (stamp + 3000, data, size))]
    assert examined(tmp_path, x=doubled)[0].duplicates >= 0.9 * len(frames)
    swapped = [*frames[:10], frames[11], frames[10], *frames[12:]]
    assert examined(tmp_path, x=swapped)[0].out_of_order == 1
    cut = [(stamp, data[:60], size) for stamp, data, size in frames]
    assert examined(tmp_path, x=cut)[0].cut == sum(size > 60 for _stamp, _data, size in frames)
    server = {data[30:34] for _stamp, data, _size in frames[:1]}
    one_way = [frame for frame in frames if frame[1][30:34] in server]
    assert examined(tmp_path, x=one_way)[0].one_sided == 1.0


def test_recorded_and_likely_filters_are_told(world, tmp_path) -> None:
    web = [frame for frame in world["client"] if frame[1][23] == 6]
    (found,) = examined(tmp_path, x=web)
    assert "only IP protocol 6" in found.likely_filters
    options = captures.option(11, b"\0host 192.0.2.1")
    (tmp_path / "f").write_bytes(captures.section() + captures.interface(options=options))
    assert examine([load_vantage("f", [str(tmp_path / "f")])])[0].likely_filters == ("recorded: host 192.0.2.1",)


def test_drops_damage_and_coarse_stamps_are_caveats(tmp_path) -> None:
    rows = [Record(1_600_000_000 * 10**9 + n * 7_000_000, ARP, len(ARP)) for n in range(9)]
    (tmp_path / "s").write_bytes(formats.snoop(rows, drops=3)[:-5])
    (found,) = examine([load_vantage("s", [str(tmp_path / "s")])])
    said = " | ".join(found.caveats)
    assert "dropped 3 frames" in said
    assert "cut short at byte offset" in said
    assert "no frame holds an IP packet" in said
    assert not found.is_usable


def test_a_capture_without_stamps_or_frames_cannot_be_used(world, tmp_path) -> None:
    whole = [frame for frame in world["client"][:30] if len(frame[1]) == frame[2]]
    (found,) = examine([load_vantage("x", [without_stamps(tmp_path / "x", whole)])])
    assert (found.is_usable, found.untimed) == (False, len(whole))
    (empty,) = examined(tmp_path, y=[])
    assert not empty.is_usable
    assert "the capture holds no frames" in empty.caveats
