"""The order of the stages; nothing else knows it.

In: vantage names and their files. Out: a ``Correlation``.
Method: files -> frames -> columns -> flows -> matches -> path -> clocks -> trajectories -> metrics -> findings; each
stage is a plain function over frozen tables.
Not here: what any stage does, and reports (the caller picks those).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any, Literal

import attrs
import numpy as np

from correlate.budget import packets_per_capture
from correlate.clocks import find_time_hints, fit_clocks, split_directions, suspect_directions, without_round_trips
from correlate.diagnose import diagnose
from correlate.errors import UsageError
from correlate.fingerprint import fingerprint
from correlate.flows import group_flows
from correlate.focus import Focus, filtered_rows, select
from correlate.load import Loaded, load_vantage, split_path
from correlate.match import match_vantages
from correlate.metrics import find_mutations, find_rewritings, measure
from correlate.model.arrays import I64, Bool
from correlate.model.clocks import ClockModel, DirectionClock
from correlate.model.correlation import Correlation
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.frames import FrameChunk, FrameSource, SideBlock
from correlate.model.ledger import Ledger
from correlate.model.matches import MatchTable, with_relays
from correlate.model.packets import FrameFate, PacketTable
from correlate.model.part import Part
from correlate.model.path import Path
from correlate.model.tallies import Tallies
from correlate.model.trajectories import TrajectoryTable
from correlate.model.vantage import Kind, Vantage
from correlate.parallel import two_at_a_time
from correlate.paths import infer_path
from correlate.read import fetch_frames, read_side_blocks, read_stretch
from correlate.read.blocks import SECRETS
from correlate.result import Result
from correlate.scope import Everything, restrict_fates, restrict_mutations
from correlate.split import pick_interface, split_vantage
from correlate.trajectories import count_events, drop_logs_of, follow_packets, judge_fates, prove_drops
from correlate.wire.linktypes import NO_PACKET

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total); total 0 = unknown."""

CapturePaths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

STAGES = ("read", "flows", "match", "path", "clocks", "fates", "changes", "figures", "findings")


@attrs.frozen(kw_only=True)
class Options:
    """What a user may choose; defaults are the tool's."""

    order: Literal["inferred", "given"] = "inferred"
    reference: str | None = None
    """Vantage whose clock is the reference; None = the first in path order."""
    kinds: Mapping[str, Kind] = attrs.field(factory=dict)
    floors: Mapping[tuple[str, str], int] = attrs.field(factory=dict)
    """(from, to), vantage names: a packet takes at least so many ns from the one to the other."""
    sha256: bool = False
    memory_bytes: int | None = None
    """What the run may use; None = most of the machine's."""
    focus: Focus = attrs.field(factory=Focus)
    """What is left out of what is told."""


def correlate(
    captures: Mapping[str, CapturePaths],
    *,
    options: Options | None = None,
    progress: Progress | None = None,
    part: Part | None = None,
) -> Result:
    """Line up captures of the same traffic and say what happened between them.

    Parameters
    ----------
    captures
        Vantage name -> its file, or the files that together are its capture. The order matters only where evidence
        is silent about the order of the path.
    options
        See :class:`Options`.
    progress
        Told which stage is at work.
    part
        Read and tell of a part of the captures only; None = of all.

    Returns
    -------
    Result
        Every table of the run, with ways to look at it: ``findings``, ``tables``, ``graph``, ``text()``.

    Raises
    ------
    UnreadableCapture
        If a file cannot be read at all.
    UsageError
        If there is no capture, or an option names a vantage that does not exist.
    """
    tell = progress or _silent
    one = _followed(captures, options or Options(), tell, part)
    chosen, match, joined, path, trajectories = one.options, one.match, one.joined, one.path, one.trajectories
    packets, flows, vantages, clocks = one.packets, one.flows, one.vantages, one.clocks
    known = part.known if part is not None else None
    fates = judge_fates(packets, flows, joined, vantages, path, clocks, trajectories, known)
    fates = prove_drops(fates, trajectories, match, vantages)
    everything = Everything(packets=packets, flows=flows, joined=joined, path=path, trajectories=trajectories)
    kept = select(chosen.focus, everything, vantages)
    if part is not None:
        owned = part.owns(one.names, packets, match.rows[trajectories.match_packet])
        kept = owned if kept is None else kept & owned
    if kept is not None:
        fates = restrict_fates(fates, kept)
    tell("changes", 0, 0)
    calls: list[Callable[[], Any]] = [
        partial(find_mutations, packets, joined, path, trajectories, one.fetch),
        partial(find_rewritings, packets, path, trajectories),
    ]
    mutations, rewritings = two_at_a_time(calls, packets=max(map(len, packets)))
    tell("figures", 0, 0)
    if kept is not None:
        mutations = restrict_mutations(mutations, kept)
    metrics = measure(packets, flows, joined, path, clocks, trajectories, fates, mutations, kept)
    filtered = filtered_rows(match, trajectories, kept)
    copies = np.bincount(match.copies.vantage, minlength=len(vantages))
    result = Result(
        vantages=tuple(attrs.evolve(v, duplicates=int(n)) for v, n in zip(vantages, copies, strict=True)),
        packets=tuple(packets),
        flows=tuple(flows),
        joined=joined,
        match=match,
        path=path,
        clocks=clocks,
        trajectories=trajectories,
        fates=fates,
        mutations=mutations,
        metrics=metrics,
        findings=(),
        ledgers=tuple(_ledger(each, match, index, filtered[index]) for index, each in enumerate(one.loaded)),
        options=told_options(chosen),
        rewritings=rewritings,
        captures=dict(one.given),
        in_scope=kept,
    )
    tell("findings", 0, 0)
    return attrs.evolve(result, findings=diagnose(result, one.fetch))


