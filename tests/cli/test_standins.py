"""``--anonymous``: the same verdict, and no original byte in anything that is written."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path

import pytest
from correlate_cli.main import main

SET = Path(__file__).resolve().parents[2] / "sample_sets" / "syn-ack-altered"
CAPTURES = [str(SET / f"{name}.pcap") for name in ("client", "fw-int", "fw-ext", "server")]
ADDRESSES = ("10.110.233.50", "194.53.208.72", "10.110.235.202")


def test_reports_hold_no_original_address_and_the_same_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*CAPTURES, "-q", "--anonymous", "-o", str(tmp_path / "public")]) == 0
    told = capsys.readouterr().out
    assert told.startswith(" ALTERED  2 SYN-ACKs changed between fw-int and client")
    assert main([*CAPTURES, "-q", "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    report = json.loads((tmp_path / "public" / "report.json").read_text(encoding="utf-8"))
    assert [(one["code"], one["grade"], one["hop"]) for one in report["findings"]] == [
        (one["code"], one["grade"], one["hop"]) for one in plain["findings"]
    ]
    written = [path for path in (tmp_path / "public").rglob("*") if path.is_file()]
    assert {"report.html", "merged.pcapng", "client.pcapng"} <= {path.name for path in written}
    for path in written:
        data = path.read_bytes()
        for address in ADDRESSES:
            assert address.encode() not in data, path.name
            assert ip_address(address).packed not in data, path.name
            assert address not in told


def test_without_a_folder_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main([*CAPTURES, "-q", "--anonymous"]) == 0
    assert "ALTERED" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_one_interface_of_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{CAPTURES[0]}#eth0", CAPTURES[3], "--anonymous"]) == 2
    assert "one interface of a file" in capsys.readouterr().err
