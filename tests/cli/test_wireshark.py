"""``correlate wireshark`` (contract: other commands are subcommands)."""

from pathlib import Path

import pytest
from correlate_cli import main, wireshark
from correlate_cli.request import BAD_INPUT, OK

from correlate.errors import UsageError


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("HOME", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.delenv("WIRESHARK_CONFIG_DIR", raising=False)
    return tmp_path


def test_without_options_it_says_where_files_go_and_writes_none(home, capsys):
    assert main.main(["wireshark"]) == OK
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {path.name for path in paths} >= {"preferences", "colorfilters", "correlate.lua"}
    assert not any(path.exists() for path in paths)


def test_install_writes_them_and_again_changes_nothing(home, capsys):
    assert main.main(["wireshark", "--install"]) == OK
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    before = {path: path.read_bytes() for path in paths}
    assert main.main(["wireshark", "--install"]) == OK
    assert before == {path: path.read_bytes() for path in paths}


def test_a_file_of_the_users_is_kept_unless_forced(home, capsys):
    main.main(["wireshark", "--install"])
    preferences = next(Path(line) for line in capsys.readouterr().out.splitlines() if line.endswith("preferences"))
    preferences.write_text("mine")
    assert main.main(["wireshark", "--install"]) == BAD_INPUT
    assert preferences.read_text() == "mine"
    assert main.main(["wireshark", "--install", "--force"]) == OK
    assert preferences.read_text() != "mine"


def test_a_link_in_place_of_a_file_is_replaced_and_never_followed(home, capsys):
    assert main.main(["wireshark"]) == OK
    preferences = next(Path(line) for line in capsys.readouterr().out.splitlines() if line.endswith("preferences"))
    preferences.parent.mkdir(parents=True)
    preferences.symlink_to(home / "elsewhere")
    assert main.main(["wireshark", "--install"]) == BAD_INPUT
    assert main.main(["wireshark", "--install", "--force"]) == OK
    assert not (home / "elsewhere").exists()
    assert not preferences.is_symlink()


def test_wireshark_is_started_on_the_capture_with_profile_and_filter(tmp_path):
    capture = tmp_path / "merged.pcapng"
    capture.write_bytes(b"")
    command = wireshark.open_command("wireshark", tmp_path, 18)
    assert command == ["wireshark", "-C", "correlate", "-r", str(capture), "-Y", "frame.packet_id == 18"]
    with pytest.raises(UsageError):
        wireshark.open_command("wireshark", tmp_path / "absent.pcapng", None)


def test_a_missing_wireshark_is_said(home, capsys, monkeypatch):
    monkeypatch.setattr(wireshark, "find_program", lambda _name: None)
    assert main.main(["wireshark", "--open", "x.pcapng"]) == BAD_INPUT
    assert "not found" in capsys.readouterr().err
