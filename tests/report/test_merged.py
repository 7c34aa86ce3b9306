"""merged.pcapng (contract, experience): read back with tshark and scapy, compared with the tables it was made of."""

from __future__ import annotations

import io
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scapy.utils import RawPcapNgReader

from correlate.model.frames import SideBlock
from correlate.model.trajectories import NO_DELAY, Fate
from correlate.pipeline import correlate
from correlate.read import read_frames, read_side_blocks
from correlate.report import CaptureParts, merged, write_merged
from correlate.rereading import fetcher
from tests.cli.traffic import pcap, stranger, two_vantages, udp_frame
from tests.read.captures import Record, block, interface, option, packet, section
from tests.report.runs import NAMES, needs_tshark, parts, run

FIELDS = ("frame.number", "frame.time_epoch", "frame.interface_name", "frame.packet_id", "frame.cap_len", "frame.len", "frame.comment")  # fmt: skip


def written(correlation, tmp_path, **options) -> Path:
    path = tmp_path / "merged.pcapng"
    write_merged(correlation, parts(correlation), path, **options)
    return path


def tshark(path: Path, *arguments: str) -> list[list[str]]:
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", *arguments]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def fields(path: Path, *more: str) -> list[dict[str, str]]:
    rows = tshark(path, *more, *(part for name in FIELDS for part in ("-e", name)))
    return [dict(zip(FIELDS, row, strict=True)) for row in rows]


def ns(epoch: str) -> int:
    seconds, _dot, fraction = epoch.partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))


@needs_tshark
@pytest.mark.parametrize("name", NAMES)
def test_every_frame_of_every_capture_is_there_once(name, tmp_path):
    """No frame is lost or made: tshark counts what the ledger counts."""
    found = run(name)
    rows = fields(written(found, tmp_path))
    counts = Counter(row["frame.interface_name"] for row in rows)
    assert counts == {vantage.name: vantage.frames for vantage in found.vantages}


