"""The fate of every packet on every hop of its way.

**In:** all tables of earlier stages. **Out:** :class:`~correlate.model.trajectories.FateColumns`.

**Method:** per direction of travel: hops between two sightings are decided at once, then hop by hop the packets that
the far vantage lacks go through ``RULES`` and those first seen there through ``judge_arrivals``. ``lost`` and
``absorbed`` end a packet's way. Packets whose direction is unknown have no way and no rows.

**Not here:** the rules themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

import attrs
import numpy as np

from correlate.model.arrays import I8, I32, I64, U8, Bool
from correlate.model.clocks import ClockModel
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.packets import PacketTable
from correlate.model.path import Path
from correlate.model.tallies import Tallies, Tally
from correlate.model.trajectories import Fate, FateColumns, FateGrade, Reason, TrajectoryTable
from correlate.model.vantage import Vantage
from correlate.parallel import two_at_a_time
from correlate.trajectories.absence import Absence, Ruling
from correlate.trajectories.datagram_sizes import find_too_large_datagrams
from correlate.trajectories.delivered import lay_delivered
from correlate.trajectories.evidence import Evidence, Stream, collect, find_stuck, read_stream
from correlate.trajectories.forged import find_forged
from correlate.trajectories.forgotten import find_forgotten
from correlate.trajectories.fragments import find_unassembled
from correlate.trajectories.groups import FlowView, Runs, find_elsewhere, find_runs, view_flows
from correlate.trajectories.rates import Odds, weigh_hops
from correlate.trajectories.receiver import find_unreceived
from correlate.trajectories.rules import RULES
from correlate.trajectories.scene import Scene, Travel, set_scene
from correlate.trajectories.sheet import Sheet, blank_rows
from correlate.trajectories.sizes import find_too_large
from correlate.trajectories.tally import Passes, count_passes, tally_up
from correlate.trajectories.travel import view_travel
from correlate.trajectories.twins import find_twins
from correlate.trajectories.upstream import Arrival, judge_arrivals
from correlate.trajectories.window import Window, is_sandwiched, locate, longest_transit

UNDECIDED = -1


LEAST_PASSES = 5
"""Packets of one flow and direction that a capture cannot all have missed by chance."""

UNSURE = (Window.EDGE, Window.UNALIGNED)
"""Windows in which a capture may have been off: what it lacks there it has not missed."""


class Judged(NamedTuple):
    """What judging came to."""

    fates: FateColumns
    tallies: Tallies | None
    """What the packets that are told of count; None = there is no hop."""


@attrs.frozen(kw_only=True)
class Court:
    """One direction with everything its hops need."""

    scene: Scene
    travel: Travel
    back: Travel
    evidence: Evidence
    traits: dict[int, U8]
    """Of each place's ``Stream``."""
    runs: Runs
    transit_ns: int
    flows: tuple[FlowView, ...]
    """Per step."""
    elsewhere: Bool
    """Of :func:`find_elsewhere`."""
    unreceived: Bool
    """Of :func:`find_unreceived`."""
    forged: I32
    """Of :func:`find_forged`."""
    tally: Tally
    """Of this run's own packets."""
    odds: tuple[Odds, ...]
    """Per step."""
    missed: I64
    """Per place: packets it surely missed."""
    passed: I64
    """Per place: packets that surely passed it."""


def judge_fates(  # noqa: PLR0913, PLR0917 -- one argument per table of the pipeline
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    vantages: Sequence[Vantage],
    path: Path,
    clocks: ClockModel,
    trajectories: TrajectoryTable,
    known: Tallies | None = None,
    is_told: Bool | None = None,
) -> Judged:
    """Return one row per packet and hop on its way, ordered by packet and travel, and what was counted.

    Parameters
    ----------
    packets, flows, vantages
        One per vantage, input order.
    joined, path, clocks, trajectories
        What earlier stages found.
    known
        What the whole counts, of which this is a part, as far as that is known: judged by in place of the own counts,
        if the path is the same.
    is_told
        Packets that are counted; None = all.

    Returns
    -------
    Judged
        ``hop`` is the path's hop whatever the packet's direction. Delays in ns; see ``delivered.py`` for bounds.
    """
    scene = set_scene(packets, flows, joined, vantages, path, clocks, trajectories, is_told)
    hops = max(0, len(scene.places) - 1)
    if not hops:
        return Judged(Sheet.blank(len(trajectories), hops).laid(), None)
    courts = _open_courts(scene, known)
    calls = [partial(_judge, *pair) for pair in zip(courts, reversed(courts), strict=True)]
    parts = two_at_a_time(calls, packets=len(trajectories))
    tallies = _added(scene, courts)
    # Only then is memory taken for the table.
    del courts, calls
    sheet = Sheet.blank(len(trajectories), hops)
    lay_delivered(scene, sheet)
    for direction, rows in zip((1, -1), parts, strict=True):
        for part in rows:
            sheet.put(part, direction)
    return Judged(sheet.laid(), tallies)


