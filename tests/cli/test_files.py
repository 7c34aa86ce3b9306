"""Where captures go: -w, --split, -o (contract)."""

import io
import os
import shutil
import subprocess
import sys

import pytest
from correlate_cli import main
from correlate_cli.files import check_capture_file
from correlate_cli.request import BAD_INPUT, OK

from correlate.errors import OutputError, UsageError
from tests.cli.traffic import two_vantages


def test_w_writes_only_the_merged_capture(tmp_path, capsys):
    assert main.main([*two_vantages(tmp_path), "-q", "-w", str(tmp_path / "m.pcapng")]) == OK
    assert sorted(path.name for path in tmp_path.iterdir()) == ["client.pcap", "m.pcapng", "server.pcap"]
    assert "m.pcapng" in capsys.readouterr().out


def test_split_writes_one_capture_per_vantage(tmp_path, capsys):
    assert main.main([*two_vantages(tmp_path), "-q", "--split", "-w", str(tmp_path / "m.pcapng")]) == OK
    assert (tmp_path / "m-client.pcapng").exists()
    assert (tmp_path / "m-server.pcapng").exists()
    assert not (tmp_path / "m.pcapng").exists()


def test_a_capture_that_was_given_is_never_overwritten(tmp_path, capsys):
    """Not even with --force: it is the evidence."""
    paths = two_vantages(tmp_path)
    before = (tmp_path / "client.pcap").read_bytes()
    assert main.main([*paths, "-q", "--force", "-w", paths[0]]) == BAD_INPUT
    assert (tmp_path / "client.pcap").read_bytes() == before


def test_files_of_others_are_kept_own_ones_replaced(tmp_path, capsys):
    paths, target = two_vantages(tmp_path), tmp_path / "m.pcapng"
    target.write_bytes(b"mine")
    assert main.main([*paths, "-q", "-w", str(target)]) == BAD_INPUT
    assert target.read_bytes() == b"mine"
    assert main.main([*paths, "-q", "--force", "-w", str(target)]) == OK
    assert main.main([*paths, "-q", "-w", str(target)]) == OK


def test_standard_output_carries_the_capture_and_nothing_else(tmp_path):
    command = [sys.executable, "-m", "correlate_cli.main", *two_vantages(tmp_path), "-q", "-w", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout[:4] == b"\x0a\x0d\x0d\x0a"
    assert done.stderr == b""
    if shutil.which("tshark"):
        read = subprocess.run(["tshark", "-r", "-"], input=done.stdout, capture_output=True, check=True)
        assert len(read.stdout.splitlines()) == 48


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_stays_and_nobody_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for force in (False, True):
        with pytest.raises(OutputError, match="a device or a pipe, which stays"):
            check_capture_file(str(tmp_path / "pipe"), [], is_split=False, force=force)


@pytest.mark.parametrize("target", ["no/such/folder/m.pcapng", "."])
def test_a_place_that_cannot_be_is_told_before_the_run(target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError):
        check_capture_file(target, [], is_split=False, force=False)


def test_captures_do_not_go_to_terminals_nor_several_into_one_pipe(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    with pytest.raises(UsageError):
        check_capture_file("-", [], is_split=False, force=False)
    with pytest.raises(UsageError):
        check_capture_file("-", [], is_split=True, force=False)


def test_the_folder_holds_the_merged_capture_or_the_split_ones(tmp_path, capsys):
    paths = two_vantages(tmp_path)
    assert main.main([*paths, "-q", "-o", str(tmp_path / "one")]) == OK
    assert (tmp_path / "one/merged.pcapng").exists()
    assert main.main([*paths, "-q", "--split", "-o", str(tmp_path / "two")]) == OK
    assert sorted(path.name for path in (tmp_path / "two").glob("*.pcapng")) == ["merged-client.pcapng", "merged-server.pcapng"]  # fmt: skip
