"""Every example of the documentation runs and prints what the page shows.

In: README.md, docs/*.md. Method: a fenced ``console`` block holds ``$ command`` lines and what they print, in the folder
that the comment above it names; a line ``…`` stands for any lines. ``python`` blocks run on a desk that holds the flagship
captures and their report.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGSHIP = ROOT / "sample_sets" / "syn-ack-altered"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"<!-- in: (\S+) -->\n```console\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)```", re.DOTALL | re.MULTILINE)
GAP = "…"


@attrs.frozen
class Example:
    """One command of a page and the lines that it must print, in order."""

    folder: Path
    command: tuple[str, ...]
    printed: tuple[str, ...]


def _examples(page: Path) -> list[Example]:
    found = []
    for folder, block in CONSOLE.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *printed = part.rstrip("\n").split("\n")
            found.append(Example(ROOT / folder, tuple(command.split()), tuple(printed)))
    return found


CASES = [pytest.param(one, id=f"{page.stem}: {' '.join(one.command)}") for page in PAGES for one in _examples(page)]
SNIPPETS = [
    pytest.param(code, id=f"{page.stem} {number}")
    for page in PAGES
    for number, code in enumerate(PYTHON.findall(page.read_text(encoding="utf-8")))
]


def _run(arguments: list[str], folder: Path) -> str:
    environment = {**os.environ, "COLUMNS": "79", "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "correlate_cli.main", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def _follow(wanted: tuple[str, ...], printed: list[str]) -> str | None:
    """Return the first wanted line that does not come where it should, or None."""
    place, may_skip = 0, False
    for line in wanted:
        if line == GAP:
            may_skip = True
            continue
        ahead = printed[place:] if may_skip else printed[place : place + 1]
        if line.rstrip() not in ahead:
            return line
        place += ahead.index(line.rstrip()) + 1
        may_skip = False
    return None


@pytest.mark.parametrize("example", CASES)
def test_a_command_of_the_documentation_prints_what_the_page_shows(example: Example, tmp_path: Path) -> None:
    program, *arguments = example.command
    assert program == "correlate"
    printed = _run([word.replace("{tmp}", str(tmp_path / "report")) for word in arguments], example.folder)
    lines = [line.rstrip() for line in printed.split("\n")]
    assert _follow(example.printed, lines) is None, printed


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the pages take it for granted: the captures of the flagship, and ``report/``."""
    folder = tmp_path_factory.mktemp("desk")
    for capture in FLAGSHIP.glob("*.pcap"):
        shutil.copy(capture, folder)
    shutil.copytree(FLAGSHIP, folder / "sample_sets" / "syn-ack-altered")
    _run(["client.pcap", "fw-int.pcap", "fw-ext.pcap", "server.pcap", "-q", "-o", "report"], folder)
    return folder


@pytest.mark.parametrize("code", SNIPPETS)
def test_python_of_the_documentation_runs(code: str, desk: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=desk, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_documentation_has_examples() -> None:
    """A pattern that finds nothing would pass in silence."""
    assert len(CASES) >= 5
    assert len(SNIPPETS) >= 3


def test_every_option_that_the_pages_name_exists() -> None:
    """Options of ``correlate`` in code spans and command lines are options of some command."""
    commands = ("", "explain", "wireshark", "inspect", "repair", "anonymize", "man")
    known = set()
    for command in commands:
        known.update(re.findall(r"--[a-z][\w-]+", _run([*command.split(), "--help"], ROOT)))
    named: dict[str, str] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for line in re.findall(r"`(correlate [^`]+)`|^(?:    |\$ )(correlate .*)$", text, flags=re.MULTILINE):
            named.update(dict.fromkeys(re.findall(r"--[a-z][\w-]+", "".join(line)), page.name))
    unknown = {option: page for option, page in named.items() if option not in known}
    assert named
    assert not unknown


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """Warnings are errors: a dead link or a page in no table of contents stops it."""
    pytest.importorskip("sphinx", reason="the extra 'docs' is not installed")
    pytest.importorskip("furo", reason="the extra 'docs' is not installed")
    pytest.importorskip("myst_parser", reason="the extra 'docs' is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
