"""``correlate repair IN OUT``: what was left out is said."""

from __future__ import annotations

import json

import pytest
from correlate_cli.main import main

from tests.read import captures
from tests.read.captures import Record, whole

ROWS = [Record(1_600_000_000 * 10**9 + number * 1000, bytes([number + 1]) * 70, 70) for number in range(20)]


@pytest.fixture
def damaged(tmp_path):
    data = bytearray(captures.pcapng(ROWS))
    data[672:680] = b"\xff" * 8
    (tmp_path / "in.pcapng").write_bytes(data)
    return str(tmp_path / "in.pcapng"), str(tmp_path / "out.pcapng")


def test_what_was_left_out_is_said(damaged, capsys) -> None:
    assert main(["repair", *damaged]) == 0
    text = capsys.readouterr().out
    assert "frames written" in text
    assert "passed over" in text
    assert main(["repair", *damaged]) == 2
    assert "this file exists" in capsys.readouterr().err
    assert main(["repair", "--force", "--drop-duplicates", "--json", *damaged]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "correlate.repair/1"
    assert document["frames"] == len(whole_of(damaged[1]))
    assert document["skipped_bytes"] > 0


def test_a_sound_file_has_no_damage(tmp_path, capsys) -> None:
    (tmp_path / "in").write_bytes(captures.pcap(ROWS))
    assert main(["repair", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    assert "no damage was found" in capsys.readouterr().out
    assert whole_of(tmp_path / "out") == ROWS


def whole_of(path):
    from pathlib import Path

    return whole(Path(path)).records
