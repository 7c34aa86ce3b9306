"""``correlate inspect``: a paragraph per capture, or JSON; what cannot be read does not hide the rest."""

from __future__ import annotations

import json
from pathlib import Path

from correlate_cli.main import main

SET = Path(__file__).resolve().parents[2] / "sample_sets" / "span-duplicates"


def test_captures_are_described_for_people(capsys) -> None:
    assert main(["inspect", str(SET / "mirror.pcap.gz"), str(SET / "server.pcap.gz")]) == 0
    text = capsys.readouterr().out
    assert text.startswith("mirror: usable, with caveats")
    assert "238 packets stand in the capture twice" in text
    assert "with mirror" in text


def test_captures_are_described_for_programs(capsys) -> None:
    assert main(["inspect", "--json", f"m={SET / 'mirror.pcap.gz'}"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "correlate.inspect/1"
    (found,) = document["captures"]
    assert (found["name"], found["frames"], found["duplicates"], found["usable"]) == ("m", 476, 238, True)


def test_a_file_that_cannot_be_read_is_named_beside_the_others(capsys, tmp_path) -> None:
    (tmp_path / "x.txt").write_text("This is not a capture, whatever one thinks.")
    assert main(["inspect", str(tmp_path / "x.txt"), str(SET / "server.pcap.gz")]) == 2
    text = capsys.readouterr().out
    assert "server: usable, sound" in text
    assert "x: not usable" in text


def test_without_a_capture_it_says_how(capsys) -> None:
    assert main(["inspect"]) == 2
    assert "no capture given" in capsys.readouterr().err