@attrs.frozen(kw_only=True)
class Scouted:
    """What a part shows before anything is judged."""

    vantages: tuple[str, ...]
    """Names, input order."""
    path: Path
    reference: int
    """Input index."""
    tallies: Tallies | None
    """How often packets were surely lost and surely missed; None = there is no hop."""


def scout(captures: Mapping[str, CapturePaths], *, options: Options, part: Part) -> Scouted:
    """Follow the packets of a part of the captures and count; errors as :func:`correlate`."""
    one = _followed(captures, options, _silent, part)
    tallies = count_events(one.packets, one.flows, one.joined, one.vantages, one.path, one.clocks, one.trajectories)
    names = tuple(vantage.name for vantage in one.vantages)
    return Scouted(vantages=names, path=one.path, reference=one.clocks.reference, tallies=tallies)


@attrs.frozen(kw_only=True)
class _Followed:
    """Everything up to the packets' ways."""

    options: Options
    given: Mapping[str, tuple[str, ...]]
    """Captures as they were given."""
    names: Sequence[str]
    """Per vantage: the capture it came from."""
    loaded: Sequence[Loaded]
    vantages: Sequence[Vantage]
    packets: Sequence[PacketTable]
    flows: Sequence[FlowTable]
    match: MatchTable
    joined: JoinedFlows
    path: Path
    clocks: ClockModel
    trajectories: TrajectoryTable
    fetch: Callable[[int, I64], list[bytes]]


def _followed(captures: Mapping[str, CapturePaths], chosen: Options, tell: Progress, part: Part | None) -> _Followed:
    """Read, match, order and align the captures, and follow their packets."""
    if not isinstance(captures, Mapping):
        what = f"captures are given as {type(captures).__name__}, not as a mapping"
        advice = 'Name each vantage: correlate({"client": "client.pcap", "server": ["1.pcap", "2.pcap"]}).'
        raise UsageError(where="captures", what=what, advice=advice)
    given = {name: _as_paths(paths) for name, paths in captures.items()}
    loaded = load_captures(captures, options=chosen, progress=tell, part=part)
    names = [one.vantage.name for one in loaded]
    _check_names(names, given, chosen)
    vantages = [one.vantage for one in loaded]
    packets = [one.packets for one in loaded]
    fetch = fetcher(vantages, packets)

    tell("flows", 0, 0)
    count = max(map(len, packets))
    flows = two_at_a_time([partial(group_flows, table) for table in packets], packets=count)
    tell("match", 0, 0)
    prints = two_at_a_time([partial(fingerprint, table) for table in packets], packets=count)
    match, joined = match_vantages(packets, flows, prints, fetch)
    del prints
    # What a drop log holds never went on: it is no point of the path.
    passing = match.without(drop_logs_of(vantages))
    tell("path", 0, 0)
    evidence = with_relays(passing)
    path = infer_path(packets, flows, joined, evidence, keep_given_order=chosen.order == "given")
    tell("clocks", 0, 0)
    reference = names.index(chosen.reference) if chosen.reference else None
    ticks = [vantage.tick_ns for vantage in vantages]
    packets, path, directions = _untangle(packets, flows, joined, evidence, path, ticks, chosen)
    clocks = fit_clocks(
        packets,
        evidence,
        path,
        ticks,
        reference=reference,
        floors=_floors(names, chosen),
        directions=directions,
    )
    clocks = attrs.evolve(clocks, notes=(*clocks.notes, *find_time_hints(packets, fetch)))
    tell("fates", 0, 0)
    trajectories = follow_packets(packets, passing, path, clocks)
    return _Followed(
        options=chosen,
        given=given,
        names=_given_names(names, given),
        loaded=loaded,
        vantages=vantages,
        packets=packets,
        flows=flows,
        match=match,
        joined=joined,
        path=path,
        clocks=clocks,
        trajectories=trajectories,
        fetch=fetch,
    )


