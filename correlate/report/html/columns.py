"""What the page carries of each packet, for plots, table, ladder and proof of any packet.

**In:** the sample, all tables. **Out:** one JSON object and one base64 text.
**Method:** per packet its flow, times, fates and the header fields that tell packets apart; fields of later vantages
as differences from the first sighting, since nearly all are equal. Texts (names, addresses) are plain JSON.
**Not here:** the coding (``coding.py``), drawing (``page.js``).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.packets import PacketFlag
from correlate.model.path import Direction
from correlate.model.trajectories import NO_DELAY, Fate, FateGrade, Reason
from correlate.report.endpoints import flow_endpoints, protocol_name
from correlate.report.html.coding import ascending, known, packed
from correlate.report.html.sample import Sample
from correlate.report.places import place_names
from correlate.report.reasons import reason_words
from correlate.wire.text import safe_text

FIELDS = MappingProxyType(
    {
        "ip_id": "ip.id", "ip_len": "ip.len", "ttl": "ip.ttl", "tos": "ip.dsfield", "seq": "tcp.seq_raw",
        "ack": "tcp.ack_raw", "tcp_flags": "tcp.flags", "window": "tcp.window_size_value", "payload_len": "tcp.len",
        "l4_csum": "tcp.checksum", "l4_csum_state": "", "icmp_type": "icmp.type", "frag_offset": "ip.frag_offset",
    }
)  # fmt: skip
"""Column -> Wireshark's name; the browser adapts it to the protocol."""

MOST_FLOWS = 2000
"""Flows whose addresses are carried; the rest have numbers only."""
MOST_CHANGES = 50_000
MOST_TEXT = 200
BINS = 500
MOST_RESIDUALS = 4000
"""Per hop."""


def page_data(correlation: Correlation, sample: Sample) -> tuple[dict[str, Any], str]:
    """Return what ``page.js`` reads: names and layout, and the packed columns."""
    packets = sample.packets
    table = correlation.trajectories
    seen = table.rows[packets] >= 0
    first_ns = _first_times(correlation, packets)
    base_ns = int(first_ns.min()) if len(packets) else 0
    flows, flow_of = np.unique(table.flow[packets], return_inverse=True)
    columns: dict[str, I64] = {
        "id": ascending(packets + 1),
        "time": ascending(first_ns - base_ns),
        "flow": ascending(flow_of.reshape(-1).astype(np.int64)),
        "way": table.direction[packets].astype(np.int64) + 1,
        "outbound": table.is_outbound[packets].astype(np.int64),
    }
    if correlation.numbers is not None:
        columns["number"] = correlation.numbers[packets]
    for place in range(len(correlation.path.order)):
        columns |= _place_columns(correlation, packets, place, first_ns)
    for hop in range(correlation.path.hop_count):
        columns |= _hop_columns(correlation, packets, hop)
    changes, change_texts = _changes(correlation, packets)
    rates, bin_ns, rate_start_ns = _rates(correlation, base_ns)
    residuals = _residuals(correlation, base_ns)
    directory, blob = packed(columns | changes | rates | residuals)
    data = {
        "columns": directory,
        "vantages": [safe_text(name) for name in place_names(correlation)],
        "files": [
            [
                safe_text(file.path.replace("\\", "/").rpartition("/")[2])[:MOST_TEXT]
                for file in correlation.vantages[index].files[:1000]
            ]
            for index in correlation.path.order
        ],
        "fields": dict(FIELDS),
        "fates": [fate.code for fate in Fate],
        "grades": [grade.code for grade in FateGrade],
        "reasons": [reason_words(reason) for reason in Reason],
        "changed": list(correlation.mutations.fields),
        "texts": change_texts,
        "flows": _flow_texts(correlation, flows.astype(np.int64)),
        "flow_ids": flows.tolist(),
        "base_ns": str(base_ns),
        "bin_ns": bin_ns,
        "rate_start_ns": rate_start_ns,
        "shown": len(packets),
        "total": sample.total,
        "odd": sample.odd,
        "odd_shown": sample.odd_shown,
        "seen": int(seen.any(axis=1).sum()),
    }
    return data, blob


def _first_times(correlation: Correlation, packets: I64) -> I64:
    """Return the time of the first sighting of each packet, reference clock."""
    table = correlation.trajectories
    seen = table.rows[packets] >= 0
    latest = np.iinfo(np.int64).max
    return np.asarray(np.where(seen, table.time_ns[packets], latest).min(axis=1, initial=latest), np.int64)


