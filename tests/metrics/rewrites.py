"""Public captures rewritten in one known way, paired with the original frame by frame: no matching needed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import attrs
import numpy as np

from correlate.dissect import TupleInterner, dissect_frames, gather
from correlate.metrics import find_mutations
from correlate.metrics.fields import FIELD_NAMES
from correlate.model.packets import PacketTable
from correlate.read import fetch_frames, read_frames
from tests.metrics.scenes import Seen, scene, tcp

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures" / "vantages"
REWRITES = CAPTURES / "rewrites"

TOLD_OTHERWISE = {
    "tcp.options.sack_perm",
    "ip.opt.type",
    "ipv6.nxt",
    "ip.flags.df",
    "tcp.options.sack_le",
    "tcp.options.sack_re",
}
"""tshark 4.0 prints booleans as 1 and SACK edges relative; lists of types only when asked for all occurrences."""

Changed = set[tuple[int, str, str, str]]
"""(frame, field, before, after), absent = empty."""


def load(path: Path) -> PacketTable:
    """Dissect a capture file."""
    tuples = TupleInterner()
    return gather([dissect_frames(chunk, tuples, 0) for chunk in read_frames(path)], tuples)


def our_changes(name: str) -> tuple[Changed, set[int]]:
    """Return what we say changed between ``test.pcap`` and a rewritten version, and the frames that were compared."""
    paths = (REWRITES / "test.pcap", REWRITES / name)
    tables = [load(path) for path in paths]
    rows = [{int(frame): row for row, frame in enumerate(table.columns.frame)} for table in tables]
    common = sorted(set(rows[0]) & set(rows[1]))
    world = scene([[(0, tcp())]] * 2, [Seen(rows=(0, 0))] * len(common))
    pairs = np.array([[rows[0][frame], rows[1][frame]] for frame in common])

    def fetch(vantage: int, wanted) -> list[bytes]:
        frames = tables[vantage].columns.frame[wanted]
        found = fetch_frames(paths[vantage], np.unique(frames))
        return [found[int(frame)][0] for frame in frames]

    table = find_mutations(tables, world.joined(), world.path, attrs.evolve(world.trajectories, rows=pairs), fetch)
    changed = {
        (common[row["packet"]], row["field"], row["before"] or "", row["after"] or "")
        for row in world.rows_of(table)
        if row["field"] not in TOLD_OTHERWISE
    }
    return changed, set(common)


def tshark_changes(name: str, frames: set[int]) -> Changed:
    """Return the same from the differences of what tshark prints of ``frames``."""
    before, after = (_tshark_fields(REWRITES / which) for which in ("test.pcap", name))
    return {
        (frame, field, before[frame][field], after[frame][field])
        for frame in frames
        for field in before[frame]
        if before[frame][field] != after[frame][field]
    }


def _tshark_fields(path: Path) -> dict[int, dict[str, str]]:
    fields = [name for name in FIELD_NAMES if name not in TOLD_OTHERWISE and not name.startswith("outer.")]
    command = ["tshark", "-r", str(path), "-T", "fields", "-E", "occurrence=f", "-e", "frame.number"]
    command += ["-o", "tcp.desegment_tcp_streams:FALSE", "-o", "ip.defragment:FALSE"]
    for field in fields:
        command += ["-e", field]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    cells = [line.split("\t") for line in lines]
    return {int(row[0]): dict(zip(fields, map(_shortened, row[1:]), strict=True)) for row in cells}


def _shortened(text: str) -> str:
    return text if len(text) <= 128 else text[:128] + "..."
