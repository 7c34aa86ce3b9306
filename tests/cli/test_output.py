"""Results on standard output."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from correlate_cli.output import has_color, has_unicode


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("choice", "environment", "stream", "colored"),
    [
        ("auto", {}, Terminal(), True),
        ("auto", {}, io.StringIO(), False),
        ("auto", {"NO_COLOR": "1"}, Terminal(), False),
        ("auto", {"NO_COLOR": ""}, Terminal(), True),
        ("auto", {"FORCE_COLOR": "1"}, io.StringIO(), True),
        ("auto", {"TERM": "dumb"}, Terminal(), False),
        ("always", {"NO_COLOR": "1"}, io.StringIO(), True),
        ("never", {"FORCE_COLOR": "1"}, Terminal(), False),
    ],
)
def test_colour_follows_option_then_environment_then_terminal(choice, environment, stream, colored):
    """no-color.org: NO_COLOR counts when it is not empty."""
    assert has_color(choice, stream, environment) is colored


@pytest.mark.parametrize(("encoding", "whole"), [("utf-8", True), ("UTF8", True), ("ascii", False), ("latin-1", False)])
def test_only_utf_holds_unicode(encoding, whole):
    assert has_unicode(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is whole


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_full_disk_behind_standard_output_is_one_line_and_no_internal_error() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "correlate_cli.main", "man"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"correlate: standard output: cannot be written (No space left on device). ")
    assert done.stderr.count(b"\n") == 1
