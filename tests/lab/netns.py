"""Network namespaces: made, entered and removed.

**In:** names. **Out:** ``Namespaces``, a context that owns them and every process started in them.
**Method:** names carry the process id, so that runs side by side do not meet; on leaving, own processes are ended
and own namespaces removed, with all that they hold.
**Not here:** links and addresses (``topology.py``).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
CLONE_NEWNET = 0x40000000


class Namespaces:
    """Namespaces of one run; ``self[node]`` is the name that the system knows."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self._name = {node: f"lab{os.getpid()}-{node}" for node in nodes}
        self._started: list[subprocess.Popen[str]] = []

    def __getitem__(self, node: str) -> str:
        return self._name[node]

    def __enter__(self) -> Self:
        for node in self._name:
            run(["ip", "netns", "add", self[node]])
            self.run(node, ["ip", "link", "set", "lo", "up"])
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        for process in list(self._started):
            self.stop(process)
        for name in self._name.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    def run(self, node: str, command: Sequence[str], *, given: str | None = None, timeout: float = 60) -> str:
        """Run a command in a namespace to its end and return what it prints."""
        return run(["ip", "netns", "exec", self[node], *command], given=given, timeout=timeout)

    def start(self, node: str, command: Sequence[str]) -> subprocess.Popen[str]:
        """Start a process in a namespace; it ends with the namespaces at the latest."""
        return self.start_outside(["ip", "netns", "exec", self[node], *command])

    def start_outside(self, command: Sequence[str]) -> subprocess.Popen[str]:
        """Start a process that finds its way into namespaces by itself."""
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, stdin=subprocess.DEVNULL, text=True, cwd=ROOT)
        self._started.append(process)
        return process

    def stop(self, process: subprocess.Popen[str], ask: int = signal.SIGTERM) -> str:
        """End a process of this run and return what it wrote to standard error."""
        if process in self._started:
            self._started.remove(process)
        if process.poll() is None:
            process.send_signal(ask)
        try:
            return process.communicate(timeout=20)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[1]


def run(command: Sequence[str], *, given: str | None = None, timeout: float = 60) -> str:
    """Run a command to its end; a failure tells what it said."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=timeout, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of the lab."""
    return [sys.executable, "-m", module, *arguments]


def enter(name: str) -> None:
    """Move the calling thread into a namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/run/netns", name).open() as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter namespace {name}")
