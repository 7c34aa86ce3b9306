"""What a firewall says itself: packets that its drop log holds.

**In:** fates, the matches of all vantages, which vantages are drop logs. **Out:** the fates, with drops proven.

**Method:** a frame in a drop log proves that its box dropped the packet; where the box stands it does not say. A packet
whose way has one hop left after its last sighting was dropped there; with more hops left only what other evidence
already calls lost is confirmed. Evidence that it arrived (an acknowledgement from beyond, an answer) is stronger: a log
may hold the copy that a box rejected.

**Not here:** all other rules (``rules.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.model.arrays import frozen
from correlate.model.matches import MatchTable
from correlate.model.trajectories import Fate, FateColumns, FateGrade, Reason, TrajectoryTable
from correlate.model.vantage import Vantage

SILENT = (
    Reason.WINDOW, Reason.FILTERED, Reason.TRUNCATED, Reason.BYPASS, Reason.DROP_COUNTER, Reason.FAST_PATH, Reason.XFRM,
    Reason.RATE, Reason.NO_EVIDENCE, Reason.UNALIGNED,
)  # fmt: skip
"""Reasons of ``not_captured`` that say why the far capture lacks a packet, and nothing about whether it arrived."""


def drop_logs_of(vantages: Sequence[Vantage]) -> list[int]:
    """Return the input indices of vantages that are drop logs, no points of the path."""
    return [index for index, vantage in enumerate(vantages) if vantage.kind == "drop-log"]


def prove_drops(
    fates: FateColumns, trajectories: TrajectoryTable, match: MatchTable, vantages: Sequence[Vantage]
) -> FateColumns:
    """Return the fates with what drop logs prove.

    Parameters
    ----------
    fates, trajectories
        Of the path, which holds no drop log.
    match
        Of all vantages, drop logs included.
    vantages
        In input order.
    """
    logs = drop_logs_of(vantages)
    if not logs or not len(fates.packet):
        return fates
    is_logged = np.asarray((match.rows[:, logs] >= 0).any(axis=1), np.bool_)[trajectories.match_packet]
    left = _hops_left(fates, trajectories)
    may_be_lost = np.isin(fates.fate, (Fate.AMBIGUOUS, Fate.LOST))
    may_be_lost |= (fates.fate == Fate.NOT_CAPTURED) & np.isin(fates.reason, SILENT)
    may_be_lost &= is_logged[fates.packet]
    here = may_be_lost & (left == 1)
    known = may_be_lost & (left > 1) & (fates.fate == Fate.LOST)
    is_doubtful = trajectories.is_ambiguous[fates.packet]
    grade = np.where(here, np.where(is_doubtful, FateGrade.LIKELY, FateGrade.PROVEN), fates.grade)
    return fates._replace(
        fate=frozen(np.where(here, Fate.LOST, fates.fate), np.int8),
        grade=frozen(grade, np.int8),
        reason=frozen(np.where(here | known, Reason.DROP_LOG, fates.reason), np.int8),
    )


def _hops_left(fates: FateColumns, trajectories: TrajectoryTable) -> np.ndarray:
    """Return how many hops of the packet's way are left from a row's hop on; 0 = it is seen farther on."""
    held = trajectories.rows >= 0
    places = held.shape[1]
    numbers = np.arange(places)
    farthest = np.where(held, numbers, -1).max(axis=1)[fates.packet]
    nearest = np.where(held, numbers, places).min(axis=1)[fates.packet]
    is_forward = trajectories.direction[fates.packet] > 0
    hop = fates.hop.astype(np.int64)
    is_beyond = np.where(is_forward, hop >= farthest, hop < nearest)
    return np.where(is_beyond, np.where(is_forward, places - 1 - hop, hop + 1), 0)
