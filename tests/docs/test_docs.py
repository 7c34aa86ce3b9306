"""The documentation says what the code does."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_findings_is_the_catalogue():
    """docs/findings.md is generated from the table that the rules walk."""
    page = runpy.run_path(str(ROOT / "docs" / "make_findings.py"))["render"]()
    assert (ROOT / "docs" / "findings.md").read_text(encoding="utf-8") == page


def test_the_second_readme_command_is_what_ci_runs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (python3 -m venv .*)$", readme, flags=re.MULTILINE)
    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_path_in_the_architecture_page_exists():
    """The 'I want to -> edit' table must stay true."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:correlate|cli|tests|sample_sets|benchmarks|docs)/[\w./-]*)`", page))
    assert named
    missing = sorted(path for path in named if not (ROOT / path).exists())
    assert not missing


def test_every_module_has_a_test_file_or_a_tested_room():
    """Style: a test fails the build if a module has no test."""
    rooms = [path for path in (ROOT / "correlate").iterdir() if path.is_dir() and any(path.glob("*.py"))]
    untested = [room.name for room in rooms if not list((ROOT / "tests" / room.name).glob("test_*.py"))]
    assert not untested


def test_every_module_head_says_in_out_and_not_here():
    """Style: module heads tell a stranger what the room is for."""
    silent = []
    for path in (ROOT / "correlate").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name == "__init__.py" or path.parent.name == "wire":
            continue
        if not all(word in text[:1500] for word in ("In:", "Out:", "Not here:")):
            silent.append(str(path.relative_to(ROOT)))
    assert not silent


def test_the_worked_example_of_the_readme_is_what_the_tool_prints():
    """README: the flagship's output, word for word."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```text\n\$ correlate (.*?)\n(.*?)```", readme, flags=re.DOTALL)
    assert block is not None
    environment = {**os.environ, "COLUMNS": "79", "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "correlate_cli.main", *block.group(1).split()],
        cwd=ROOT / "sample_sets" / "syn-ack-altered",
        env=environment,
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode("utf-8").strip() == block.group(2).strip()
