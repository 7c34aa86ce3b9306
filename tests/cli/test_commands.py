"""Which command a command line begins with, and that every one is documented."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from correlate_cli import main
from correlate_cli.commands import COMMANDS, command_app
from correlate_cli.request import OK

DOCS = Path(__file__).parents[2] / "docs/cli.md"


def test_the_first_argument_chooses():
    assert command_app([]) is None
    assert command_app(["./explain"]) is None
    assert command_app(["a.pcap", "explain"]) is None
    assert command_app(["explain", "3"]) is not None


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_is_documented(name):
    text = DOCS.read_text("utf-8")
    assert f"correlate {name}" in text
    for parameter in typer.main.get_command(command_app([name])).params:
        for option in parameter.opts:
            if option.startswith("-"):
                assert option in text, option


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, capsys):
    assert main.main([name, "--help"]) == OK
    assert f"correlate {name}" in capsys.readouterr().out


@pytest.mark.parametrize(("typed", "offered"), [("correlate --ord", {"--order"}), ("correlate expl", {"explain"})])
def test_shells_complete_options_and_commands(typed, offered):
    environment = {
        **os.environ,
        "_CORRELATE_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    command = [sys.executable, "-c", "from correlate_cli.main import run; run()"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert set(done.stdout.split()) == offered