def _place_columns(correlation: Correlation, packets: I64, place: int, first_ns: I64) -> dict[str, I64]:
    """Return when, in which frame and with which fields a vantage saw the packets; 0 = not seen."""
    table = correlation.trajectories
    rows = table.rows[packets, place]
    seen = rows >= 0
    at = np.where(seen, rows, 0)
    columns = correlation.packets[correlation.path.order[place]].columns
    made = {f"t{place}": known(table.time_ns[packets, place] - first_ns, seen)}
    if len(columns.frame) == 0:
        return made | {f"n{place}": np.zeros(len(packets), np.int64)}
    frame = np.where(seen, columns.frame[at], 0)
    steps = np.zeros(len(packets), np.int64)
    steps[seen] = np.diff(frame[seen], prepend=np.int64(0))
    made[f"n{place}"] = known(steps, seen)
    if len(correlation.vantages[correlation.path.order[place]].files) > 1:
        made[f"x{place}"] = known(columns.file[at].astype(np.int64), seen)
    first_place = _first_places(correlation, packets)
    for name in FIELDS:
        own = getattr(columns, name)[at].astype(np.int64)
        first = np.zeros(len(packets), np.int64)
        for other, vantage in enumerate(correlation.path.order):
            is_first = first_place == other
            if is_first.any() and len(correlation.packets[vantage]):
                first[is_first] = getattr(correlation.packets[vantage].columns, name)[
                    table.rows[packets[is_first], other]
                ].astype(np.int64)
        if place == 0:
            made[f"f_{name}"] = first
        made[f"d{place}_{name}"] = known(own - first, seen)
    if place == 0:
        made |= _kinds(correlation, packets, first_place)
    return made


def _first_places(correlation: Correlation, packets: I64) -> I64:
    """Return where along its own way each packet was seen first."""
    seen = correlation.trajectories.rows[packets] >= 0
    is_reverse = correlation.trajectories.direction[packets] == Direction.REVERSE
    last = seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    return np.asarray(np.where(is_reverse, last, seen.argmax(axis=1)), np.int64)


def _kinds(correlation: Correlation, packets: I64, first_place: I64) -> dict[str, I64]:
    """Return protocol and which headers are there, at the first sighting."""
    proto, flags = np.zeros(len(packets), np.int64), np.zeros(len(packets), np.int64)
    for place, vantage in enumerate(correlation.path.order):
        here = first_place == place
        rows = correlation.trajectories.rows[packets[here], place]
        if len(rows) and len(correlation.packets[vantage]):
            columns = correlation.packets[vantage].columns
            proto[here] = columns.proto[rows]
            bits = columns.flags[rows]
            flags[here] = (
                ((bits & PacketFlag.TRANSPORT) != 0) * 1
                + ((bits & PacketFlag.HAS_IP_ID) != 0) * 2
                + ((bits & PacketFlag.IPV6) != 0) * 4
            )
    return {"proto": proto, "kind": flags}


def _hop_columns(correlation: Correlation, packets: I64, hop: int) -> dict[str, I64]:
    """Return fate, grade, reason and delay of the packets on a hop; 0 = the packet did not come there."""
    fates = correlation.fates
    mine = np.flatnonzero(fates.hop == hop)
    row_of = np.full(len(correlation.trajectories), -1, np.int64)
    row_of[fates.packet[mine]] = mine
    rows = row_of[packets]
    has = rows >= 0
    at = np.where(has, rows, 0)
    if len(fates.hop) == 0:
        nothing = np.zeros(len(packets), np.int64)
        return {f"{name}{hop}": nothing for name in ("fate", "grade", "why", "owd", "lo", "hi")}
    owd = fates.owd_ns[at]
    is_timed = has & (owd != NO_DELAY) & (fates.fate[at] == Fate.DELIVERED)
    bounded = [is_timed & (np.abs(bound[at]) < 2**61) for bound in (fates.owd_lo_ns, fates.owd_hi_ns)]
    return {
        f"fate{hop}": np.where(has, fates.fate[at].astype(np.int64) + 1, 0),
        f"grade{hop}": np.where(has, fates.grade[at].astype(np.int64), 0),
        f"why{hop}": np.where(has, fates.reason[at].astype(np.int64), 0),
        f"owd{hop}": known(np.where(is_timed, owd, 0), is_timed),
        f"lo{hop}": known(np.where(bounded[0], fates.owd_lo_ns[at] - owd, 0), bounded[0]),
        f"hi{hop}": known(np.where(bounded[1], fates.owd_hi_ns[at] - owd, 0), bounded[1]),
    }


