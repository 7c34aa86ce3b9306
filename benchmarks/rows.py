"""The rows of the table: what is measured against what, and what it must reach.

**In:** ``House``: sizes and captures. **Out:** per row the figures of every round.
**Method:** a row is a function that yields ``Figure``; names and bounds are those of the project's performance targets.
Rows that take tools or packages that are absent yield nothing and are said to be skipped.
**Not here:** timing (``processes.py``), the other ways (``rivals.py``), the table (``compare.py``).
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import attrs

from benchmarks.large import P9_SIZES, measure
from benchmarks.processes import HERE, Cost, captures, find_tool, in_turn, spend
from benchmarks.rivals import tshark_command

ROOT = HERE.parent
SMALL = 200
"""Packets of a capture that somebody looks at by hand."""
HEAVY = ("numpy", "numba", "scapy", "networkx", "pandas")
BASE_MIB, BYTES_PER_PACKET = 220, 160


@attrs.frozen(kw_only=True, slots=False)
class House:
    """Sizes, captures and commands."""

    packets: int
    rounds: int

    @cached_property
    def pair(self) -> tuple[str, str]:
        """The two captures."""
        return captures(self.packets)

    @cached_property
    def tool(self) -> str:
        """Our program."""
        found = find_tool("correlate")
        if found is None:
            sys.exit("correlate: not found; install it first.")
        return found

    def whole(self, pair: tuple[str, str]) -> list[str]:
        """Return the command of a whole run."""
        return [self.tool, *pair, "--json", "-q"]

    @cached_property
    def against_tshark(self) -> list[tuple[Cost, Cost]]:
        """Whole runs and exports of the first capture, in turn."""
        return in_turn(self.whole(self.pair), tshark_command(self.pair[0]), self.rounds)

    def rival(self, way: str, pair: tuple[str, str]) -> list[str]:
        """Return the command of another way."""
        return [sys.executable, str(HERE / "rivals.py"), way, *pair]


class Figure(NamedTuple):
    """One round: the row's figure on the wall and in CPU seconds, and what it was made of."""

    wall: float
    cpu: float
    detail: str


class Row(NamedTuple):
    """A figure and its bounds."""

    name: str
    what: str
    must: float | None
    """None = measured for comparison only."""
    target: float | None
    is_least: bool
    """The figure must reach the bounds; else it must not exceed them."""
    measure: Callable[[House], Iterator[Figure]]
    unit: str = "x"


def _times(theirs: Cost, ours: Cost) -> Figure:
    """Theirs as a multiple of ours."""
    detail = f"{ours.wall_s:.2f} s ({ours.cpu_s:.2f} CPU) against {theirs.wall_s:.2f} s ({theirs.cpu_s:.2f} CPU)"
    return Figure(theirs.wall_s / ours.wall_s, theirs.cpu_s / ours.cpu_s, detail)


def _share(ours: Cost, theirs: Cost) -> Figure:
    """Ours as a multiple of theirs."""
    return Figure(ours.wall_s / theirs.wall_s, ours.cpu_s / theirs.cpu_s, _times(theirs, ours).detail)


def _has(*names: str) -> bool:
    return all(shutil.which(name) or importlib.util.find_spec(name) for name in names)


def one_tshark(house: House) -> Iterator[Figure]:
    if _has("tshark"):
        yield from (_times(theirs, ours) for ours, theirs in house.against_tshark)


