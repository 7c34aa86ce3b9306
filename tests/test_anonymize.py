"""Rule (issue): what a set of captures proves it proves anonymized too, and nothing captured is left in the files."""

from __future__ import annotations

import gzip
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
from tests.read import captures
from tests.read.captures import Record

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


def test_no_captured_address_or_payload_is_left(pair) -> None:
    """Special addresses (loopback, groups) may stay; payload is looked for in pieces of 12 bytes that are no zeros."""
    name, before, _after, folder = pair
    written = b"".join(path.read_bytes() for path in folder.glob("*.pcapng"))
    for table in before.packets:
        version = table.tuples.version
        for rows, width in ((version == 4, 4), (version == 6, 16)):
            both = np.concatenate([table.tuples.src[rows], table.tuples.dst[rows]])[:, 16 - width :]
            for address in {bytes(one) for one in both}:
                if address[0] in (127, 224, 255, 0):
                    continue
                # Four bytes may appear by chance once in a while: not after an EtherType's header, though.
                assert b"\x45\x00" not in address
                assert _times(written, address) <= 1, address.hex(".")
    for path, frames in _payloads(name, before):
        for piece in frames:
            assert piece not in written, (path, piece)
    for word in (b"example", b"HTTP", b"GET "):
        assert word not in written


def _times(text: bytes, piece: bytes) -> int:
    return text.count(piece)


def _payloads(name: str, run: Correlation):
    for vantage, table in zip(run.vantages, run.packets, strict=True):
        path = vantage.files[0].path
        data = Path(path).read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        pieces = []
        for row in np.flatnonzero(table.columns.payload_cap >= 12)[:40].tolist():
            frame = _frame(path, int(table.columns.frame[row]))
            at = int(table.columns.payload_offset[row])
            piece = frame[at : at + 12]
            if any(piece):
                pieces.append(piece)
        yield path, pieces


def _frame(path: str, number: int) -> bytes:
    from correlate.read import fetch_frames

    return fetch_frames(path, np.array([number]))[number][0]


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
