"""The command line itself (contract, experience)."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from correlate_cli import main
from correlate_cli.request import BAD_INPUT, INTERRUPTED, MET, NOTHING_IN_COMMON, OK, Request

from correlate import __version__

DOCS = Path(__file__).parents[2] / "docs/cli.md"
HEAVY = ("numpy", "numba", "scapy", "networkx", "pandas", "pyarrow", "rich")


def test_help_imports_nothing_heavy():
    """Experience: --help under 0.3 s, nothing heavy is imported before it is needed."""
    code = (
        "import sys\nfrom correlate_cli.main import main\nstatus = main(['--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], status, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert done.stderr.strip() == "[] 0"
    assert "CAPTURE" in done.stdout


def test_every_option_is_documented():
    """House style: every CLI option must be documented (tested)."""
    text = DOCS.read_text("utf-8")
    command = typer.main.get_command(main.app)
    for parameter in command.params:
        for name in parameter.opts:
            if name.startswith("-"):
                assert f"`{name}" in text, name


def test_every_exit_status_is_documented():
    text = DOCS.read_text("utf-8")
    for status in (OK, MET, BAD_INPUT, NOTHING_IN_COMMON, INTERRUPTED):
        assert f"| {status} |" in text


def test_version_is_the_packages(capsys):
    assert main.main(["--version"]) == OK
    assert capsys.readouterr().out == f"correlate {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["inspect"],
        ["no-such.pcap"],
        ["--nonsense"],
        ["-Y", "tcp"],
        ["--order", "random", "a.pcap"],
        ["-T", "csv", "a.pcap"],
        ["-T", "xml", "a.pcap"],
        ["-t", "q", "a.pcap"],
        ["--kind", "client", "a.pcap"],
        ["--kind", "a=router", "a.pcap"],
        ["--fail-on", "fatal", "a.pcap"],
        ["*.nothing"],
        ["-o"],
        [""],
    ],
)
def test_a_fault_of_the_users_is_one_line_with_advice(arguments, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main.main(arguments) == BAD_INPUT
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"correlate: .+\..*\n", err), err


def test_a_wrong_choice_is_told_without_the_parsers_own_words(capsys):
    main.main(["--order", "random", "a.pcap"])
    assert "Value error" not in capsys.readouterr().err


def test_control_characters_of_arguments_do_not_reach_the_terminal(capsys):
    main.main(["a\x1b[2Jb"])
    assert "\x1b" not in capsys.readouterr().err


def test_an_interrupt_ends_with_130(monkeypatch, capsys):
    def interrupted(_request):
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "do", interrupted)
    assert main.main(["a.pcap"]) == INTERRUPTED
    assert capsys.readouterr().err == "correlate: interrupted\n"


def test_a_bug_of_ours_is_one_line_and_not_status_1(monkeypatch, capsys):
    """Status 1 would say that --fail-on was met."""

    def broken(_request):
        raise ValueError("odd")

    monkeypatch.setattr(main, "do", broken)
    assert main.main(["a.pcap"]) == BAD_INPUT
    assert "internal error: ValueError: odd" in capsys.readouterr().err


def test_options_reach_the_job(monkeypatch):
    asked = []
    monkeypatch.setattr(main, "do", lambda request: asked.append(request) or OK)
    main.main(
        [
            "a.pcap",
            "b.pcap",
            "--json",
            "--order",
            "given",
            "--reference",
            "b",
            "--kind",
            "a=end-host",
            "--fail-on",
            "warning",
            "--sha256",
            "-t",
            "u",
            "-q",
            "-n",
            "--color",
            "never",
            "-o",
            "out",
            "--force",
            "--stats",
        ]
    )
    (request,) = asked
    assert request == Request(
        captures=("a.pcap", "b.pcap"),
        out=Path("out"),
        form="json",
        order="given",
        reference="b",
        kinds={"a": "end-host"},
        fail_on="warning",
        sha256=True,
        stats=True,
        times="u",
        quiet=True,
        color="never",
        force=True,
    )


def test_the_module_runs_as_the_command_does():
    done = subprocess.run(
        [sys.executable, "-m", "correlate_cli", "--version"],
        capture_output=True,
        check=False,
        text=True,
        env=os.environ | {"COLUMNS": "80"},
    )
    assert done.stdout == f"correlate {__version__}\n"
    assert json.loads("0") == done.returncode
