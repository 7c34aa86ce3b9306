"""The one command before every commit: ``python -m tests.check``.

In: this checkout. Out: exit status 0, or 1 and the names of what failed, with the command that runs it alone.
Method: a table of commands, run one after the other; all run even if one fails.
Not here: what any of them checks (``pyproject.toml`` configures them).
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
WORDS = "correlate cli tests docs sample_sets benchmarks README.md CONTRIBUTING.md CHANGELOG.md"

QUICK = {
    "format": [PYTHON, "-m", "ruff", "format", "--check", "-q", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "-q", "."],
    "layers": [PYTHON, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    "types": [PYTHON, "-m", "mypy"],
    "spelling": [
        PYTHON,
        "-c",
        "from codespell_lib import _script_main; raise SystemExit(_script_main())",
        *WORDS.split(),
    ],
}
SLOW = {
    "docs": [
        PYTHON,
        "-m",
        "sphinx",
        "-W",
        "-q",
        "-b",
        "html",
        "docs",
        str(Path(tempfile.gettempdir()) / "correlate-docs"),
    ],
    "tests": [PYTHON, "-m", "pytest", "-q", "-n", "2"],
    "without compilation": [PYTHON, "-m", "pytest", "-q", "-n", "2", "-m", "jit_off", "tests"],
}


def main() -> int:
    """Run every check; ``--fast`` leaves out documentation and tests."""
    chosen = QUICK if "--fast" in sys.argv[1:] else {**QUICK, **SLOW}
    failed = {}
    for name, command in chosen.items():
        print(f"== {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, env=_environment(name), check=False).returncode:
            failed[name] = command
    for name, command in failed.items():
        print(f"FAILED {name}: {shlex.join(command)}")
    print("all checks passed" if not failed else f"{len(failed)} of {len(chosen)} checks failed")
    return 1 if failed else 0


def _environment(name: str) -> dict[str, str]:
    switches = {"CORRELATE_JIT": "0"} if name == "without compilation" else {}
    return {**os.environ, **switches}


if __name__ == "__main__":
    raise SystemExit(main())
