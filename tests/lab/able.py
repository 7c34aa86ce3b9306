"""Whether this machine can run the lab.

**In:** nothing. **Out:** a reason why not, or an empty text.
**Not here:** installing what is missing (``.ci/run``).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

TOOLS = ("ip", "ethtool", "tcpdump", "nft", "conntrack", "sysctl")


@cache
def why_not() -> str:
    """Return why the lab cannot run here; empty if it can."""
    if not sys.platform.startswith("linux"):
        return "the lab needs Linux network namespaces"
    if os.geteuid() != 0:
        return "the lab needs root"
    if not Path("/dev/net/tun").exists():
        return "the lab needs /dev/net/tun"
    return missing(TOOLS) or _namespaces()


def lacks(tools: Iterable[str], packages: Iterable[str]) -> str:
    """Return what a scenario needs and this machine has not; empty if nothing."""
    absent = [package for package in packages if importlib.util.find_spec(package) is None]
    return missing(tools) or (f"not installed: {', '.join(absent)}" if absent else "")


def missing(tools: Iterable[str]) -> str:
    """Return which tools are not installed, as a sentence; empty if all are."""
    lacking = [tool for tool in tools if shutil.which(tool) is None]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


def _namespaces() -> str:
    """Return why namespaces, or the devices in them, cannot be made."""
    name = f"lab{os.getpid()}-probe"
    steps = (
        ["ip", "netns", "add", name],
        ["ip", "-n", name, "link", "add", "one", "type", "veth", "peer", "name", "two"],
        ["ip", "-n", name, "tuntap", "add", "three", "mode", "tap"],
        [
            "ip",
            "netns",
            "exec",
            name,
            "nft",
            "add table ip t; add chain ip t c { type nat hook postrouting priority 0; }",
        ],
    )
    try:
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"`{' '.join(step[:5])} ...` fails here: {done.stderr.strip().splitlines()[0]}"
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return ""