@needs_tshark
@pytest.mark.parametrize("name", NAMES)
def test_a_packet_id_lists_each_sighting_once_with_its_corrected_time(name, tmp_path):
    """Issue: `frame.packet_id == N` lists each vantage's sighting once; times differ by the one-way delays."""
    found = run(name)
    table = found.trajectories
    rows = [row for row in fields(written(found, tmp_path)) if row["frame.packet_id"]]
    seen: dict[int, dict[str, list[int]]] = {}
    for row in rows:
        seen.setdefault(int(row["frame.packet_id"]), {}).setdefault(row["frame.interface_name"], []).append(
            ns(row["frame.time_epoch"])
        )
    carriers = Counter(
        (place, int(row)) for place in range(table.rows.shape[1]) for row in table.rows[:, place] if row >= 0
    )
    copied = set(zip(table.copies[0].tolist(), table.copies[1].tolist(), strict=True))
    checked = 0
    for index in range(len(table)):
        for place, vantage in enumerate(found.path.order):
            row = int(table.rows[index, place])
            if row < 0 or carriers[place, row] > 1 or (index, place) in copied:
                continue
            times = seen[index + 1][found.vantages[vantage].name]
            assert times == [int(table.time_ns[index, place])]
            checked += 1
    assert checked > min(5, len(table) // 3), "a set of three packets, two of them copies, leaves one"
    fates = found.fates
    delays = []
    timed = np.flatnonzero((fates.owd_ns != NO_DELAY) & (fates.fate == Fate.DELIVERED))
    for at in timed.tolist():
        index, hop = int(fates.packet[at]), int(fates.hop[at])
        names = [found.vantages[found.path.order[place]].name for place in (hop, hop + 1)]
        both = [seen.get(index + 1, {}).get(end, [None])[0] for end in names]
        if None not in both:
            way = int(table.direction[index])
            off = abs((both[1] - both[0]) * way - int(fates.owd_ns[at]))
            # Vantage clocks are thinned curves of their own: a fiftieth of the stated bounds is theirs.
            delays.append(off - 0.02 * float(fates.owd_hi_ns[at] - fates.owd_lo_ns[at]))
    if name != "held-last-segment":  # its hops are bounded better than its vantages: see docs/limitations.md, Clocks
        assert max(delays, default=0) <= 20_000


@needs_tshark
def test_the_altered_packet_says_so_at_both_ends(tmp_path):
    """Experience: first a sentence for people, second `correlate packet=... hop=...` for programs."""
    path = written(run("syn-ack-altered"), tmp_path)
    rows = {row["frame.interface_name"]: row for row in fields(path, "-Y", "frame.packet_id == 2")}
    assert list(rows) == ["server", "fw-ext", "fw-int", "client"]
    for name in ("fw-int", "client"):
        comment = rows[name]["frame.comment"]
        assert comment.startswith("Changed between fw-int and client: ip.len, ")
        assert "correlate packet=2 hop=client>fw-int direction=reverse fate=delivered owd_ns=" in comment
        assert "fields=ip.len,ip.checksum,tcp.len,tcp.checksum,tcp.payload" in comment
    assert rows["server"]["frame.comment"] == ""


@needs_tshark
def test_an_ordinary_packet_has_no_comment(tmp_path):
    found = run("clean-nat")
    rows = fields(written(found, tmp_path))
    cited = {frame for finding in found.findings for frame in [(one.vantage, one.frame) for one in finding.evidence]}
    assert sum(bool(row["frame.comment"]) for row in rows) <= len(cited)


@needs_tshark
def test_frames_keep_their_bytes_lengths_and_link_type(tmp_path):
    """scapy reads the same bytes that the captures hold."""
    found = run("syn-ack-altered")
    path = written(found, tmp_path)
    original = {vantage.name: [] for vantage in found.vantages}
    for vantage in found.vantages:
        for chunk in read_frames(vantage.files[0].path):
            columns = chunk.columns
            for at, size, wire in zip(
                columns.offset.tolist(), columns.cap_len.tolist(), columns.wire_len.tolist(), strict=True
            ):
                original[vantage.name].append((chunk.data[at : at + size].tobytes(), wire))
    with RawPcapNgReader(str(path)) as reader:
        read: dict[str, list] = {name: [] for name in original}
        for data, meta in reader:
            assert meta.linktype == 1
            assert meta.tsresol == 10**9
            read[meta.ifname.decode() if isinstance(meta.ifname, bytes) else meta.ifname].append((data, meta.wirelen))
    assert read == original


@needs_tshark
def test_split_writes_each_vantage_on_the_common_clock(tmp_path):
    found = run("clean-nat")
    whole = {row["frame.time_epoch"] for row in fields(written(found, tmp_path))}
    files = merged.split_files([vantage.name for vantage in found.vantages])
    union = set()
    for name, index in files.items():
        write_merged(found, parts(found), tmp_path / name, vantages=[index])
        rows = fields(tmp_path / name)
        assert {row["frame.interface_name"] for row in rows} == {found.vantages[index].name}
        union |= {row["frame.time_epoch"] for row in rows}
    assert union == whole


@needs_tshark
def test_statistics_names_filters_and_fcs_are_kept_and_secrets_unless_told_not_to(tmp_path):
    """Experience: copy drops, name resolution and, unless told not to, decryption secrets."""
    client, server = two_vantages(tmp_path)
    rows = [
        Record(
            int(columns.ts_ns[row]),
            chunk.data[int(columns.offset[row]) :][: int(columns.cap_len[row])].tobytes(),
            int(columns.wire_len[row]),
        )
        for chunk in read_frames(client)
        for columns in [chunk.columns]
        for row in range(len(chunk))
    ]
    names = b"\x01\x00\x0f\x00" + bytes([10, 0, 0, 1]) + b"client.lan\0" + bytes(1) + bytes(4)
    secret = b"KLSE" + (9).to_bytes(4, "little") + b"CLIENT_RA" + bytes(3)
    described = option(2, b"eth7") + option(11, b"\0udp") + option(13, b"\x04") + option(0, b"")
    counters = (
        option(4, (30).to_bytes(8, "little"))
        + option(5, (2).to_bytes(8, "little"))
        + option(7, (3).to_bytes(8, "little"))
        + option(0, b"")
    )
    path = tmp_path / "rich.pcapng"
    path.write_bytes(
        section() + interface(options=described) + block(4, names) + block(10, secret)
        + b"".join(packet(row) for row in rows) + block(5, bytes(12) + counters)
    )  # fmt: skip
    found = correlate({"client": path, "server": server})
    out = written(found, tmp_path)
    info = subprocess.run(["capinfos", str(out)], capture_output=True, text=True, check=True).stdout
    assert "Filter string = udp" in info
    whole = out.read_bytes()
    assert option(13, b"\x04") in whole
    assert option(4, (30).to_bytes(8, "little")) in whole
    assert option(5, (5).to_bytes(8, "little")) in whole
    assert [side.body for side in read_side_blocks(out)] == [names, secret]
    silent = CaptureParts(
        frames=parts(found).frames, sides={0: tuple(s for s in read_side_blocks(path) if s.kind == 4)}
    )
    write_merged(found, silent, out)
    assert b"CLIENT_RA" not in out.read_bytes()


def test_a_stranger_keeps_its_own_clock_and_says_so(tmp_path):
    found = correlate(
        dict(zip(("client", "server", "stranger"), [*two_vantages(tmp_path), stranger(tmp_path)], strict=True))
    )
    out = written(found, tmp_path)
    assert b"own clock: it shares no packet with the others" in out.read_bytes()


@needs_tshark
def test_copies_bear_the_packets_id_and_say_that_they_are_copies(tmp_path):
    """Contract: copies bear the same id and ``copy=1``."""
    _client, server = two_vantages(tmp_path)
    frames = []
    for number in range(12):
        question, answer = f"question {number:04d}".encode(), f"answer {number:04d}".encode()
        at = number * 10_000
        frames += [(at, udp_frame(100 + number, question, 64)), (at + 40, udp_frame(100 + number, question, 64))]
        frames += [(at + 3000, udp_frame(900 + number, answer, 63, is_reply=True))]
    found = correlate({"client": pcap(tmp_path / "copied.pcap", frames), "server": server})
    rows = fields(written(found, tmp_path))
    again = [row for row in rows if "copy=1" in row["frame.comment"]]
    assert len(again) == int(found.vantages[0].duplicates) == 12
    assert all(f"correlate packet={row['frame.packet_id']} copy=1" in row["frame.comment"] for row in again)


@needs_tshark
def test_a_frame_that_others_hold_in_pieces_names_all_its_packets(tmp_path):
    """Contract: a frame that carries several packets bears the first id; its comment says ``packets=18-62``."""
    found = run("offload-length-zero")
    rows = fields(written(found, tmp_path))
    table = found.trajectories
    several = 0
    for place in range(table.rows.shape[1]):
        held = table.rows[:, place][table.rows[:, place] >= 0]
        several += int((np.bincount(held) > 1).sum())
    assert sum(" packets=" in row["frame.comment"] for row in rows) == several


def test_frames_without_stamp_take_that_of_the_frame_before(tmp_path):
    """A simple packet block has no time stamp (draft-ietf-opsawg-pcapng section 4.4)."""
    times = merged._times(np.array([5, -(2**63), 9]), None, 0)
    assert times.tolist() == [5, 5, 9]
    assert merged._times(np.array([-(2**63), 9]), None, 3).tolist() == [3, 9]
    assert merged._times(np.array([-7]), None, 0).tolist() == [0]


def test_memory_does_not_grow_with_the_capture(tmp_path):
    """Streamed: what is alive is one chunk per vantage, however many there are."""
    found = correlate(dict(zip(("client", "server"), two_vantages(tmp_path, count=3000), strict=True)))
    sizes = []

    class Sink(io.BytesIO):
        def write(self, piece):
            sizes.append(len(piece))
            return len(piece)

    def small(vantage):
        for chunk in read_frames(found.vantages[vantage].files[0].path, chunk_bytes=8192):
            yield 0, chunk

    merged.stream_merged(found, CaptureParts(frames=small), Sink())
    assert max(sizes) < 64 * 1024
    assert sum(sizes) > 400_000


def test_fetching_and_merging_see_the_same_bytes(tmp_path):
    found = run("clean-nat")
    fetch = fetcher(found.vantages, found.packets)
    rows = np.array([0, 1, 2])
    assert all(data in written(found, tmp_path).read_bytes() for data in fetch(0, rows))


def test_equal_names_and_secrets_are_written_once(tmp_path):
    found = run("clean-nat")
    side = SideBlock(kind=4, body=b"\x01\x00\x06\x00" + bytes([10, 0, 0, 1]) + b"a\0" + bytes(2) + bytes(4))
    out = tmp_path / "m.pcapng"
    write_merged(found, CaptureParts(frames=parts(found).frames, sides={0: (side,), 1: (side,)}), out)
    assert read_side_blocks(out) == (side,)