def load_captures(
    captures: Mapping[str, CapturePaths],
    *,
    options: Options | None = None,
    progress: Progress | None = None,
    part: Part | None = None,
) -> list[Loaded]:
    """Read and dissect captures as :func:`correlate` does, interfaces that are vantages of their own apart."""
    given, chosen = {name: _as_paths(paths) for name, paths in captures.items()}, options or Options()
    _check_given(given, chosen)
    return _load_all(given, chosen, progress or _silent, part)


def _given_names(names: Iterable[str], given: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the name on the command line of each vantage; interfaces that are vantages have longer ones."""
    return [name if name in given else name.rpartition(":")[0] for name in names]


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Progress nobody asked for."""


def _as_paths(paths: CapturePaths) -> tuple[str, ...]:
    if isinstance(paths, str | os.PathLike):
        return (os.fspath(paths),)
    return tuple(os.fspath(path) for path in paths)


def _check_given(given: Mapping[str, tuple[str, ...]], options: Options) -> None:
    """Refuse before the work what cannot become right by it."""
    if not given:
        raise UsageError(where="command line", what="no capture given", advice="Name at least one capture file.")
    empty = [name for name, paths in given.items() if not paths]
    if empty:
        raise UsageError(where=empty[0], what="this vantage has no file", advice="Give it at least one capture file.")
    for name in _asked(options):
        # NAME:INTERFACE may come to be when NAME's file is read.
        if name not in given and name.rpartition(":")[0] not in given:
            raise _unknown(name, given)


def _check_names(names: Sequence[str], given: Mapping[str, tuple[str, ...]], options: Options) -> None:
    """Refuse names that the captures, now read, do not bear out."""
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        what = "two vantages have this name, one is an interface of another capture"
        raise UsageError(where=doubled[0], what=what, advice="Give one of the captures another name: NAME=PATH.")
    for name in _asked(options):
        if name not in names and not (name in options.kinds and name in given):
            raise _unknown(name, names)


def _asked(options: Options) -> list[str]:
    floored = [name for ends in options.floors for name in ends]
    return [*options.kinds, *floored, *([options.reference] if options.reference else [])]


def _unknown(name: str, names: Iterable[str]) -> UsageError:
    what, known = "no vantage has this name", ", ".join(names)
    return UsageError(where=name, what=what, advice=f"The vantages are: {known}.")


def _untangle(  # noqa: PLR0913, PLR0917 -- as the stages it calls
    packets: list[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    match: MatchTable,
    path: Path,
    ticks: Sequence[int],
    options: Options,
) -> tuple[list[PacketTable], Path, tuple[DirectionClock, ...]]:
    """Put captures that stamp their two directions by different clocks on one; their round trips misled the path."""
    suspects = suspect_directions(packets, flows)
    if not suspects:
        return packets, path, ()
    marked = without_round_trips(packets, suspects)
    cautious = infer_path(marked, flows, joined, match, keep_given_order=options.order == "given")
    moved, directions = split_directions(packets, flows, joined, cautious, ticks, suspects)
    return (moved, cautious, directions) if directions else (packets, path, ())


def _floors(names: Sequence[str], options: Options) -> dict[tuple[int, int], int]:
    """Return the floors by input index."""
    index = {name: at for at, name in enumerate(names)}
    return {(index[first], index[second]): ns for (first, second), ns in options.floors.items()}


def told_options(options: Options) -> dict[str, object]:
    """Return the options as they go into the report: keys are text."""
    floors = {f"{first}>{second}": ns for (first, second), ns in options.floors.items()}
    focus = {name: value for name, value in attrs.asdict(options.focus).items() if value is not None}
    return {**attrs.asdict(options), "floors": floors, "focus": focus}


def _load_all(
    names: Mapping[str, tuple[str, ...]], options: Options, tell: Progress, part: Part | None
) -> list[Loaded]:
    """Load the captures, two at a time; results keep the given order, interfaces that are vantages in file order."""
    files = [split_path(path)[0] for paths in names.values() for path in paths]
    total = sum(os.stat(path).st_size for path in files if os.path.exists(path))  # noqa: PTH116, PTH110 -- paths are strings from the command line
    most_packets = packets_per_capture(options.memory_bytes, len(names))
    done = 0
    lock = Lock()

    def on_bytes(count: int) -> None:
        nonlocal done
        with lock:
            done += count
            tell("read", done, total)

    def load(name: str) -> list[Loaded]:
        parts = [split_path(path) for path in names[name]]
        paths, wanted = [path for path, _ in parts], {interface for _, interface in parts}
        if len(wanted) > 1:
            what = "its files are not all of the same interface"
            raise UsageError(where=name, what=what, advice="Write #INTERFACE behind each of them, or behind none.")
        kind = options.kinds.get(name, "unknown")
        loaded = load_vantage(
            name,
            paths,
            kind=kind,
            with_sha256=options.sha256,
            on_bytes=on_bytes,
            most_packets=most_packets if part is None else None,
            stretches=None if part is None else part.stretches[name],
        )
        (interface,) = wanted
        return split_vantage(loaded) if interface is None else [pick_interface(loaded, interface)]

    with ThreadPoolExecutor(max_workers=2) as pool:
        loaded = [one for several in pool.map(load, names) for one in several]
    kinds = [options.kinds.get(one.vantage.name, one.vantage.kind) for one in loaded]
    return [
        attrs.evolve(one, vantage=attrs.evolve(one.vantage, kind=kind)) for one, kind in zip(loaded, kinds, strict=True)
    ]


def fetcher(vantages: Sequence[Vantage], packets: Sequence[PacketTable]) -> Callable[[int, I64], list[bytes]]:
    """Return a function that reads the raw bytes of packet rows again, for proof."""

    def fetch(vantage: int, rows: I64) -> list[bytes]:
        columns = packets[vantage].columns
        files, frames = columns.file[rows], columns.frame[rows]
        found: dict[tuple[int, int], bytes] = {}
        for index in np.unique(files).tolist():
            wanted = np.unique(frames[files == index])
            file = vantages[vantage].files[index]
            for frame, (data, _link) in fetch_frames(file.path, wanted, start=file.start).items():
                found[index, frame] = data
        return [found.get((file, frame), b"") for file, frame in zip(files.tolist(), frames.tolist(), strict=True)]

    return fetch


def frame_source(correlation: Correlation) -> FrameSource:
    """Return a function that reads all frames of a vantage (input index) again, file after file."""

    def frames(vantage: int) -> Iterator[tuple[int, FrameChunk]]:
        for index, file in enumerate(correlation.vantages[vantage].files):
            picked = correlation.vantages[vantage].picked
            for chunk in read_stretch(file.path, file.stretch):
                yield index, chunk if picked is None else _only(chunk, picked[index])

    return frames


def _only(chunk: FrameChunk, picked: frozenset[int]) -> FrameChunk:
    """Return a chunk whose frames of other interfaces are marked as no packets; frame numbers stay."""
    interfaces = [
        one if index in picked else attrs.evolve(one, link_type=NO_PACKET) for index, one in enumerate(chunk.interfaces)
    ]
    return attrs.evolve(chunk, interfaces=tuple(interfaces))


def side_blocks(correlation: Correlation, *, with_secrets: bool = True) -> dict[int, tuple[SideBlock, ...]]:
    """Return the names, and unless told not to the decryption secrets, that each vantage's files carry."""
    return {
        index: tuple(
            side
            for file in vantage.files
            for side in read_side_blocks(file.path)
            if with_secrets or side.kind != SECRETS
        )
        for index, vantage in enumerate(correlation.vantages)
    }


def _ledger(one: Loaded, match: MatchTable, index: int, is_filtered: Bool) -> Ledger:
    """Count each frame of a vantage into exactly one bucket."""
    size = len(one.packets)
    is_copy = np.zeros(size, np.bool_)
    is_copy[match.copies.row[match.copies.vantage == index]] = True
    is_copy &= ~is_filtered
    is_matched = np.zeros(size, np.bool_)
    shared = (match.rows >= 0).sum(axis=1) > 1
    rows = match.rows[shared, index]
    is_matched[rows[rows >= 0]] = True
    is_matched &= ~is_copy & ~is_filtered
    is_incomplete = match.incomplete_fragments[index] & ~is_matched & ~is_copy & ~is_filtered
    rest = size - sum(int(bucket.sum()) for bucket in (is_copy, is_matched, is_incomplete, is_filtered))
    ledger = Ledger(
        read=one.vantage.frames,
        matched=int(is_matched.sum()),
        unmatched=rest,
        copy=int(is_copy.sum()),
        not_ip=one.frame_counts[FrameFate.NOT_IP],
        fragment_incomplete=int(is_incomplete.sum()),
        unsupported_link=one.frame_counts[FrameFate.UNSUPPORTED_LINK],
        malformed=one.frame_counts[FrameFate.MALFORMED],
        filtered_by_option=int(is_filtered.sum()),
    )
    ledger.check()
    return ledger
