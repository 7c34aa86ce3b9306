"""The program that Wireshark starts (User's Guide, Extcap)."""

import os
import threading

import pytest
from correlate_cli import extcap

from tests.cli.traffic import two_vantages


def test_the_interface_its_link_type_and_its_form_are_told(capsys):
    assert extcap.main(["--extcap-interfaces", "--extcap-version=4.0"]) == 0
    assert "interface {value=correlate}" in capsys.readouterr().out
    assert extcap.main(["--extcap-dlts", "--extcap-interface", "correlate"]) == 0
    assert capsys.readouterr().out.startswith("dlt {number=")
    assert extcap.main(["--extcap-config", "--extcap-interface", "correlate"]) == 0
    lines = capsys.readouterr().out.splitlines()
    numbers = [int(line.split("{number=")[1].split("}")[0]) for line in lines]
    assert numbers == list(range(2 * extcap.MOST_CAPTURES))
    assert all(line.count("{") == line.count("}") for line in lines)


def test_a_capture_without_files_is_one_line_of_advice(tmp_path, capsys):
    assert extcap.main(["--capture", "--extcap-interface", "correlate", "--fifo", str(tmp_path / "pipe")]) == 2
    assert "Choose files" in capsys.readouterr().err
    assert extcap.main(["--capture", "--extcap-interface", "correlate"]) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes of this kind")
def test_a_run_fills_the_pipe(tmp_path):
    client, server = two_vantages(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    arguments = ["--capture", "--extcap-interface", "correlate", "--fifo", str(pipe), "--capture1", client, "--name1", "here", "--capture2", server]  # fmt: skip
    assert extcap.main(arguments) == 0
    reader.join(timeout=60)
    assert read[0][:4] == b"\x0a\x0d\x0d\x0a"
    assert b"here" in read[0]