def tshark_and_pandas(house: House) -> Iterator[Figure]:
    if _has("tshark", "pandas"):
        command = house.rival("pandas", house.pair)
        yield from (_times(b, a) for a, b in in_turn(house.whole(house.pair), command, max(1, house.rounds // 2)))


def tcpdump(house: House) -> Iterator[Figure]:
    if _has("tcpdump"):
        command = ["tcpdump", "-n", "-r", house.pair[0], "-w", "/dev/null"]
        yield from (_share(a, b) for a, b in in_turn(house.whole(house.pair), command, house.rounds))


def cat(house: House) -> Iterator[Figure]:
    if _has("cat"):
        yield from (_share(a, b) for a, b in in_turn(house.whole(house.pair), ["cat", *house.pair], house.rounds))


def _rival(way: str, package: str) -> Callable[[House], Iterator[Figure]]:
    def measure(house: House) -> Iterator[Figure]:
        if _has(package):
            # scapy takes eight minutes per million and capture: one round of three.
            rounds = max(1, house.rounds // 3) if way == "scapy" else house.rounds
            pairs = in_turn(house.whole(house.pair), house.rival(way, house.pair), rounds)
            yield from (_times(b, a) for a, b in pairs)

    return measure


def _apart(measure: Callable[[House], Iterator[Figure]]) -> Callable[[House], Iterator[Figure]]:
    """Measure within a process of its own, so that this one stays small."""

    def measured(house: House) -> Iterator[Figure]:
        with ProcessPoolExecutor(max_workers=1) as pool:
            yield from pool.submit(_all, measure, house).result()

    return measured


def _all(measure: Callable[[House], Iterator[Figure]], house: House) -> list[Figure]:
    return list(measure(house))


def reading(house: House) -> Iterator[Figure]:
    if _has("capinfos"):
        code = f"from correlate.load import load_vantage; load_vantage('a', [{house.pair[0]!r}])"
        command = ["capinfos", "-c", house.pair[0]]
        yield from (_share(a, b) for a, b in in_turn([sys.executable, "-c", code], command, house.rounds))


def bandwidth(house: House) -> Iterator[Figure]:
    from correlate.load import load_vantage  # noqa: PLC0415

    path = house.pair[0]
    load_vantage("a", [captures(SMALL)[0]])
    buffer = bytearray(1 << 20)
    for _ in range(house.rounds):
        marks = [(time.perf_counter(), time.process_time())]
        with Path(path).open("rb", buffering=0) as stream:
            while stream.readinto(buffer):
                pass
        marks.append((time.perf_counter(), time.process_time()))
        load_vantage("a", [path])
        marks.append((time.perf_counter(), time.process_time()))
        read, load = ([marks[k + 1][i] - marks[k][i] for i in (0, 1)] for k in (0, 1))
        yield Figure(100 * read[0] / load[0], 100 * read[1] / load[1], f"{load[1]:.2f} s CPU against {read[1]:.2f}")


def memory(house: House) -> Iterator[Figure]:
    allowed = BASE_MIB + BYTES_PER_PACKET * 2 * house.packets / 2**20
    for ours, _theirs in house.against_tshark:
        per_packet = (ours.peak_mib - BASE_MIB) * 2**20 / (2 * house.packets)
        detail = f"{ours.peak_mib:.0f} MiB: {BASE_MIB} MiB and {per_packet:.0f} B per packet"
        yield Figure(ours.peak_mib / allowed, ours.peak_mib / allowed, detail)


def streaming(house: House) -> Iterator[Figure]:
    for one, five in streamed(house):
        yield Figure(five / one, five / one, f"{five:.0f} MiB against {one:.0f}")


def streaming_peak(house: House) -> Iterator[Figure]:
    yield from (Figure(five, five, "whole process") for _one, five in streamed(house))


@cache
def streamed(_house: House) -> list[tuple[float, float]]:
    """Return the peaks of runs part by part on the two sizes of P9, MiB."""
    one, five = (measure(packets, "512M", 0).cost.peak_mib for packets in P9_SIZES)
    return [(one, five)]


def help_text(house: House) -> Iterator[Figure]:
    code = (
        "import sys; from correlate_cli.main import main; main(['--help']);"
        f"sys.exit(any(name in sys.modules for name in {HEAVY!r}))"
    )
    spend([sys.executable, "-c", code])
    runs = in_turn([house.tool, "--help"], [sys.executable, "-c", "pass"], 5 * house.rounds)
    yield from (_share(a, b) for a, b in runs)


def small_pair(house: House) -> Iterator[Figure]:
    if _has("tshark"):
        pair = captures(SMALL)
        spend(house.whole(pair))
        runs = in_turn(house.whole(pair), ["tshark", "-r", pair[0]], 3 * house.rounds)
        yield from (_share(a, b) for a, b in runs)


def first_run(house: House) -> Iterator[Figure]:
    pair = captures(SMALL)
    for _ in range(max(1, house.rounds // 2)):
        with tempfile.TemporaryDirectory() as name:
            for source, target in (("correlate", "correlate"), ("cli", "correlate_cli")):
                skipped = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, Path(name) / target, ignore=skipped)
            command = [sys.executable, "-m", "correlate_cli.main", *pair, "--json"]
            ours = spend(command, env={"PYTHONPATH": name}, folder=name)
            has_compiled = any(Path(name).rglob("*.nbi"))
            notice = "with a notice" if "first run" in ours.talk else "WITHOUT a notice"
            yield Figure(ours.wall_s, ours.cpu_s, notice if has_compiled else "nothing to compile")


def alike(house: House) -> Iterator[Figure]:
    from benchmarks.matching import run, write_alike  # noqa: PLC0415
    from correlate.load import load_vantage  # noqa: PLC0415

    def matched(paths: list[str]) -> float:
        return run([load_vantage(name, [path]).packets for name, path in zip("ab", paths, strict=True)])[0]["total"]

    unique = list(captures(house.packets, 96))
    matched(list(captures(SMALL)))
    with tempfile.TemporaryDirectory() as name:
        same = [str(Path(name) / side) for side in "ab"]
        for path, offset in zip(same, (0, 2_000_000), strict=True):
            write_alike(Path(path), house.packets, offset)
        for _ in range(house.rounds):
            costs = matched(same), matched(unique)
            ratio = costs[0] / costs[1]
            yield Figure(ratio, ratio, f"{costs[0]:.2f} s CPU against {costs[1]:.2f}")


def exactness(house: House) -> Iterator[Figure]:
    import numpy as np  # noqa: PLC0415

    from correlate import correlate  # noqa: PLC0415

    found = correlate(dict(zip("ab", house.pair, strict=True)))
    truth = np.load(Path(house.pair[0]).with_name("truth.npz"))
    real = np.zeros(int(truth["frame_a"].max()) + 1, np.int64)
    real[truth["frame_a"]] = truth["frame_b"]
    both = np.flatnonzero((found.match.rows >= 0).all(axis=1))
    frames = [found.packets[side].columns.frame[found.match.rows[both, side]] for side in (0, 1)]
    wrong = int(np.count_nonzero(real[frames[0]] != frames[1]))
    missed = int(np.count_nonzero((truth["frame_a"] > 0) & (truth["frame_b"] > 0))) - (len(both) - wrong)
    yield Figure(wrong + missed, wrong + missed, f"{wrong} wrong, {missed} missed of {len(both):,} pairs")


def merging(house: House) -> Iterator[Figure]:
    if _has("mergecap"):
        with tempfile.TemporaryDirectory() as name:
            ours = [house.tool, *house.pair, "-q", "--stats", "-w", f"{name}/ours.pcapng", "--force"]
            theirs = ["mergecap", "-w", f"{name}/theirs.pcapng", *house.pair]
            for a, b in in_turn(ours, theirs, max(1, house.rounds // 2)):
                stage = next(float(line.split()[1]) for line in a.talk.splitlines() if line.startswith("write"))
                ratio = stage / b.wall_s
                yield Figure(ratio, ratio, f"stage {stage:.2f} s against {b.wall_s:.2f} s ({b.cpu_s:.2f} CPU)")


ROWS = (
    Row("P1", "whole run on both, faster than `tshark -T fields` (15 fields) on one", 8, 15, True, one_tshark),
    Row("P2", "whole run, faster than two tsharks and a pandas merge", 20, 40, True, tshark_and_pandas),
    Row("P3", "whole run, as multiple of `tcpdump -w /dev/null` on one", 15, 8, False, tcpdump),
    Row("cat", "whole run, as multiple of `cat` on both", None, None, False, cat),
    Row("P4", "whole run, faster than a dpkt dictionary, equal size", 8, 15, True, _rival("dpkt", "dpkt")),
    Row("P4", "whole run, faster than a scapy dictionary, equal size", 80, 150, True, _rival("scapy", "scapy")),
    Row("P4", "whole run, faster than a script like EFF's pcapdiff", None, None, True, _rival("pcapdiff", "json")),
    Row("P5", "reading and dissecting one, as multiple of `capinfos -c`", 8, 5, False, reading),
    Row("P6", "dissecting in process, share of `read()`", 20, 40, True, _apart(bandwidth), "%"),
    Row("P8", f"peak memory, share of {BASE_MIB} MiB + {BYTES_PER_PACKET} B per packet", 1, 0.75, False, memory),
    Row(
        "P9",
        "`--memory 512M`: peak at 5M packets cut at 96 bytes, as multiple of that at 1M",
        1.25,
        1.1,
        False,
        streaming,
    ),
    Row("P9", "`--memory 512M`: peak at 5M packets cut at 96 bytes", 512, 320, False, streaming_peak, " MiB"),
    Row("P11", "`--help`, as multiple of `python -c pass`, none of the heavy packages", 30, 20, False, help_text),
    Row("P12", f"{SMALL}-packet pair, warm, as multiple of `tshark -r` on one", 8, 4, False, small_pair),
    Row("P13", f"first run ever, {SMALL}-packet pair", 20, 8, False, first_run, " s"),
    Row("P14", "matching packets that are all alike, as multiple of unique ones", 3, 1.5, False, _apart(alike)),
    Row("P15", "pairs wrong or missed against the truth", 0, 0, False, _apart(exactness), ""),
    Row("P16", "writing merged.pcapng, as multiple of `mergecap`", 6, 3, False, merging),
)
"""Bounds: what a row must reach, and what it should."""
