"""``correlate anonymize``: files in a folder, the key where the user wants it."""

from __future__ import annotations

from pathlib import Path

from correlate_cli.main import main

LAN = Path(__file__).resolve().parents[2] / "sample_sets" / "clean-nat" / "lan.pcap"


def test_files_are_written_with_the_key_that_is_kept(tmp_path, capsys) -> None:
    for folder in ("one", "two"):
        command = ["anonymize", str(LAN), "-o", str(tmp_path / folder), "--key", str(tmp_path / "key")]
        assert main(command) == 0
    assert "lan.pcapng: " in capsys.readouterr().out
    assert (tmp_path / "one" / "lan.pcapng").read_bytes() == (tmp_path / "two" / "lan.pcapng").read_bytes()
    assert main(command) == 2
    assert "exists" in capsys.readouterr().err
    assert main([*command, "--force", "--ports"]) == 0
    assert (tmp_path / "one" / "lan.pcapng").read_bytes() != (tmp_path / "two" / "lan.pcapng").read_bytes()


def test_without_a_folder_it_says_how(capsys) -> None:
    assert main(["anonymize", str(LAN)]) == 2
    assert "-o DIR" in capsys.readouterr().err
