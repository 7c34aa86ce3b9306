"""Rule (issue): what a set of captures proves it proves anonymized too, and nothing captured is left in the files."""

from __future__ import annotations

import ipaddress
import json
import stat
from pathlib import Path

import numpy as np
import pytest

from correlate.anonymize import anonymize, new_key, read_key
from correlate.errors import OutputError, UsageError
from correlate.load import load_vantage
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.pipeline import correlate
from correlate.read import read_frames
from tests.read import captures
from tests.read.captures import Record
from tests.told import renamed, told

ROOT = Path(__file__).resolve().parents[1] / "sample_sets"
SETS = sorted(path.parent.name for path in ROOT.glob("*/truth.json"))
KEY = bytes(range(32))
TEXTUAL = ("address", "ip.src", "ip.dst", "payload", "checksum", "data")
"""Fields of which the texts change; that they changed, and where, stays."""


def files_of(name: str) -> dict[str, tuple[str, ...]]:
    from correlate_cli.captures import find_captures

    folder = ROOT / name
    wanted = json.loads((folder / "truth.json").read_text())["captures"]
    found = find_captures([str(folder / one) for one in wanted])
    return dict(found.paths)


@pytest.fixture(scope="module", params=SETS)
def pair(request, tmp_path_factory):
    """Return the run on a set and the run on the set anonymized."""
    folder = tmp_path_factory.mktemp(request.param)
    files = files_of(request.param)
    anonymize(files, folder, key=KEY)
    after = {name: str(folder / f"{name}.pcapng") for name in files}
    return request.param, correlate(files), correlate(after), folder


def summary(run: Correlation) -> list[tuple]:
    """Return what findings say; how many bytes of a payload differ is not kept: masks differ from the block on."""
    return sorted(
        (f.code, f.hop or (), f.grade, f.severity, f.direction or "", _kept_quantity(f), f.unit or "")
        for f in run.findings
    )


def _kept_quantity(finding: Finding) -> float:
    is_masked = finding.code == "payload-altered" and finding.unit == "bytes"
    return 0 if is_masked else finding.quantity or 0


def test_damaged_bytes_are_no_fewer_under_the_mask(pair) -> None:
    """docs/privacy.md: different stays different from the same 32-byte block on."""
    _name, before, after, _folder = pair
    damaged = [
        [f.quantity for f in run.findings if f.code == "payload-altered" and f.unit == "bytes"]
        for run in (before, after)
    ]
    assert len(damaged[0]) == len(damaged[1])
    assert all(plain <= masked for plain, masked in zip(*map(sorted, damaged), strict=True))


def test_findings_are_the_same(pair) -> None:
    _name, before, after, _folder = pair
    assert summary(after) == summary(before)


def test_fates_are_the_same(pair) -> None:
    _name, before, after, _folder = pair
    assert [v.name for v in after.vantages] == [v.name for v in before.vantages]
    assert after.path.order == before.path.order
    assert np.array_equal(after.trajectories.rows, before.trajectories.rows)
    for column, values in before.fates._asdict().items():
        assert np.array_equal(getattr(after.fates, column), values), column


def test_clocks_are_the_same(pair) -> None:
    _name, before, after, _folder = pair
    for one, other in zip(before.clocks.vantages, after.clocks.vantages, strict=True):
        stamps = before.packets[one.vantage].columns.ts_ns
        for ours, theirs in zip(one.offset_at(stamps), other.offset_at(stamps), strict=True):
            assert np.array_equal(ours, theirs)


def test_changes_are_the_same_up_to_renamed_texts(pair) -> None:
    _name, before, after, _folder = pair
    for one, other in zip(before.metrics.hops, after.metrics.hops, strict=True):
        assert one.hop == other.hop
    columns = before.mutations.columns._asdict()
    for name, values in columns.items():
        if name in ("before", "after", "field"):
            continue
        assert np.array_equal(getattr(after.mutations.columns, name), values), name


def test_checksums_keep_their_states_and_headers_their_numbers(pair) -> None:
    _name, before, after, _folder = pair
    same = (
        "ts_ns", "frame", "cap_len", "wire_len", "flags", "stop", "ip_len", "ip_id", "ttl", "tos", "l4_csum_state",
        "payload_len", "payload_cap", "seq", "ack", "tcp_flags", "window", "tsval", "mss", "options", "icmp_type",
    )  # fmt: skip
    for one, other in zip(before.packets, after.packets, strict=True):
        for name in same:
            assert np.array_equal(getattr(other.columns, name), getattr(one.columns, name)), name


def test_the_whole_report_is_the_same_up_to_renamed_texts(pair) -> None:
    _name, before, after, _folder = pair
    assert told(after, {}) == told(before, renamed(before, after))


def test_no_captured_address_is_left(pair) -> None:
    """Nowhere in any frame; loopback, groups and broadcast may stay."""
    name, before, after, folder = pair
    old = {one: other for one, other in renamed(before, after).items() if one != other}
    kept = renamed(before, after).keys() - old
    assert old
    assert all(ipaddress.ip_address(one).packed[0] in (0, 127, 224, 255) for one in kept)
    packed = [ipaddress.ip_address(one).packed for one in old]
    for _captured, written in frames_of(name, folder).values():
        assert not [frame.hex() for frame in written if any(address in frame for address in packed)]


