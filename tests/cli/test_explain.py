"""``correlate explain PACKET``."""

import pytest
from correlate_cli import main
from correlate_cli.request import BAD_INPUT, OK

from tests.cli.traffic import two_vantages


def test_captures_or_the_folder_of_an_earlier_run(tmp_path, capsys):
    paths = two_vantages(tmp_path)
    assert main.main(["explain", "3", *paths]) == OK
    first = capsys.readouterr().out
    assert first.startswith(" PACKET 3  UDP 13, forward")
    assert main.main([*paths, "-q", "-o", str(tmp_path / "out")]) == OK
    capsys.readouterr()
    assert main.main(["explain", "3", str(tmp_path / "out")]) == OK
    assert capsys.readouterr().out == first
    assert main.main(["explain", "server#3", *paths]) == OK
    assert capsys.readouterr().out == first


@pytest.mark.parametrize("arguments", [["explain", "3"], ["explain", "99", "{0}", "{1}"], ["explain", "x", "{0}", "{1}"], ["explain", "3", "-"], ["explain"], ["explain", "3", "{0}", "--color", "odd"]])  # fmt: skip
def test_faults_are_one_line(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    paths = two_vantages(tmp_path)
    assert main.main([one.format(*paths) for one in arguments]) == BAD_INPUT
    assert capsys.readouterr().err.count("\n") == 1


def test_a_report_that_is_none_is_said(tmp_path, capsys):
    (tmp_path / "report.json").write_text("[]")
    assert main.main(["explain", "1", str(tmp_path)]) == BAD_INPUT
    assert "no report of correlate" in capsys.readouterr().err
