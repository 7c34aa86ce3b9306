"""The main job, from the command line to files (contract: options and exit status)."""

import json
import os
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest
from correlate_cli.job import SURE, is_met
from correlate_cli.main import main
from correlate_cli.request import BAD_INPUT, MET, NOTHING_IN_COMMON, OK

from tests.cli.traffic import stranger, two_vantages
from tests.report.builder import flagship

SCOPED = [
    str(Path(__file__).parents[2] / "sample_sets" / "clean-nat" / f"{name}.pcap") for name in ("lan", "wan", "server")
]


@pytest.fixture
def captures(tmp_path):
    return two_vantages(tmp_path)


def test_two_captures_give_a_verdict_on_standard_output(captures, capsys):
    assert main(captures) == OK
    out, err = capsys.readouterr()
    assert "2 captures, 48 packets" in out
    assert err == ""


def test_json_is_all_that_stands_on_standard_output(captures, capsys):
    assert main([*captures, "--json"]) == OK
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "correlate.report/1"
    assert list(document["command"]["captures"]) == ["client", "server"]


def test_the_folder_holds_every_file_and_a_second_run_replaces_them(captures, tmp_path, capsys):
    folder = tmp_path / "out"
    for _run in range(2):
        assert main([*captures, "-o", str(folder)]) == OK
    names = {path.name for path in folder.iterdir()}
    assert {
        "report.json",
        "sightings.parquet",
        "fates.parquet",
        "mutations.parquet",
        "graph.graphml",
        "graph.json",
    } <= names
    assert "report.json" in capsys.readouterr().out


def test_a_file_of_someone_else_is_kept_unless_forced(captures, tmp_path, capsys):
    (tmp_path / "report.json").write_text("mine")
    assert main([*captures, "-q", "-o", str(tmp_path)]) == BAD_INPUT
    assert (tmp_path / "report.json").read_text() == "mine"
    assert capsys.readouterr().err.count("\n") == 1
    assert main([*captures, "-o", str(tmp_path), "--force"]) == OK


def test_captures_without_a_common_packet_exit_with_3_and_a_report(captures, tmp_path, capsys):
    folder = tmp_path / "out"
    assert main([captures[0], stranger(tmp_path), "-o", str(folder)]) == NOTHING_IN_COMMON
    assert (folder / "report.json").exists()
    assert "UNRELATED" in capsys.readouterr().out


def test_one_capture_is_enough(captures, capsys):
    """Contract: one vantage is allowed, exit 0."""
    assert main(captures[:1]) == OK
    assert capsys.readouterr().out


def test_standard_input_is_called_a_dash_in_the_report(captures):
    with Path(captures[0]).open("rb") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "correlate_cli", "client=-", captures[1], "--json"],
            stdin=stream,
            capture_output=True,
            check=False,
        )
    assert done.returncode == OK, done.stderr
    document = json.loads(done.stdout)
    assert document["vantages"][0]["files"][0]["path"] == "-"
    assert document["command"]["captures"]["client"] == ["-"]


def test_empty_standard_input_is_called_so():
    """The copy that it was read from means nothing to the user."""
    command = [sys.executable, "-m", "correlate_cli", "client=-"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True)
    assert done.returncode == BAD_INPUT
    assert done.stderr.startswith("correlate: standard input: the file is empty.")


def test_pieces_of_a_ring_given_one_by_one_get_a_hint(captures, tmp_path, capsys):
    """A shell that expands an unquoted glob makes every piece a vantage."""
    pieces = [str(tmp_path / f"srv_0000{number}_20231114221320.pcap") for number in (1, 2)]
    Path(captures[0]).rename(pieces[0])
    Path(stranger(tmp_path)).rename(pieces[1])
    assert main(pieces) == NOTHING_IN_COMMON
    assert "quote the glob or name the folder" in capsys.readouterr().err
    main([*pieces, "-q"])
    assert capsys.readouterr().err == ""


def test_a_given_order_against_the_evidence_is_said(captures, capsys):
    assert main([*captures[::-1], "--order", "given"]) == OK
    assert "evidence orders the vantages otherwise" in capsys.readouterr().err
    main([*captures, "--order", "given"])
    assert capsys.readouterr().err == ""


def test_a_closed_pipe_is_quiet(captures):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "correlate_cli", "-q", *captures], stdout=stream, stderr=subprocess.PIPE, check=False
        )
    assert done.stderr == b""
    assert done.returncode == OK


def test_stats_and_progress_stay_off_standard_output(captures, capsys):
    assert main([*captures, "--stats", "--json"]) == OK
    out, err = capsys.readouterr()
    json.loads(out)
    assert "match" in err


def test_fail_on_counts_sure_findings_of_its_severity():
    run = flagship()
    assert is_met(run, "error")
    assert is_met(run, "info")
    assert not is_met(run, None)
    assert "inconclusive" not in SURE
    assert not is_met(flagship(findings=()), "info")


def test_fail_on_makes_the_exit_status(captures, capsys):
    status = main([*captures, "--fail-on", "info", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert status == (MET if any(one["grade"] in SURE for one in findings) else OK)


def test_a_reference_that_does_not_exist_is_one_line(captures, capsys):
    assert main([*captures, "-q", "--reference", "moon"]) == BAD_INPUT
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "moon" in err


def test_a_file_that_is_no_capture_names_itself(captures, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("hello, this is no capture at all")
    assert main([captures[0], str(tmp_path / "notes.txt"), "-q"]) == BAD_INPUT
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "notes.txt" in err


@pytest.mark.parametrize(
    ("options", "kinds", "packets"),
    [
        (["-Y", "udp.port == 53"], {"dns"}, 24),
        (["-f", "udp port 53"], {"dns"}, 24),
        (["--flow", "0"], {"handshake", "exchange"}, 16),
        (["--flow", "tcp,192.168.77.20:40000,203.0.113.80:80"], {"handshake", "exchange"}, 16),
        (["--from", "2023-11-14T22:13:21Z", "--to", "2023-11-14T22:13:22Z"], {"handshake", "exchange", "dns"}, 56),
        (["-Y", "tcp", "--flow", "0", "--to", "2023-11-14T22:13:21Z"], {"handshake", "exchange"}, 16),
    ],
)
def test_what_is_told_is_narrowed_and_every_frame_stays_counted(options, kinds, packets, capsys):
    """docs/cli.md: counts, findings and transactions speak of what is kept; the rest is ``filtered_by_option``."""
    if "-f" in options and not find_library("pcap"):
        pytest.skip("libpcap is not installed")
    assert main([*SCOPED, *options, "--json"]) == OK
    report = json.loads(capsys.readouterr().out)
    assert {one["kind"] for one in report["transactions"]["items"]} == kinds
    for hop in report["hops"]:
        assert hop["forward"]["sent"] + hop["reverse"]["sent"] == packets
    for buckets in report["ledger"].values():
        assert (buckets["matched"], buckets["filtered_by_option"]) == (packets, 216 - packets)
        assert sum(count for bucket, count in buckets.items() if bucket != "read") == buckets["read"]


def test_ping_markers_bracket_what_is_told(capsys):
    """Cases, 10: echo payloads of 22 and 33 bytes."""
    folder = Path(__file__).parents[2] / "sample_sets" / "ping-markers"
    truth = json.loads((folder / "truth.json").read_text())
    captures = [str(folder / name) for name in truth["captures"]]
    counts = []
    for options in ([], ["--between-pings", "22,33"]):
        assert main([*captures, *options, "--json"]) == OK
        counts.append(json.loads(capsys.readouterr().out)["hops"][0]["forward"]["sent"])
    assert 0 < counts[1] < counts[0]
