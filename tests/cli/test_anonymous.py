"""Rule (issue, privacy): reports can do without addresses and payload bytes."""

from __future__ import annotations

import json
from pathlib import Path

from correlate_cli.main import main

SETS = Path(__file__).resolve().parents[2] / "sample_sets"


def test_nothing_that_is_written_holds_what_was_captured(tmp_path, capsys) -> None:
    flagship = [str(SETS / "syn-ack-altered" / f"{name}.pcap") for name in ("client", "fw-int", "fw-ext", "server")]
    assert main([*flagship, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert main([*flagship, "--json", "--anonymous", "-o", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    report = json.loads(text)
    assert [one["code"] for one in report["findings"]] == [one["code"] for one in plain["findings"]]
    assert [one["files"][0]["path"] for one in report["vantages"]] == [
        one["files"][0]["path"] for one in plain["vantages"]
    ]
    addresses = {
        end for flow in plain["flows"]["items"] for ends in flow["tuples"].values() for end in (ends[0], ends[2])
    }
    assert len(addresses) > 2
    written = [path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()]
    for address in addresses:
        assert address not in text
        assert not any(address.encode() in data for data in written)
    assert not any(b"correlate-" in data and b"/c0.pcapng" in data for data in written)


def test_interfaces_of_files_are_called_as_given(capsys) -> None:
    path = str(SETS / "nat-box-any" / "box.pcap")
    assert main([f"a={path}#2", f"b={path}#3", "--anonymous", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["command"]["captures"] == {"a": [f"{path}#2"], "b": [f"{path}#3"]}
    assert main([path, "--anonymous", "--json"]) == 0
    assert f"{path}#INTERFACE picks one" in capsys.readouterr().out