def test_no_captured_card_is_left(pair) -> None:
    """Addresses of cards in Ethernet frames; those of groups stay."""
    name, before, _after, folder = pair
    ethernet = [vantage.name for vantage in before.vantages if vantage.link_types == (1,)]
    for vantage, (captured, written) in frames_of(name, folder).items():
        cards = {frame[at : at + 6] for frame in captured for at in (0, 6)} if vantage in ethernet else set()
        cards = {card for card in cards if len(card) == 6 and any(card) and not card[0] & 1}
        assert not [frame.hex() for frame in written if frame[:6] in cards or frame[6:12] in cards]


def test_no_captured_payload_is_left(pair) -> None:
    """A mask leaves one byte in 256 by chance, equal ones where payloads are, and two that say that TLS begins."""
    name, before, _after, folder = pair
    frames = frames_of(name, folder)
    for vantage, table in zip(before.vantages, before.packets, strict=True):
        captured, written = frames[vantage.name.partition(":")[0]]
        starts = dict(zip(table.columns.frame.tolist(), table.columns.payload_offset.tolist(), strict=True))
        pairs = {(captured[frame - 1][at:], written[frame - 1][at:]) for frame, at in starts.items()}
        counts = np.array([_kept_bytes(*both) for both in pairs], np.int64).reshape(-1, 2)
        assert counts[:, 0].sum() <= 0.01 * counts[:, 1].sum() + 20
        assert not ((counts[:, 1] >= 32) & (counts[:, 0] > 0.2 * counts[:, 1])).any()


def _kept_bytes(old: bytes, new: bytes) -> tuple[int, int]:
    """Return how many bytes stayed, and how many there are, zeros apart."""
    assert len(old) == len(new)
    ours, theirs = np.frombuffer(old, np.uint8), np.frombuffer(new, np.uint8)
    return int(((ours == theirs) & (ours != 0)).sum()), int((ours != 0).sum())


def frames_of(name: str, folder: Path) -> dict[str, tuple[list[bytes], list[bytes]]]:
    """Return the captured and the written frames of every file's vantage."""
    return {
        vantage: (raw_frames(paths[0]), raw_frames(str(folder / f"{vantage}.pcapng")))
        for vantage, paths in files_of(name).items()
    }


def raw_frames(path: str) -> list[bytes]:
    return [
        chunk.data[offset : offset + length].tobytes()
        for chunk in read_frames(path)
        for offset, length in zip(chunk.columns.offset.tolist(), chunk.columns.cap_len.tolist(), strict=True)
    ]


def test_names_comments_and_descriptions_are_not_carried_over(tmp_path) -> None:
    options = captures.option(2, b"vpn-to-bank") + captures.option(3, b"Bob's laptop")
    options += captures.option(11, b"\0host 10.1.2.3 and port 80 or host secret.example")
    names = captures.block(4, b"\x01\0\x0d\0\x0a\x01\x02\x03secret.ex\0" + bytes(7))
    row = Record(10**18, bytes(60), 60)
    data = (
        captures.section()
        + captures.interface(options=options)
        + names
        + captures.packet(row, options=captures.option(1, b"look here"))
    )
    (tmp_path / "a.pcapng").write_bytes(data)
    anonymize({"a": [str(tmp_path / "a.pcapng")]}, tmp_path / "out", key=KEY)
    written = (tmp_path / "out" / "a.pcapng").read_bytes()
    for word in (b"bank", b"Bob", b"secret", b"look here", b"10.1.2.3"):
        assert word not in written
    vantage = load_vantage("a", [str(tmp_path / "out" / "a.pcapng")]).vantage
    assert vantage.interfaces[0].name == "if0"
    assert vantage.interfaces[0].capture_filter == "host 192.0.2.1 and port 80 or host renamed"


def test_one_key_renames_alike_and_another_key_otherwise(tmp_path) -> None:
    files = {"a": [str(ROOT / "clean-nat" / "lan.pcap")]}
    contents = []
    for number, key in enumerate((KEY, KEY, new_key())):
        anonymize(files, tmp_path / str(number), key=key)
        contents.append((tmp_path / str(number) / "a.pcapng").read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_chained_files_stay_as_many(tmp_path) -> None:
    files = {"a:b": [str(ROOT / "clean-nat" / "lan.pcap"), str(ROOT / "clean-nat" / "wan.pcap")]}
    written = anonymize(files, tmp_path, key=KEY)
    assert [Path(one.target).name for one in written] == ["a_b_00001.pcapng", "a_b_00002.pcapng"]
    with pytest.raises(OutputError, match="exists"):
        anonymize(files, tmp_path, key=KEY)
    assert len(anonymize(files, tmp_path, key=KEY, force=True)) == 2


def test_a_key_is_made_once_for_its_owner_only_and_read_again(tmp_path) -> None:
    first = read_key(tmp_path / "key")
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert read_key(tmp_path / "key") == first
    (tmp_path / "bad").write_text("hello")
    with pytest.raises(UsageError, match="no key"):
        read_key(tmp_path / "bad")
    with pytest.raises(OutputError, match="cannot be read or made"):
        read_key(tmp_path / "no" / "key")


def test_no_more_of_a_file_is_read_than_a_key_has(tmp_path) -> None:
    (tmp_path / "endless").symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="no key"):
        read_key(tmp_path / "endless")
