"""Counts behind the rates: proven losses, proven capture misses, and how many packets could have been either.

**In:** both directions with their evidence. **Out:** a ``Tally`` per direction, of the packets that are told of: what
the parts of a large run count adds up to what the whole counts.

**Method:** a packet passed a vantage for sure if it was seen beyond it (in either direction of travel) or was
acknowledged without having been sent again; if the vantage was capturing and does not hold it, that is a miss. Resets
first seen beyond are left out: they may have been born there. A packet last seen at a step and sent again counts as
lost after that step. Flows that the far vantage never shows, and runs at a flow's end (a device that refuses one flow),
say nothing about chance and are left out.

**Not here:** what the counts are worth (``rates.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I64, Bool
from correlate.model.packets import TCP
from correlate.model.tallies import Tally
from correlate.trajectories.evidence import Evidence
from correlate.trajectories.groups import Runs
from correlate.trajectories.scene import Scene, Travel
from correlate.trajectories.tcp_kernels import ACKED, ARRIVED, RST
from correlate.trajectories.window import Window, locate


class Passes(NamedTuple):
    """Counts per place, as those of the same names of a ``Tally``."""

    missed: I64
    passed: I64
    unopposed: I64
    absent: I64
    births: I64

    def plus(self, other: Passes) -> Passes:
        """Return both added."""
        return Passes(*(one + more for one, more in zip(self, other, strict=True)))


def count_passes(
    scene: Scene, travel: Travel, back: Travel, evidence: Evidence, *, forged: Bool, transit_ns: int
) -> Passes:
    """Return the counts from the packets of one direction; ``back`` is the other."""
    counts = Passes(*np.zeros((5, len(scene.places)), np.int64))
    told = scene.is_told[travel.packets]
    arrived = evidence.has_sequence & ((evidence.bits & (ACKED | ARRIVED)) != 0)
    # What a hop made, a copy too, never came to the captures before it.
    is_copy, is_made = _late_copies(scene, travel), _may_be_made_by_boxes(scene, travel) | forged
    is_believed, births = ~(is_made | is_copy), told & is_made & ~is_copy
    for step, place in enumerate(travel.places):
        held = travel.held[:, step]
        counts.births[place] = int((births & (travel.first == step)).sum())
        is_shown = _are_shown(travel, travel, step)
        sure = (travel.last > step) & is_believed
        sure |= (travel.last == step - 1) & arrived
        if step == travel.step_count - 1:
            would_be_known = _would_be_known(travel, back, evidence, step)
            came, others = held & (travel.first < step), is_shown & told & ~would_be_known
            sure |= came & would_be_known
            counts.unopposed[place] = int((came & others).sum())
            counts.absent[place] = int((others & (travel.last == step - 1)).sum())
        sure &= is_shown & told
        absent = np.flatnonzero(sure & ~held)
        inside = locate(scene, travel, absent, step, transit_ns) == Window.INSIDE
        counts.missed[place] = int(inside.sum())
        counts.passed[place] = int((sure & held).sum()) + int(inside.sum())
    return counts


def _would_be_known(travel: Travel, back: Travel, evidence: Evidence, step: int) -> Bool:
    """Mark packets that, were they missed at the end of the way, would be known to have passed.

    Those with sequence space: by their acknowledgement, if the vantage before shows any. Others that are held count
    only if none of them is absent: a missed one would look lost, so counting the held ones would flatter the capture.
    """
    return np.asarray(evidence.has_sequence & _are_shown(travel, back, travel.step_count - step), np.bool_)


def _are_shown(travel: Travel, way: Travel, step: int) -> Bool:
    """Mark packets of whose flow ``step`` of ``way`` holds anything."""
    return np.asarray((way.held_in_flow[:, step] > 0).take(travel.flow), np.bool_)


def _late_copies(scene: Scene, travel: Travel) -> Bool:
    """Mark copies that the network made of what the first step lacks."""
    found = np.zeros(len(travel.packets), np.bool_)
    late = np.flatnonzero(travel.first > 0)
    found[late] = scene.table.duplicate_of[travel.packets[late]] >= 0
    return found


def _may_be_made_by_boxes(scene: Scene, travel: Travel) -> Bool:
    """Mark TCP resets and ICMP errors that the first step lacks, as the first step that holds them shows them."""
    found = np.zeros(len(travel.packets), np.bool_)
    for step in range(1, travel.step_count):
        at = np.flatnonzero(travel.first == step)
        table = scene.places[travel.places[step]].packets
        rows = travel.rows[at, step]
        is_reset = (table.columns.proto[rows] == TCP) & ((table.columns.tcp_flags[rows] & RST) != 0)
        found[at] = is_reset | np.isin(rows, table.quotes.row)
    return found


def tally_up(scene: Scene, travel: Travel, evidence: Evidence, runs: Runs, passes: Passes, transit_ns: int) -> Tally:
    """Return the counts of one direction; ``passes`` are per place, both directions added."""
    places = list(travel.places)
    counts = np.zeros((4, travel.step_count), np.int64)
    told = scene.is_told[travel.packets]
    is_lost = evidence.is_resent & ((evidence.bits & ARRIVED) == 0) & ~runs.is_in
    for step in range(travel.step_count):
        is_last = travel.last == step
        is_shown = told & _are_shown(travel, travel, min(step + 1, travel.step_count - 1))
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
        **{name: column[places] for name, column in passes._asdict().items()},
    )


def _are_all_running(scene: Scene, travel: Travel, index: I64, step: int, transit_ns: int) -> Bool:
    """Mark packets at whose time every vantage beyond ``step`` was capturing."""
    running = np.ones(len(index), np.bool_)
    for further in range(step + 1, travel.step_count):
        running &= locate(scene, travel, index, further, transit_ns) == Window.INSIDE
    return running
