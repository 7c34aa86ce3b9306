"""The order of the stages; nothing else knows it.

In: vantage names and their files. Out: a ``Correlation``.
Method: files -> frames -> columns -> flows -> matches -> path -> clocks -> trajectories -> metrics -> findings; each
stage is a plain function over frozen tables.
Not here: what any stage does, and reports (the caller picks those).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import attrs
import numpy as np

from correlate.clocks import find_time_hints, fit_clocks, split_directions, suspect_directions, without_round_trips
from correlate.diagnose import diagnose
from correlate.fingerprint import fingerprint
from correlate.flows import group_flows
from correlate.focus import filtered_rows, select
from correlate.ledgers import ledgers_of
from correlate.load import Loaded
from correlate.loading import load_captures
from correlate.match import match_vantages
from correlate.metrics import find_mutations, find_rewritings, measure
from correlate.model.arrays import I64, Bool
from correlate.model.clocks import ClockModel, DirectionClock
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.matches import MatchTable, with_relays
from correlate.model.packets import PacketTable
from correlate.model.part import Part
from correlate.model.path import Path
from correlate.model.tallies import Tallies
from correlate.model.trajectories import TrajectoryTable
from correlate.model.vantage import Vantage
from correlate.options import CapturePaths, Options, check_names, files_of, floors_of, given_names, told_options
from correlate.parallel import two_at_a_time
from correlate.paths import infer_path
from correlate.progress import Progress, silent
from correlate.rereading import fetcher
from correlate.result import Result
from correlate.scope import Everything, restrict_fates, restrict_mutations
from correlate.trajectories import count_events, drop_logs_of, follow_packets, judge_fates, prove_drops

STAGES = ("read", "flows", "match", "path", "clocks", "fates", "changes", "figures", "findings")


def correlate(
    captures: Mapping[str, CapturePaths],
    *,
    options: Options | None = None,
    progress: Progress | None = None,
    part: Part | None = None,
    loading: Callable[[], Sequence[Loaded]] | None = None,
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
    loading
        Waits for the captures, which are being read already (``begin_loading``); None = they are read here.

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
    tell = progress or silent
    one = _followed(captures, options or Options(), tell, part, loading)
    chosen, match, joined, path, trajectories = one.options, one.match, one.joined, one.path, one.trajectories
    packets, flows, vantages, clocks = one.packets, one.flows, one.vantages, one.clocks
    owned = one.owned(part)
    known = part.known if part is not None else None
    judged = judge_fates(packets, flows, joined, vantages, path, clocks, trajectories, known, owned)
    fates = prove_drops(judged.fates, trajectories, match, vantages)
    everything = Everything(packets=packets, flows=flows, joined=joined, path=path, trajectories=trajectories)
    kept = asked = select(chosen.focus, everything, vantages)
    if owned is not None:
        # What answers a packet of this part belongs with it, though the next part tells of it.
        asked = np.ones(len(owned), np.bool_) if asked is None else asked
        kept = owned & asked
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
    metrics = measure(packets, flows, joined, path, clocks, trajectories, fates, mutations, kept, asked)
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
        ledgers=ledgers_of(one.loaded, match, filtered_rows(match, trajectories, kept)),
        options=told_options(chosen),
        rewritings=rewritings,
        captures=dict(one.given),
        in_scope=kept,
        tallies=judged.tallies,
    )
    tell("findings", 0, 0)
    return attrs.evolve(result, findings=diagnose(result, one.fetch, is_part=part is not None))


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
    one = _followed(captures, options, silent, part)
    tables = one.packets, one.flows, one.joined, one.vantages, one.path, one.clocks, one.trajectories
    tallies = count_events(*tables, one.owned(part))
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

    def owned(self, part: Part | None) -> Bool | None:
        """Return which packets a part tells of, None = all."""
        if part is None:
            return None
        return part.owns(self.names, self.packets, self.match.rows[self.trajectories.match_packet])


def _followed(
    captures: Mapping[str, CapturePaths],
    chosen: Options,
    tell: Progress,
    part: Part | None,
    loading: Callable[[], Sequence[Loaded]] | None = None,
) -> _Followed:
    """Read, match, order and align the captures, and follow their packets."""
    given = files_of(captures)
    loaded = loading() if loading else load_captures(captures, options=chosen, progress=tell, part=part)
    names = [one.vantage.name for one in loaded]
    check_names(names, given, chosen)
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
        floors=floors_of(names, chosen),
        directions=directions,
    )
    clocks = attrs.evolve(clocks, notes=(*clocks.notes, *find_time_hints(packets, fetch)))
    tell("fates", 0, 0)
    trajectories = follow_packets(packets, passing, path, clocks)
    return _Followed(
        options=chosen,
        given=given,
        names=given_names(names, given),
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