def count_events(  # noqa: PLR0913, PLR0917 -- as ``judge_fates``
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    vantages: Sequence[Vantage],
    path: Path,
    clocks: ClockModel,
    trajectories: TrajectoryTable,
    is_told: Bool | None,
) -> Tallies | None:
    """Return how often packets were lost and missed for sure, None where there is no hop; takes what judging takes."""
    scene = set_scene(packets, flows, joined, vantages, path, clocks, trajectories, is_told)
    return _added(scene, _open_courts(scene, None)) if len(scene.places) >= 2 else None


def _added(scene: Scene, courts: Sequence[Court]) -> Tallies:
    forward, reverse = (court.tally for court in courts)
    return Tallies(order=_order(scene), forward=forward, reverse=reverse)


def _order(scene: Scene) -> tuple[str, ...]:
    return tuple(place.vantage.name for place in scene.places)


def _open_courts(scene: Scene, known: Tallies | None) -> list[Court]:
    """Prepare both directions: each needs the other's sightings, and both count a vantage's misses."""
    count = len(scene.table)
    travels = dict(
        zip((1, -1), two_at_a_time([partial(view_travel, scene, d) for d in (1, -1)], packets=count), strict=True)
    )
    readers = [partial(read_stream, scene, place) for place in scene.places]
    streams = dict(enumerate(two_at_a_time(readers, packets=count)))
    readings = dict(
        zip(
            travels,
            two_at_a_time([partial(_read, scene, travels[d], travels[-d], streams) for d in travels], packets=count),
            strict=True,
        )
    )
    traits = {place: stream.traits for place, stream in streams.items()}
    del streams, readers
    passes = readings[1].passes.plus(readings[-1].passes)

    def open_court(d: int) -> Court:
        travel, back, reading = travels[d], travels[-d], readings[d]
        runs = find_runs(travel, back, reading.evidence)
        tally = judge_by = tally_up(scene, travel, reading.evidence, runs, passes, reading.transit_ns)
        if known is not None and known.order == _order(scene):
            judge_by = known.forward if d > 0 else known.reverse
        return Court(
            scene=scene,
            travel=travel,
            back=back,
            evidence=reading.evidence,
            traits=traits,
            runs=runs,
            transit_ns=reading.transit_ns,
            flows=tuple(view_flows(scene, travel, back, s) for s in range(travel.step_count - 1)),
            elsewhere=find_elsewhere(scene, travel, back),
            unreceived=find_unreceived(scene, travel, back, reading.evidence),
            forged=reading.forged,
            tally=tally,
            odds=tuple(weigh_hops(judge_by)),
            missed=judge_by.missed[np.argsort(travel.places)],
            passed=judge_by.passes[np.argsort(travel.places)],
        )

    return two_at_a_time([partial(open_court, d) for d in travels], packets=len(scene.table))


class _Reading(NamedTuple):
    """What one direction shows by itself."""

    evidence: Evidence
    transit_ns: int
    forged: I32
    passes: Passes


def _read(scene: Scene, travel: Travel, back: Travel, streams: dict[int, Stream]) -> _Reading:
    evidence, transit_ns = collect(scene, travel, back, streams), longest_transit(travel)
    forged = find_forged(scene, travel, back)
    passes = count_passes(scene, travel, back, evidence, forged=forged >= 0, transit_ns=transit_ns)
    return _Reading(evidence, transit_ns, forged, passes)


def _judge(court: Court, other: Court) -> list[FateColumns]:
    """Return the rows of one direction that do not end in a sighting, hop by hop along the way."""
    travel, parts = court.travel, []
    is_over = np.zeros(len(travel.packets), np.bool_)
    for step in range(travel.step_count - 1):
        absent = np.flatnonzero((travel.last <= step) & ~is_over)
        decided = _decide(_absence(court, absent, step), absent)
        is_over[absent] = np.isin(decided.fate, (Fate.LOST, Fate.ABSORBED))
        parts += [_passed(court, step), _arrived(court, other, step), decided]
    return parts


def _passed(court: Court, step: int) -> FateColumns:
    """Return hops before a packet's last sighting whose end does not hold it: it is seen beyond them."""
    scene, travel = court.scene, court.travel
    passed = np.flatnonzero((travel.first <= step) & (travel.last > step) & ~travel.held[:, step + 1])
    cuts_headers = scene.places[travel.places[step + 1]].cuts_headers
    # A capture that cuts headers may well hold the packet, in a frame too short to tell.
    reason = np.full(len(passed), Reason.TRUNCATED if cuts_headers else Reason.SEEN_BEYOND)
    # Of a flow that passes several times in this direction nothing is ever shown there: it goes another way (rule 3).
    passes = np.bincount(travel.flow[passed], minlength=scene.flow_count)
    is_hidden = (passes >= LEAST_PASSES) & (travel.held_in_flow[:, step + 1] == 0)
    # The capture shows one direction only.
    is_hidden |= len(passed) >= LEAST_PASSES and not travel.held[:, step + 1].any()
    reason[is_hidden[travel.flow[passed]]] = Reason.BYPASS
    # At the edge of its time a capture may have been off: no miss of it.
    window = locate(scene, travel, passed, step + 1, court.transit_ns)
    at_edge = _at_edge(scene, travel, passed, step + 1, window)
    reason[(window == Window.OUTSIDE) | at_edge] = Reason.WINDOW
    rows = blank_rows(travel.packets[passed], travel.hop(step), Fate.NOT_CAPTURED, Reason.SEEN_BEYOND)
    is_doubtful = scene.table.is_ambiguous[travel.packets[passed]]
    grade = np.where(is_doubtful, FateGrade.LIKELY, FateGrade.PROVEN)
    grade[reason == Reason.BYPASS] = FateGrade.INCONCLUSIVE
    return rows._replace(reason=reason.astype(np.int8), grade=grade.astype(np.int8))


