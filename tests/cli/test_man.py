"""The manual page is made from the options (issue 7)."""

import shutil
import subprocess

import pytest
import typer
from correlate_cli import main
from correlate_cli.commands import COMMANDS
from correlate_cli.man import manual


def test_every_option_is_in_the_page():
    page = manual()
    for parameter in typer.main.get_command(main.app).params:
        for option in parameter.opts:
            if option.startswith("-"):
                assert option.replace("-", "\\-") in page, option
    assert all(f".B correlate {name}" in page for name in COMMANDS)


@pytest.mark.skipif(
    shutil.which("groff") is None and shutil.which("mandoc") is None, reason="no roff formatter is installed"
)
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_formatters_have_no_complaint(name):
    command = ["groff", "-man", "-Tascii", "-ww"] if shutil.which("groff") else ["mandoc", "-Tascii", "-Werror"]
    done = subprocess.run(command, input=manual(name).encode(), capture_output=True, check=True)
    assert done.stderr == b""


def test_a_line_that_begins_with_a_dot_is_text():
    from correlate_cli.man import _roff

    assert _roff(".x\n'y") == "\\&.x\n\\(aqy"
