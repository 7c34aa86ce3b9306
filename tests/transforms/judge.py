"""What is claimed of a transformed world and must not be.

In: a world. Out: its false claims, as sentences.
Method: every warning or error graded proven or likely whose code no edit allows, and any exception.
Not here: the worlds.
"""

from __future__ import annotations

from pathlib import Path

from correlate import correlate
from tests.transforms.frames import write
from tests.transforms.worlds import World

OF_THE_HOSTS = frozenset({"server-slow", "client-slow", "no-answer", "mss-ignored"})
"""True of the original capture already."""


def false_claims(world: World, link: int, folder: Path) -> list[str]:
    """Run the tool on both captures and return what it must not have said."""
    if not world.near or not world.far:
        return []
    paths = {"near": folder / "near.pcap", "far": folder / "far.pcap"}
    write(paths["near"], link, world.near)
    write(paths["far"], link, world.far)
    result = correlate({name: str(path) for name, path in paths.items()})
    return [
        f"{one.code} {one.grade}: {one.title}"
        for one in result.findings
        if one.severity != "info" and one.grade != "inconclusive" and one.code not in world.allows | OF_THE_HOSTS
    ]
