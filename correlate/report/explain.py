"""One packet at every vantage, side by side, and why its fates are what they are.

**In:** a ``Correlation``, a packet, a way to read its frames again. **Out:** text for a terminal.
**Method:** along the packet's own way: frames and times with bounds; per hop the fate, the rule that decided it, its
witness and what it assumes; then every field under Wireshark's name, what differs marked. Fields that are equal
everywhere stand once.
**Not here:** which packets matter (``diagnose``).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import PurePath

import numpy as np

from correlate.errors import UsageError
from correlate.model.arrays import I64
from correlate.model.correlation import Correlation
from correlate.model.packets import PacketFlag
from correlate.model.path import Direction
from correlate.model.trajectories import NO_DELAY, Fate, FateGrade, Reason
from correlate.report.durations import bounded, duration, interval
from correlate.report.endpoints import flow_endpoints, protocol_name
from correlate.report.fieldlist import field_values
from correlate.report.ink import Ink
from correlate.report.layers import layer_values
from correlate.report.merged import clock_text
from correlate.report.places import frame_of, hop_names, place_names
from correlate.report.reasons import reason_words
from correlate.report.remarks import row_of_frame
from correlate.report.scene import label_of
from correlate.report.transactions import waterfall_lines
from correlate.wire.text import safe_text

Fetch = Callable[[int, I64], list[bytes]]

MOST_LABEL, LEAST_VALUE, MOST_VALUE = 34, 14, 40
MARK, EXPECTED = " <<", "  ~"
HEX_BYTES = 64
ASSUMPTIONS = {
    Reason.RATE: "assumes that captures miss packets here as often as is proven nearby (odds 999 to 1)",
    Reason.REJECTED: "assumes that the far side's answers are those of one stack that keeps its state",
    Reason.RETRANSMITTED: "assumes that the sender did not retransmit without need",
    Reason.FLOW_BLOCKED: "assumes that the far capture would have seen the flow had it crossed",
    Reason.SEEN: "assumes nothing beyond the match",
}
"""What a rule takes for granted, where it does; the clock bounds and the match hold for all."""


def packet_of(correlation: Correlation, asked: str) -> int:
    """Return the row of a packet that is named by its number or as ``VANTAGE#FRAME`` (``VANTAGE:FILE#FRAME``).

    Raises
    ------
    UsageError
        If there is no such packet.
    """
    total = len(correlation.trajectories)
    if asked.isdigit():
        if 1 <= int(asked) <= total:
            return int(asked) - 1
        raise UsageError(where=asked, what=f"no such packet (there are {total})", advice="Packets count from 1.")
    name, mark, frame = asked.rpartition("#")
    names = place_names(correlation)
    if not mark or name not in names or not frame.isdigit():
        raise UsageError(
            where=asked,
            what="this names no packet",
            advice=f"Write a number, or VANTAGE#FRAME with {', '.join(names)}.",
        )
    place = names.index(name)
    vantage = correlation.path.order[place]
    for file in correlation.vantages[vantage].files:
        row = row_of_frame(correlation, vantage, file.path, int(frame))
        found = _carried(correlation, place, row) if row >= 0 else None
        if found is not None:
            return found
    raise UsageError(where=asked, what="this frame carries no IP packet", advice="Frames count as in Wireshark.")


def _carried(correlation: Correlation, place: int, row: int) -> int | None:
    """Return the first packet that a row at a place carries, copies included."""
    at = np.flatnonzero(correlation.trajectories.rows[:, place] == row)
    if len(at):
        return int(at[0])
    packet, places, rows = correlation.trajectories.copies
    again = np.flatnonzero((places == place) & (rows == row))
    return int(packet[again[0]]) if len(again) else None


def explain_packet(correlation: Correlation, packet: int, fetch: Fetch | None, ink: Ink) -> str:
    """Return everything that is known of one packet, lines ending in a line feed."""
    places = _places(correlation, packet)
    lines = [*_heading(correlation, packet, ink), ""]
    lines += _frames(correlation, packet, places, ink)
    lines += ["", *_fates(correlation, packet, ink), ""]
    waterfall = waterfall_lines(correlation, packet, ink)
    lines += [*waterfall, ""] if waterfall else []
    lines += _fields(correlation, packet, places, fetch, ink)
    lines += ["", *_claims(correlation, packet, ink)]
    lines += ink.paragraph("Wireshark", f"frame.packet_id == {packet + 1} in merged.pcapng")
    text = "\n".join(safe_text(line.rstrip()) for line in lines) + "\n"
    return text if ink.is_unicode else text.encode("ascii", "backslashreplace").decode("ascii")


def _places(correlation: Correlation, packet: int) -> list[int]:
    """Return the places that saw the packet, along its way."""
    places = np.flatnonzero(correlation.trajectories.rows[packet] >= 0).tolist()
    return places[::-1] if int(correlation.trajectories.direction[packet]) == Direction.REVERSE else places


def _heading(correlation: Correlation, packet: int, ink: Ink) -> list[str]:
    table = correlation.trajectories
    flow = int(table.flow[packet])
    way = {Direction.FORWARD: "forward", Direction.REVERSE: "reverse"}.get(
        Direction(int(table.direction[packet])), "unknown way"
    )
    ends = [flow_endpoints(correlation, flow, vantage) for vantage in correlation.path.order]
    named = next((f"{one.source} > {one.destination}" for one in ends if one is not None), "")
    protocol = protocol_name(int(correlation.joined.proto[flow]))
    lines = ink.wrap(
        f"PACKET {packet + 1}  {label_of(correlation, packet)}, {way}, flow {flow}: {named} {protocol}", hanging=9
    )
    notes = []
    if table.is_ambiguous[packet]:
        notes.append("It looks like others of its flow: another assignment explains the captures as well.")
    if int(table.duplicate_of[packet]) >= 0:
        notes.append(f"The network doubled packet {int(table.duplicate_of[packet]) + 1}.")
    return [*lines, ink.rule(), *(line for note in notes for line in ink.wrap(note))]


def _frames(correlation: Correlation, packet: int, places: list[int], ink: Ink) -> list[str]:
    """Return where and when it was seen, own clock and reference clock."""
    table = correlation.trajectories
    lines: list[str] = []
    for place in places:
        vantage = correlation.path.order[place]
        file, frame = frame_of(correlation, vantage, int(table.rows[packet, place]))
        since = int(table.time_ns[packet, place]) - int(table.time_ns[packet, places[0]])
        lo, hi = (bounded(int(bounds[packet, place])) for bounds in (table.lo_ns, table.hi_ns))
        width = "no bounds" if lo is None or hi is None else f"{ink.plus_minus}{duration((hi - lo) // 2)}"
        name = correlation.vantages[vantage].name
        text = f"{name}  {safe_text(PurePath(file).name)}#{frame}  +{duration(since)} ({width})"
        lines += ink.paragraph("Seen" if not lines else "", f"{text}; {clock_text(correlation, vantage)}")
    return lines


def _fates(correlation: Correlation, packet: int, ink: Ink) -> list[str]:
    """Return what became of it on every hop, and by which rule."""
    fates = correlation.fates
    is_reverse = int(correlation.trajectories.direction[packet]) == Direction.REVERSE
    at = np.flatnonzero(fates.packet == packet)
    at = at[np.argsort(fates.hop[at] * (-1 if is_reverse else 1), kind="stable")]
    lines: list[str] = []
    for index in at.tolist():
        near, far = hop_names(correlation, int(fates.hop[index]))[:: -1 if is_reverse else 1]
        fate, reason = Fate(int(fates.fate[index])), Reason(int(fates.reason[index]))
        text = f"{near} > {far}: {fate.code.replace('_', ' ')}, {FateGrade(int(fates.grade[index])).code}"
        text += f", because {reason_words(reason)} (rule {reason.code})"
        delay = _delay(correlation, index, ink)
        text += f"; one-way delay {delay}" if delay else ""
        witness = int(fates.witness[index])
        text += (
            f"; witness: packet {witness + 1} ({label_of(correlation, witness)}){_first_frame(correlation, witness)}"
            if witness >= 0
            else ""
        )
        text += f"; {ASSUMPTIONS[reason]}" if reason in ASSUMPTIONS and fate is not Fate.DELIVERED else ""
        lines += ink.paragraph("Fate" if not lines else "", text)
    return lines or ink.paragraph("Fate", "seen at one vantage only, which is an end of its way: no hop to judge")


def _first_frame(correlation: Correlation, packet: int) -> str:
    places = _places(correlation, packet)
    if not places:
        return ""
    vantage = correlation.path.order[places[0]]
    frame = frame_of(correlation, vantage, int(correlation.trajectories.rows[packet, places[0]]))[1]
    return f" {correlation.vantages[vantage].name}#{frame}"


def _delay(correlation: Correlation, index: int, ink: Ink) -> str:
    fates = correlation.fates
    delay, lo, hi = (int(column[index]) for column in (fates.owd_ns, fates.owd_lo_ns, fates.owd_hi_ns))
    if delay == NO_DELAY or int(fates.fate[index]) != Fate.DELIVERED:
        return ""
    low, high = (None if abs(bound) >= 2**61 else bounded(bound) for bound in (lo, hi))
    return interval(delay, low, high, plus_minus=ink.plus_minus)


def _fields(correlation: Correlation, packet: int, places: list[int], fetch: Fetch | None, ink: Ink) -> list[str]:
    """Return every field at every vantage; as many vantages side by side as the page holds.

    Where they do not fit, a vantage stands again beside the next one, so that every change is seen side by side;
    fields that are equal everywhere are told once.
    """
    values = {place: _values(correlation, packet, place, fetch) for place in places}
    names = list(dict.fromkeys(name for one in values.values() for name in one))
    label = min(MOST_LABEL, 1 + max(len(name) for name in names))
    room = max(2, (ink.room - label - len(MARK)) // LEAST_VALUE)
    odd = _unexpected(correlation, packet)
    lines: list[str] = []
    for start in range(0, max(1, len(places) - 1), room - 1):
        group = places[start : start + room]
        width = min(MOST_VALUE, (ink.room - label - len(MARK)) // len(group))
        heading = "".join(f"{_cut(place_names(correlation)[place], width):<{width}}" for place in group)
        hops = {min(pair) for pair in itertools.pairwise(group)}
        rows = [f"{'':<{label}}{heading}"]
        for name in names:
            if start == 0 or len({one.get(name) for one in values.values()}) > 1:
                texts = [values[place].get(name, "absent") for place in group]
                is_odd = any((name, hop) in odd for hop in hops)
                rows.append(f"{_cut(name, label):<{label}}{_cells(texts, width, is_odd=is_odd)}")
        lines += ink.section("Fields" if not lines else "", rows)
    return [*lines, *ink.section("", [f"{MARK.strip()} changed on the way, {EXPECTED.strip()} as routing and NAT do"])]


def _cells(texts: list[str], width: int, *, is_odd: bool) -> str:
    """Return one value where all are equal, else one cell each and a mark."""
    room = width * len(texts)
    if len(set(texts)) == 1:
        return _cut(texts[0], room)
    cells = "".join(f"{_cut(text, width):<{width}}" for text in texts)
    return f"{cells:<{room}}{MARK if is_odd else EXPECTED}"


def _cut(text: str, width: int) -> str:
    return text if len(text) < width else f"{text[: width - 3]}.."


def _values(correlation: Correlation, packet: int, place: int, fetch: Fetch | None) -> dict[str, str]:
    """Return all fields of a packet at a place: headers, what scapy reads above them, the first payload bytes."""
    vantage = correlation.path.order[place]
    row = int(correlation.trajectories.rows[packet, place])
    table = correlation.packets[vantage]
    values = field_values(table, row)
    data = fetch(vantage, np.array([row], np.int64))[0] if fetch is not None else b""
    if data:
        columns = table.columns
        start, payload = int(columns.l3_offset[row]), int(columns.payload_offset[row])
        is_v6 = bool(int(columns.flags[row]) & PacketFlag.IPV6)
        values |= dict(layer_values(data[start:], is_v6=is_v6))
        kept = data[payload : payload + min(HEX_BYTES, int(columns.payload_cap[row]))]
        if kept:
            values["payload"] = kept.hex()
    values["frame.len"] = str(int(table.columns.wire_len[row]))
    return values


def _unexpected(correlation: Correlation, packet: int) -> set[tuple[str, int]]:
    """Return (field, hop) of the changes that neither routing nor a plain NAT makes."""
    columns = correlation.mutations.odd
    at = np.flatnonzero((columns.packet == packet) & ~columns.expected)
    pairs = zip(columns.field[at].tolist(), columns.hop[at].tolist(), strict=True)
    odd = {(correlation.mutations.fields[field], hop) for field, hop in pairs}
    return odd | {("payload", hop) for name, hop in odd if name.endswith(".payload")}


def _claims(correlation: Correlation, packet: int, ink: Ink) -> list[str]:
    """Return the findings that name this packet, or a frame that carries it."""
    frames = set()
    for place in _places(correlation, packet):
        vantage = correlation.path.order[place]
        file, frame = frame_of(correlation, vantage, int(correlation.trajectories.rows[packet, place]))
        frames.add((correlation.vantages[vantage].name, file, frame))
    lines: list[str] = []
    for finding in correlation.findings:
        cited = [one for one in finding.evidence if (one.vantage, one.file, one.frame) in frames]
        if finding.packet != packet and not cited:
            continue
        notes = "; ".join(dict.fromkeys(f"{one.vantage}#{one.frame} {one.note}".strip() for one in cited))
        lines += ink.paragraph(
            "Claims" if not lines else "",
            safe_text(f"{finding.title} ({finding.grade}){': ' + notes if notes else ''}"),
        )
    return lines
