"""The main job on captures that do not fit into memory (docs/cli.md: --memory, --work, -o)."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from correlate_cli.main import main
from correlate_cli.request import BAD_INPUT, NOTHING_IN_COMMON, OK

from correlate.errors import UsageError
from tests.cli.traffic import stranger, two_vantages

ASKED = ["--memory", "1G"]


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch):
    """A run may hold 20 packets, a part 16."""
    monkeypatch.setattr("correlate.scale.estimate.packets_in", lambda _memory: 20)
    monkeypatch.setattr("correlate_cli.large.packets_in_part", lambda _memory, _at_once: 16)
    monkeypatch.setattr("correlate.scale.survey.CHUNK_BYTES", 256)


@pytest.fixture
def captures(tmp_path):
    return two_vantages(tmp_path, count=40)


def test_the_page_is_of_the_whole(captures, tmp_path, capsys) -> None:
    assert main([*captures, *ASKED, "--work", str(tmp_path / "work")]) == OK
    out, _err = capsys.readouterr()
    assert "2 captures, 160 packets" in out
    assert "on 1 hop, 80 packets" in out
    assert not list((tmp_path / "work").glob("correlate-*/part-*"))


def test_files_are_of_the_whole(captures, tmp_path, capsys) -> None:
    folder = tmp_path / "out"
    assert main([*captures, *ASKED, "--work", str(tmp_path / "work"), "-o", str(folder)]) == OK
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert document["parts_count"] > 1
    assert {name: ledger["matched"] for name, ledger in document["ledger"].items()} == {"client": 80, "server": 80}
    sightings = pq.read_table(folder / "sightings.parquet").to_pylist()
    assert sorted((row["vantage"], row["frame"]) for row in sightings) == [
        (name, frame) for name in ("client", "server") for frame in range(1, 81)
    ]
    assert "report.json" in capsys.readouterr().out


def test_json_on_standard_output_is_of_the_whole(captures, tmp_path, capsys) -> None:
    assert main([*captures, *ASKED, "--work", str(tmp_path), "--json"]) == OK
    assert json.loads(capsys.readouterr().out)["flows"]["count"] == 1


def test_standard_input_that_does_not_fit_is_called_a_dash(captures, tmp_path, capsys, monkeypatch) -> None:
    """The copy that it is read from is gone when someone reads the report."""
    folder = tmp_path / "out"
    with Path(captures[0]).open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert main(["client=-", captures[1], *ASKED, "--work", str(tmp_path / "work"), "-o", str(folder)]) == OK
    capsys.readouterr()
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert document["parts_count"] > 1
    assert document["command"]["captures"]["client"] == ["-"]
    assert [file["path"] for file in document["vantages"][0]["files"]] == ["-"]
    assert {one["file"] for finding in document["findings"] for one in finding["evidence"]} <= {"-", captures[1]}
    files = pq.read_table(folder / "sightings.parquet").to_pylist()
    assert {row["file"] for row in files if row["vantage"] == "client"} == {"-"}


def test_captures_that_hold_more_than_they_seem_to_stop_being_read(captures, tmp_path, capsys, monkeypatch) -> None:
    """Nothing of them is matched in memory first."""
    monkeypatch.setattr("correlate.scale.estimate.packets_in", lambda _memory: 10**9)
    monkeypatch.setattr("correlate.loading.packets_per_capture", lambda _memory, _captures: 20)
    monkeypatch.setattr("correlate.pipeline.group_flows", None)
    monkeypatch.setattr("correlate_cli.large.correlate_large", _parts)
    assert main([*captures, *ASKED, "--work", str(tmp_path / "work")]) == BAD_INPUT
    assert "parts begin" in capsys.readouterr().err


def _parts(_plan: object, _talk: object) -> None:
    raise UsageError(where="test", what="parts begin", advice="")


@pytest.mark.parametrize("option", [["-w", "out.pcapng"], ["-T", "csv"], ["-T", "jsonl"]])
def test_what_holds_every_packet_in_one_piece_is_refused(captures, tmp_path, capsys, monkeypatch, option) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*captures, *ASKED, *option]) == BAD_INPUT
    assert "part by part. Narrow it with --from and --to" in capsys.readouterr().err
    assert not (tmp_path / "out.pcapng").exists()


def test_strangers_have_nothing_in_common_in_any_part(captures, tmp_path, capsys) -> None:
    assert main([captures[0], stranger(tmp_path), *ASKED, "--work", str(tmp_path / "work")]) == NOTHING_IN_COMMON
    capsys.readouterr()


def test_a_file_that_cannot_be_read_is_one_line(captures, tmp_path, capsys) -> None:
    bad = tmp_path / "bad.pcap"
    bad.write_bytes(b"no capture" * 200)
    assert main([captures[0], str(bad), *ASKED, "--work", str(tmp_path / "work")]) == BAD_INPUT
    err = capsys.readouterr().err
    assert "bad.pcap" in err
    assert "Traceback" not in err