def _arrived(court: Court, other: Court, step: int) -> FateColumns:
    """Return the hop before the first sighting of packets that no vantage upstream holds."""
    travel = court.travel
    index = np.flatnonzero(travel.first == step + 1)
    # The other direction's hop over the same two vantages; what it absorbs here makes this direction's packets.
    mirror = other.flows[travel.step_count - 2 - step]
    arrival = Arrival(
        scene=court.scene,
        travel=travel,
        step=step + 1,
        index=index,
        window=locate(court.scene, travel, index, step, court.transit_ns),
        is_terminated=mirror.is_absorbed,
        missed=court.missed,
        passed=court.passed,
        back=court.back,
        forged=court.forged[index],
    )
    rows = blank_rows(travel.packets[index], travel.hop(step), Fate.AMBIGUOUS, Reason.UNSEEN_UPSTREAM)
    return _apply(rows, judge_arrivals(arrival))


def _absence(court: Court, absent: I64, step: int) -> Absence:
    scene, travel = court.scene, court.travel
    beyond = np.ones(len(absent), np.bool_)
    for further in range(step + 2, travel.step_count):
        beyond &= locate(scene, travel, absent, further, court.transit_ns) == Window.INSIDE
    return Absence(
        scene=scene,
        travel=travel,
        back=court.back,
        evidence=court.evidence,
        runs=court.runs,
        flows=court.flows[step],
        is_elsewhere=court.elsewhere[travel.flow[absent], step],
        odds=court.odds[step],
        step=step,
        index=absent,
        window=locate(scene, travel, absent, step + 1, court.transit_ns),
        is_covered_beyond=beyond,
        is_stuck_back=find_stuck(court.back, court.traits, court.back.step_count - 2 - step, court.flows[step].is_half),
        is_unreceived=court.unreceived[absent],
        is_too_large=_find_too_large(court, step)[absent],
        is_forgotten=find_forgotten(scene, travel, court.back, court.evidence, court.odds[step], step)[absent],
        complaint=find_unassembled(scene, travel, absent, step),
        has_twin=find_twins(scene, travel, absent, step, court.transit_ns),
    )


def _find_too_large(court: Court, step: int) -> Bool:
    """Return which packets the hop after ``step`` swallows for their size: segments and datagrams."""
    scene, travel, back, odds = court.scene, court.travel, court.back, court.odds[step]
    largest = travel.of_flows.largest[:, step]
    segments = find_too_large(scene, travel, back, court.evidence, odds, step, largest)
    return np.asarray(segments | find_too_large_datagrams(scene, travel, back, odds, step, largest), np.bool_)


def _decide(absence: Absence, absent: I64) -> FateColumns:
    """Walk the rules over the absent packets of one hop."""
    rows = blank_rows(
        absence.travel.packets[absent], absence.travel.hop(absence.step), Fate.AMBIGUOUS, Reason.NO_EVIDENCE
    )
    decided = _apply(rows, (ruling for rule in RULES for ruling in rule(absence)))
    # It passed, at the edge of the far capture's time: that may have been off, so it missed nothing.
    at_edge = decided.reason == Reason.ACKED_FROM_BEYOND
    at_edge &= _at_edge(absence.scene, absence.travel, absent, absence.step + 1, absence.window)
    return decided._replace(reason=np.where(at_edge, Reason.WINDOW, decided.reason).astype(np.int8))


def _at_edge(scene: Scene, travel: Travel, index: I64, step: int, window: I8) -> Bool:
    """Mark packets at whose time the capture of ``step`` may have been off."""
    is_unsure = np.isin(window, UNSURE)
    unsure = np.flatnonzero(is_unsure)
    is_unsure[unsure] = ~is_sandwiched(scene, travel, index[unsure], step)
    return is_unsure


def _apply(rows: FateColumns, rulings: Iterable[Ruling]) -> FateColumns:
    """Return rows with the first applicable ruling of each."""
    fate: I8 = np.full(len(rows.packet), UNDECIDED, np.int8)
    grade, reason, witness = rows.grade.copy(), rows.reason.copy(), rows.witness.copy()
    for ruling in rulings:
        new: Bool = ruling.applies & (fate == UNDECIDED)
        fate[new] = ruling.fate
        reason[new] = ruling.reason
        grade[new] = ruling.grade()[new]
        if ruling.witness is not None:
            witness[new] = ruling.witness[new]
    return rows._replace(fate=fate, grade=grade, reason=reason, witness=witness)
