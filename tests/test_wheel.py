"""The wheel holds all that an installed program needs: the flagship runs from it alone.

Method: built from a copy of what is shipped, unpacked by pip beside the packages it depends on, run from elsewhere.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("correlate", "cli", "pyproject.toml", "README.md", "LICENSE")
PROGRAM = """
import sys
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in getattr(finder, "__name__", "").lower()]
import correlate
assert correlate.__file__.startswith(sys.argv.pop(1)), correlate.__file__
from correlate_cli.main import run
run()
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("setuptools") is None or importlib.util.find_spec("pip") is None:
        pytest.skip("building a wheel needs pip and setuptools (extra 'test')")
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*install, "--target", str(target), str(source)], check=True, capture_output=True)
    return target


def _run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONUTF8": "1", "COLUMNS": "79"}
    command = [sys.executable, "-c", PROGRAM, str(installed), *arguments]
    folder = ROOT / "sample_sets" / "syn-ack-altered"
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_flagship_runs_from_the_wheel_with_every_report(installed: Path, tmp_path: Path) -> None:
    done = _run(installed, "client.pcap", "fw-int.pcap", "fw-ext.pcap", "server.pcap", "-o", str(tmp_path / "report"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(" ALTERED  2 SYN-ACKs changed between fw-int and client")
    assert (tmp_path / "report" / "report.html").stat().st_size > 10_000


def test_every_package_of_the_tree_is_shipped() -> None:
    """``correlate.scale`` was not: every run from the wheel ended in a traceback, none from a checkout did."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "correlate").rglob("__init__.py")}
    assert {*found, "correlate_cli"} == set(listed)


def test_files_for_wireshark_are_in_the_wheel(installed: Path) -> None:
    assert list(installed.glob("correlate/wireshark/*.lua"))
    assert (installed / "correlate" / "report" / "report.schema.json").exists()
    assert (installed / "correlate" / "py.typed").exists()
