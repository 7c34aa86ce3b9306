"""Which packet each captured frame carries.

**In:** trajectories, matches, copies. **Out:** per vantage one label per row of its PacketTable.
**Method:** packet numbers as people see them (from 1, as in the Parquet files); a frame that carries several packets
has the first and the last of them; the copies of a capture bear their packet's number.
**Not here:** what happened to the packets (``remarks.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from correlate.model.arrays import I64, Bool, frozen
from correlate.model.correlation import Correlation
from correlate.report.sightings import Numbered, number_packets


class Labels(NamedTuple):
    """One row per row of a PacketTable."""

    packet: I64
    """Number of the first packet it carries; 0 = none."""
    last: I64
    """Number of the last one; equal to ``packet`` where it carries one."""
    carried: I64
    """How many it carries."""
    is_copy: Bool


def labels_of(correlation: Correlation) -> list[Labels]:
    """Return the labels of every vantage, input order."""
    numbered = number_packets(correlation)
    return [_labels(correlation, numbered, vantage) for vantage in range(len(correlation.vantages))]


def _labels(correlation: Correlation, numbered: Numbered, vantage: int) -> Labels:
    size = len(correlation.packets[vantage])
    first, last = np.zeros(size, np.int64), np.zeros(size, np.int64)
    rows = correlation.match.rows[numbered.match_packet, vantage]
    held = np.flatnonzero(rows >= 0)
    # Numbers ascend, so the last assignment wins forwards, the first one backwards.
    last[rows[held]] = held + 1
    first[rows[held][::-1]] = held[::-1] + 1
    count = np.bincount(rows[held], minlength=size)
    is_copy = np.zeros(size, np.bool_)
    copies = correlation.match.copies
    here = copies.vantage == vantage
    number = np.zeros(len(correlation.match), np.int64)
    number[numbered.match_packet] = np.arange(1, len(numbered.match_packet) + 1)
    again = copies.row[here]
    bare = first[again] == 0
    first[again[bare]] = last[again[bare]] = number[copies.packet[here][bare]]
    is_copy[again] = True
    return Labels(frozen(first), frozen(last), frozen(count, np.int64), frozen(is_copy))
