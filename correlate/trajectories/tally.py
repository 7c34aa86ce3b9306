"""Counts behind the rates: proven losses, proven capture misses, and how many packets could have been either.

**In:** both directions with their evidence. **Out:** a :class:`~correlate.trajectories.rates.Tally` per direction.

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
from correlate.trajectories.evidence import Evidence
from correlate.trajectories.groups import Runs
from correlate.trajectories.rates import Tally
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.tcp_kernels import ACKED, ARRIVED, RST
from correlate.trajectories.window import Window, locate


def count_passes(scene: Scene, travel: Travel, evidence: Evidence, transit_ns: int) -> tuple[I64, I64]:
    """Return ``(missed, passed)`` per place, from the packets of one direction."""
    missed, passed = np.zeros(len(scene.places), np.int64), np.zeros(len(scene.places), np.int64)
    arrived = evidence.has_sequence & ((evidence.bits & (ACKED | ARRIVED)) != 0)
    is_injectable = _is_reset(scene, travel) & (travel.first > 0)
    for step, place in enumerate(travel.places):
        held = travel.held[:, step]
        is_end = step == travel.step_count - 1
        sure = (travel.last > step) & ~is_injectable
        sure |= (travel.last == step - 1) & arrived
        if is_end:
            sure |= held & (travel.first < step) & evidence.has_sequence
        sure &= travel.held_in_flow[travel.flow, step] > 0
        absent = np.flatnonzero(sure & ~held)
        inside = locate(scene, travel, absent, step, transit_ns) == Window.INSIDE
        missed[place] = int(inside.sum())
        passed[place] = int((sure & held).sum()) + int(inside.sum())
    return missed, passed


def _is_reset(scene: Scene, travel: Travel) -> Bool:
    """Mark TCP resets, as the first step that holds them shows them."""
    is_reset = np.zeros(len(travel.packets), np.bool_)
    for step, place in enumerate(travel.places):
        at = np.flatnonzero(travel.first == step)
        columns = scene.places[place].packets.columns
        rows = travel.rows[at, step]
        is_reset[at] = (columns.proto[rows] == TCP) & ((columns.tcp_flags[rows] & RST) != 0)
    return is_reset


def count_losses(travel: Travel, evidence: Evidence, runs: Runs) -> tuple[I64, I64]:
    """Return ``(resent, sent)`` per step of one direction."""
    resent, sent = np.zeros(travel.step_count, np.int64), np.zeros(travel.step_count, np.int64)
    is_lost = evidence.is_resent & ((evidence.bits & ARRIVED) == 0) & ~runs.is_in
    for step in range(travel.step_count):
        is_shown = travel.held_in_flow[travel.flow, min(step + 1, travel.step_count - 1)] > 0
        resent[step] = int((is_lost & is_shown & (travel.last == step)).sum())
        sent[step] = int((evidence.has_sequence & is_shown & travel.held[:, step]).sum())
    return resent, sent


def tally_up(travel: Travel, losses: tuple[I64, I64], missed: I64, passed: I64) -> Tally:
    """Return the counts of one direction; ``missed`` and ``passed`` are per place, both directions added."""
    places = list(travel.places)
    return Tally(resent=losses[0], sent=losses[1], missed=missed[places], passed=passed[places])
