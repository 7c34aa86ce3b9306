"""Packets as a trace for Perfetto (ui.perfetto.dev) and chrome://tracing.

**In:** a ``Correlation``. **Out:** JSON in the Trace Event Format.
**Method:** one process per direction of a hop; a packet is an asynchronous slice from its time at one vantage to its
time at the next, so that packets may overlap; what did not arrive is an instant with its reason. At most 20,000
packets, chosen as for report.html; the file says how many there are.
**Not here:** which packets (``html/sample.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from correlate.model.correlation import Correlation
from correlate.model.path import Direction
from correlate.model.trajectories import Fate, Reason
from correlate.report.html.sample import sample_of
from correlate.report.places import hop_names
from correlate.report.reasons import reason_words
from correlate.report.scene import label_of
from correlate.wire.text import safe_text

MOST_PACKETS = 20_000


def trace_json(correlation: Correlation) -> str:
    """Return the trace; times in microseconds since the first packet, on the reference clock."""
    sample = sample_of(correlation, MOST_PACKETS)
    events = [*_names(correlation), *_events(correlation, sample.packets)]
    about = {
        "packets": sample.total,
        "packets_here": len(sample.packets),
        "clock": safe_text(correlation.vantages[correlation.clocks.reference].name),
    }
    return (
        json.dumps(
            {"traceEvents": events, "displayTimeUnit": "ns", "otherData": about}, separators=(",", ":"), allow_nan=False
        )
        + "\n"
    )


def _names(correlation: Correlation) -> Iterator[dict[str, Any]]:
    for hop in range(correlation.path.hop_count):
        ends = [safe_text(name) for name in hop_names(correlation, hop)]
        for number, (near, far) in enumerate((ends, ends[::-1])):
            process = 1 + 2 * hop + number
            yield {"ph": "M", "name": "process_name", "pid": process, "args": {"name": f"{near} > {far}"}}
            yield {"ph": "M", "name": "process_sort_index", "pid": process, "args": {"sort_index": process}}


def _events(correlation: Correlation, packets: Any) -> Iterator[dict[str, Any]]:
    table, fates = correlation.trajectories, correlation.fates
    is_here = np.zeros(len(table), np.bool_)
    is_here[packets] = True
    seen = table.rows[packets] >= 0
    base = (
        int(np.where(seen, table.time_ns[packets], np.iinfo(np.int64).max).min(initial=np.iinfo(np.int64).max))
        if len(packets)
        else 0
    )
    labels: dict[int, str] = {}
    for at in np.flatnonzero(is_here[fates.packet]).tolist():
        packet, hop = int(fates.packet[at]), int(fates.hop[at])
        is_reverse = int(table.direction[packet]) == Direction.REVERSE
        near, far = (hop + 1, hop) if is_reverse else (hop, hop + 1)
        process = 1 + 2 * hop + int(is_reverse)
        label = labels.setdefault(packet, label_of(correlation, packet))
        fate, reason = Fate(int(fates.fate[at])), Reason(int(fates.reason[at]))
        common = {"pid": process, "tid": 1, "cat": fate.code, "name": label}
        told = {
            "packet": correlation.number_of(packet),
            "flow": int(table.flow[packet]),
            "fate": fate.code,
            "because": reason_words(reason),
        }
        rows, times = table.rows[packet], table.time_ns[packet]
        if rows[near] >= 0 and rows[far] >= 0:
            start, end = sorted((int(times[near]) - base, int(times[far]) - base))
            yield {**common, "ph": "b", "id2": {"local": packet + 1}, "ts": start / 1000, "args": told}
            yield {**common, "ph": "e", "id2": {"local": packet + 1}, "ts": end / 1000}
        elif rows[near] >= 0 or rows[far] >= 0:
            place = near if rows[near] >= 0 else far
            yield {**common, "ph": "i", "s": "p", "ts": (int(times[place]) - base) / 1000, "args": told}
