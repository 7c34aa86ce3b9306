"""Counts behind the rates: proven losses, proven capture misses, and how many packets could have been either.

**In:** both directions with their evidence. **Out:** a ``Tally`` per direction.

**Method:** a packet passed a vantage for sure if it was seen beyond it (in either direction of travel) or was
acknowledged without having been sent again; if the vantage was capturing and does not hold it, that is a miss. Resets
first seen beyond are left out: they may have been born there. A packet last seen at a step and sent again counts as
lost after that step. Flows that the far vantage never shows, and runs at a flow's end (a device that refuses one flow),
say nothing about chance and are left out.

**Not here:** what the counts are worth (``rates.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.packets import TCP
from correlate.model.tallies import Tally
from correlate.trajectories.evidence import Evidence
from correlate.trajectories.groups import Runs
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.tcp_kernels import ACKED, ARRIVED, RST
from correlate.trajectories.window import Window, locate


def count_passes(
    scene: Scene, travel: Travel, back: Travel, evidence: Evidence, *, forged: Bool, transit_ns: int
) -> tuple[I64, I64]:
    """Return ``(missed, passed)`` per place, from the packets of one direction; ``back`` is the other."""
    missed, passed = np.zeros(len(scene.places), np.int64), np.zeros(len(scene.places), np.int64)
    arrived = evidence.has_sequence & ((evidence.bits & (ACKED | ARRIVED)) != 0)
    # What a hop made, a copy too, never came to the captures before it.
    is_made = _may_be_made_by_boxes(scene, travel) | (scene.table.duplicate_of[travel.packets] >= 0)
    is_injectable = (is_made & (travel.first > 0)) | forged
    for step, place in enumerate(travel.places):
        held = travel.held[:, step]
        is_shown = travel.held_in_flow[travel.flow, step] > 0
        sure = (travel.last > step) & ~is_injectable
        sure |= (travel.last == step - 1) & arrived
        if step == travel.step_count - 1:
            sure |= held & (travel.first < step) & _is_fair_sample(travel, back, evidence, is_shown, step)
        sure &= is_shown
        absent = np.flatnonzero(sure & ~held)
        inside = locate(scene, travel, absent, step, transit_ns) == Window.INSIDE
        missed[place] = int(inside.sum())
        passed[place] = int((sure & held).sum()) + int(inside.sum())
    return missed, passed


def _is_fair_sample(travel: Travel, back: Travel, evidence: Evidence, is_shown: Bool, step: int) -> Bool:
    """Mark packets held at the end of the way that may be counted as passed.

    Those with sequence space: a missed one would be known by its acknowledgement, if the vantage before shows any.
    Others only if none of them is absent: a missed one would look lost, so counting only the held ones would flatter
    the capture.
    """
    is_answered = back.held_in_flow[travel.flow, travel.step_count - step] > 0
    would_be_known = evidence.has_sequence & is_answered
    absent = is_shown & ~would_be_known & (travel.last == step - 1)
    return np.asarray(would_be_known | (not bool(absent.any())), np.bool_)


def _may_be_made_by_boxes(scene: Scene, travel: Travel) -> Bool:
    """Mark TCP resets and ICMP errors, as the first step that holds them shows them."""
    found = np.zeros(len(travel.packets), np.bool_)
    for step, place in enumerate(travel.places):
        at = np.flatnonzero(travel.first == step)
        table = scene.places[place].packets
        rows = travel.rows[at, step]
        is_reset = (table.columns.proto[rows] == TCP) & ((table.columns.tcp_flags[rows] & RST) != 0)
        found[at] = is_reset | np.isin(rows, table.quotes.row)
    return found


def tally_up(
    scene: Scene, travel: Travel, evidence: Evidence, runs: Runs, passes: tuple[I64, I64], transit_ns: int
) -> Tally:
    """Return the counts of one direction; ``passes`` are per place, both directions added."""
    places = list(travel.places)
    counts = np.zeros((4, travel.step_count), np.int64)
    is_lost = evidence.is_resent & ((evidence.bits & ARRIVED) == 0) & ~runs.is_in
    for step in range(travel.step_count):
        is_last = travel.last == step
        is_shown = travel.held_in_flow[travel.flow, min(step + 1, travel.step_count - 1)] > 0
        held = is_shown & travel.held[:, step]
        ended = np.flatnonzero(is_shown & is_last & ~evidence.has_sequence & ~runs.is_in)
        counts[0, step] = int((is_lost & is_shown & is_last).sum())
        counts[1, step] = int((held & evidence.has_sequence).sum())
        counts[2, step] = int(_are_all_running(scene, travel, ended, step, transit_ns).sum())
        counts[3, step] = int((held & ~evidence.has_sequence).sum())
    return Tally(
        resent=counts[0],
        sent=counts[1],
        ended=counts[2],
        plain=counts[3],
        missed=passes[0][places],
        passed=passes[1][places],
    )


def _are_all_running(scene: Scene, travel: Travel, index: I64, step: int, transit_ns: int) -> Bool:
    """Mark packets at whose time every vantage beyond ``step`` was capturing."""
    running = np.ones(len(index), np.bool_)
    for further in range(step + 1, travel.step_count):
        running &= locate(scene, travel, index, further, transit_ns) == Window.INSIDE
    return running
