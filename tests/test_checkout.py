"""The top of the checkout holds what the README promises and nothing that a run left behind."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP = {
    ".ci",
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "benchmarks",
    "cli",
    "correlate",
    "docs",
    "justfile",
    "pyproject.toml",
    "sample_sets",
    "tests",
}


def test_nothing_strange_is_committed_at_the_top():
    """Two captures that a debugging session left at the top once turned a test of bad input into a good run."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"not a checkout that git reads: {done.stderr.strip()}")
    assert {line.split("/")[0] for line in done.stdout.splitlines()} == TOP