def _changes(correlation: Correlation, packets: I64) -> tuple[dict[str, I64], list[str]]:
    """Return the unexpected changes of the packets: which packet, hop, field, values before and after."""
    table, columns = correlation.mutations, correlation.mutations.odd
    number = np.full(len(correlation.trajectories), -1, np.int64)
    number[packets] = np.arange(len(packets))
    odd = np.flatnonzero(~columns.expected & (number[columns.packet] >= 0))[:MOST_CHANGES]
    texts: dict[str, int] = {"absent": 0}
    values: list[list[int]] = [[], []]
    for index in odd.tolist():
        field = int(columns.field[index])
        for side, column in zip(values, (columns.before, columns.after), strict=True):
            told = table.text(field, int(column[index]))
            side.append(texts.setdefault("absent" if told is None else safe_text(told)[:MOST_TEXT], len(texts)))
    made = {
        "c_packet": ascending(number[columns.packet[odd]]),
        "c_hop": columns.hop[odd].astype(np.int64),
        "c_field": columns.field[odd].astype(np.int64),
        "c_before": np.array(values[0], np.int64),
        "c_after": np.array(values[1], np.int64),
    }
    return made, list(texts)


def _flow_texts(correlation: Correlation, flows: I64) -> list[list[str]]:
    """Return, per flow, protocol and ``source > destination`` at each vantage (empty = not seen there)."""
    packets = np.bincount(correlation.trajectories.flow, minlength=len(correlation.joined))
    named = {flow for finding in correlation.findings for flow in finding.flows[:MOST_FLOWS]}
    largest = set(flows[np.argsort(-packets[flows], kind="stable")[:MOST_FLOWS]].tolist())
    told = []
    for flow in flows.tolist():
        if flow not in largest and flow not in named:
            told.append([protocol_name(int(correlation.joined.proto[flow]))])
            continue
        ends = [flow_endpoints(correlation, flow, vantage) for vantage in correlation.path.order]
        texts = [f"{one.source} > {one.destination}" if one is not None else "" for one in ends]
        told.append([protocol_name(int(correlation.joined.proto[flow])), *texts])
    return told


def _rates(correlation: Correlation, base_ns: int) -> tuple[dict[str, I64], int, int]:
    """Return packets per bin of every vantage on the path, over all packets, not only those of the page."""
    table = correlation.trajectories
    times = [
        table.time_ns[:, place][table.rows[:, place] >= 0] - base_ns for place in range(len(correlation.path.order))
    ]
    stretch = [side for one in times if len(one) for side in (int(one.min()), int(one.max()))]
    if not stretch:
        return {}, 1, 0
    start, end = min(stretch), max(stretch)
    width = max(1, -(-(end - start + 1) // BINS))
    counts = {
        f"rate{place}": np.bincount((one - start) // width, minlength=BINS)[:BINS].astype(np.int64)
        for place, one in enumerate(times)
    }
    return counts, width, start


def _residuals(correlation: Correlation, base_ns: int) -> dict[str, I64]:
    """Return what the clock of each hop rests on: bounds above or below the estimate, thinned, over reference time."""
    made: dict[str, I64] = {}
    for hop, clock in enumerate(correlation.clocks.hops):
        found = clock.residuals()
        keep = (
            np.unique(np.linspace(0, len(found.up_ns) - 1, min(len(found.up_ns), MOST_RESIDUALS)).astype(np.int64))
            if len(found.up_ns)
            else np.zeros(0, np.int64)
        )
        up_ns = found.up_ns[keep]
        offset = correlation.clocks.vantages[hop].offset_at(up_ns)[0] if len(keep) else np.zeros(0, np.int64)
        made[f"r_time{hop}"] = ascending(up_ns - offset - base_ns)
        made[f"r_left{hop}"] = known(np.rint(found.residual_ns[keep]).astype(np.int64), np.ones(len(keep), np.bool_))
        made[f"r_way{hop}"] = (found.direction[keep] > 0).astype(np.int64)
    return made
