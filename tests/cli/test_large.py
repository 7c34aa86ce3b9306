"""The main job on captures that do not fit into memory (docs/cli.md: --memory, --work, -o)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import fsspec
import pyarrow.parquet as pq
import pytest
from correlate_cli.main import main
from correlate_cli.request import BAD_INPUT, NOTHING_IN_COMMON, OK

from correlate.errors import UsageError
from tests.cli.traffic import stranger, two_vantages
from tests.scale.merged import frames_of

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


def rows_of(text: str) -> list[dict[str, object]]:
    return [row for row in map(json.loads, text.splitlines()) if row["type"] == "packet"]


def untimed(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return rows without what the clock of a part says."""
    return [{key: value for key, value in row.items() if not key.endswith("_ns")} for row in rows]


def whole(monkeypatch) -> None:
    """Let memory hold everything."""
    monkeypatch.setattr("correlate.scale.estimate.packets_in", lambda _memory: 10**9)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_rows_of_packets_are_those_of_the_run_in_memory(captures, tmp_path, capsys, monkeypatch, form) -> None:
    """docs/cli.md, -T: the same packets, numbers, frames, fates, in the same order."""

    def rows() -> list[dict[str, object]]:
        text = capsys.readouterr().out
        return rows_of(text) if form == "jsonl" else list(csv.DictReader(text.splitlines()))

    assert main([*captures, *ASKED, "--work", str(tmp_path / "work"), "-T", form]) == OK
    cut = rows()
    whole(monkeypatch)
    assert main([*captures, "-T", form]) == OK
    told = rows()
    assert len(cut) == 80
    assert untimed(cut) == untimed(told)
    assert [list(row) for row in cut] == [list(row) for row in told]


def test_findings_come_before_packets_as_report_json_has_them(captures, tmp_path, capsys) -> None:
    work = ["--work", str(tmp_path / "work")]
    assert main([*captures, *ASKED, *work, "-T", "jsonl"]) == OK
    lines = list(map(json.loads, capsys.readouterr().out.splitlines()))
    assert main([*captures, *ASKED, *work, "--json"]) == OK
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert findings
    assert lines[: len(findings)] == [{"type": "finding", **one} for one in findings]


def test_a_merged_capture_holds_every_frame_once(captures, tmp_path, capsys, monkeypatch) -> None:
    """docs/report.md, merged.pcapng: the same frames, ids and vantages in the same order as in memory."""

    def merged(name: str, *more: str) -> list[tuple[str, bytes, int]]:
        path = tmp_path / name
        assert main([*captures, "--work", str(tmp_path / "work"), "-w", str(path), *more]) == OK
        return [(one.vantage, one.data, one.packet) for one in frames_of(path.read_bytes())]

    cut = merged("cut.pcapng", *ASKED)
    whole(monkeypatch)
    assert cut == merged("whole.pcapng")
    assert len(cut) == 160
    capsys.readouterr()


def test_one_merged_capture_per_vantage(captures, tmp_path, capsys) -> None:
    out = tmp_path / "m.pcapng"
    assert main([*captures, *ASKED, "--work", str(tmp_path / "work"), "-w", str(out), "--split"]) == OK
    capsys.readouterr()
    for name in ("client", "server"):
        frames = frames_of((tmp_path / f"m-{name}.pcapng").read_bytes())
        assert [frame.vantage for frame in frames] == [name] * 80


def test_the_folder_holds_what_that_of_a_run_in_memory_holds(captures, tmp_path, capsys, monkeypatch) -> None:
    """docs/cli.md, -o: the same files; flows.log tells the same flows."""
    work = ["--work", str(tmp_path / "work")]
    assert main([*captures, *ASKED, *work, "-o", str(tmp_path / "cut")]) == OK
    whole(monkeypatch)
    assert main([*captures, "-o", str(tmp_path / "whole")]) == OK
    capsys.readouterr()
    names = [sorted(path.name for path in (tmp_path / folder).iterdir()) for folder in ("cut", "whole")]
    assert names[0] == names[1]
    logs = [(tmp_path / folder / "flows.log").read_text("utf-8").splitlines() for folder in ("cut", "whole")]
    assert logs[0] == logs[1]


def test_a_part_of_the_time_is_written_without_what_was_not_read(captures, tmp_path, capsys) -> None:
    """docs/scaling.md: parts outside --from and --to are not read."""
    out = tmp_path / "m.pcapng"
    asked = [*captures, *ASKED, "--work", str(tmp_path / "work"), "-w", str(out), "--from", "+0.3"]
    assert main(asked) == OK
    capsys.readouterr()
    frames = frames_of(out.read_bytes())
    assert 0 < len(frames) <= 160
    assert sum(frame.packet > 0 for frame in frames) == 40


@pytest.mark.parametrize("form", ["memory", "file"])
def test_captures_of_any_file_system_tell_the_same(captures, tmp_path, capsys, form) -> None:
    """docs/scaling.md: URLs are read through fsspec; everything but where the files lie is the same."""
    folder = f"memory://{tmp_path.name}" if form == "memory" else f"file://{tmp_path}"
    for path in map(Path, captures):
        fsspec.filesystem(form).pipe(f"{folder}/{path.name}", path.read_bytes())
    told = []
    for files in (captures, [f"client={folder}/client.pcap", f"{folder}/server.pcap"]):
        out = tmp_path / f"m{len(told)}.pcapng"
        asked = [*files, *ASKED, "--work", str(tmp_path / "work")]
        assert main([*asked, "--json", "-w", str(out)]) == OK
        document = json.loads(capsys.readouterr().out)
        told.append((document["hops"], document["ledger"], document["parts"], frames_of(out.read_bytes())))
    assert told[0] == told[1]


def test_a_url_of_a_folder_is_a_ring(captures, tmp_path, capsys) -> None:
    ring = f"memory://{tmp_path.name}/ring-a"
    system = fsspec.filesystem("memory")
    system.pipe(f"{ring}/a_00001_20240101000000.pcap", Path(captures[0]).read_bytes())
    system.pipe(f"{ring}/notes.txt", b"no capture")
    assert main([f"{ring}/", captures[1], *ASKED, "--work", str(tmp_path / "work"), "--json"]) == OK
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert [vantage["name"] for vantage in document["vantages"]] == ["ring-a", "server"]
    assert [file["path"] for file in document["vantages"][0]["files"]] == [
        f"{ring.replace('://', ':///')}/a_00001_20240101000000.pcap"
    ]
    assert "left out as no captures: notes.txt" in err


def test_a_url_that_is_not_there_is_one_line(captures, tmp_path, capsys) -> None:
    assert main([captures[0], f"memory://{tmp_path.name}/none.pcap", *ASKED]) == BAD_INPUT
    err = capsys.readouterr().err
    assert "none.pcap: no such file" in err
    assert len(err.strip().splitlines()) == 1


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
