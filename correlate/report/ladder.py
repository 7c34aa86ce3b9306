"""The ladder: packets that matter, over all vantages, in time.

**In:** packets chosen by ``scene``. **Out:** lines of text; one row per packet, gaps folded.
**Method:** one column per vantage; a cell per hop is drawn from the packet's fate there: delivered, changed, lost,
not captured. Times are first sightings on the reference clock, relative to the first row unless asked otherwise.
**Not here:** which packets (``scene.py``).
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import attrs
import numpy as np

from correlate.model.correlation import Correlation
from correlate.model.path import Direction
from correlate.model.trajectories import Fate
from correlate.report.durations import bounded, duration, rounded
from correlate.report.ink import Ink
from correlate.report.places import place_names
from correlate.report.scene import growth_of, label_of, repeats, scene_flow, scene_packets
from correlate.report.verdict import Story
from correlate.wire.text import safe_text

TimeFormat = Literal["r", "u", "e"]
"""As tshark's ``-t``: relative to the first row, UTC time of day, seconds since 1970."""

LEAST_PITCH, MOST_PITCH = 11, 24
"""Columns per hop."""
REMARK_WIDTH = 8
FOLD_NS = 500_000_000
"""A pause this long is told beside the packets that are left out; alone the times tell it."""
UNTOLD_NOTES = frozenset({"shows that it never arrived"})
"""Notes that say nothing without the finding's list of evidence."""
ENDS = (Fate.LOST, Fate.ABSORBED, Fate.AMBIGUOUS)
"""Fates after which nothing more is drawn, unless the packet was seen again."""
FATE_WORDS = {
    Fate.LOST: "lost",
    Fate.ABSORBED: "absorbed",
    Fate.NOT_CAPTURED: "not captured",
    Fate.AMBIGUOUS: "not seen",
}


@attrs.frozen(kw_only=True)
class Rung:
    """One packet of the ladder."""

    packet: int
    time_ns: int
    """First sighting, reference clock."""
    label: str
    direction: int
    is_seen: tuple[bool, ...]
    """Per place."""
    fates: dict[int, Fate]
    """Per hop."""
    changed: dict[int, str]
    """Hop with an unexpected change -> its growth (``+2``) or empty."""
    remark: str


def ladder_lines(correlation: Correlation, story: Story, ink: Ink, *, time_format: TimeFormat = "r") -> list[str]:
    """Return the ladder section, empty where the story names no flow."""
    rungs = rungs_of(correlation, story)
    if not rungs:
        return []
    names = place_names(correlation)
    times = [_time_text(rung.time_ns, rungs, time_format) for rung in rungs]
    column = max(6, *(len(text) for text in times))
    hops = max(1, len(names) - 1)
    pitch = min(MOST_PITCH, (ink.room - column - 3 - REMARK_WIDTH) // hops)
    lines = []
    fits = pitch >= max(LEAST_PITCH, *(len(name) + 2 for name in names)) or len(names) == 1
    if fits:
        unit = "ms" if time_format == "r" else "UTC" if time_format == "u" else "s"
        heading = "".join(f"{name:<{pitch}}" for name in names).rstrip()
        lines.append(f"{unit:>{column}}  {heading}"[: ink.room])
    previous: Rung | None = None
    told: set[str] = set()
    """Long remarks cost a line each: once is enough."""
    flow = scene_flow(correlation, story)
    for rung, time in zip(rungs, times, strict=True):
        if previous is not None:
            lines += _fold(correlation, flow, previous, rung, column, ink)
        shown = attrs.evolve(rung, remark="") if len(rung.remark) > REMARK_WIDTH and rung.remark in told else rung
        told.add(rung.remark)
        body = _drawn(shown, pitch, ink) if fits else [_listed(shown, names, ink)]
        room = ink.room if fits else None
        lines += [f"{time if number == 0 else '':>{column}}  {line}"[:room] for number, line in enumerate(body)]
        previous = rung
    lines.append(clock_note(correlation, rungs, ink))
    return ink.section("Ladder", [line.rstrip() for line in lines])


def rungs_of(correlation: Correlation, story: Story) -> list[Rung]:
    """Return the packets of the story in the order of time; empty where it names no flow."""
    packets = scene_packets(correlation, story)
    again = repeats(correlation, packets)
    notes = _notes(correlation, story, packets)
    rungs = [_rung(correlation, packet, notes.get(packet, "")) for packet in packets]
    marked = [attrs.evolve(rung, remark="again") if rung.packet in again else rung for rung in rungs]
    return sorted(marked, key=lambda rung: (rung.time_ns, rung.packet))


def _rung(correlation: Correlation, packet: int, remark: str) -> Rung:
    table, fates, changes = correlation.trajectories, correlation.fates, correlation.mutations.odd
    seen = table.rows[packet] >= 0
    mine = np.flatnonzero(fates.packet == packet)
    by_hop = {int(fates.hop[at]): Fate(int(fates.fate[at])) for at in mine.tolist()}
    hops = np.unique(changes.hop[(changes.packet == packet) & ~changes.expected]).tolist()
    words = [FATE_WORDS[fate] for fate in by_hop.values() if fate in FATE_WORDS]
    return Rung(
        packet=packet,
        time_ns=int(table.time_ns[packet][seen].min()),
        label=label_of(correlation, packet),
        direction=int(table.direction[packet]),
        is_seen=tuple(bool(one) for one in seen),
        fates=by_hop,
        changed={int(hop): growth_of(correlation, packet, int(hop)) for hop in hops},
        # A changed packet says so in its arrow; the evidence's note would say it twice.
        remark="" if len(hops) else remark or (words[0] if words else ""),
    )


def _notes(correlation: Correlation, story: Story, packets: list[int]) -> dict[int, str]:
    """Return the notes that the story's evidence makes on packets of the ladder."""
    frames: dict[tuple[str, int], int] = {}
    for packet in packets:
        for place, name in enumerate(place_names(correlation)):
            row = int(correlation.trajectories.rows[packet, place])
            if row >= 0:
                frames[name, int(correlation.packets[correlation.path.order[place]].columns.frame[row])] = packet
    notes: dict[int, str] = {}
    for finding in story.members:
        for reference in finding.evidence:
            packet_or_none = frames.get((reference.vantage, reference.frame))
            if reference.note and reference.note not in UNTOLD_NOTES and packet_or_none is not None:
                notes.setdefault(packet_or_none, safe_text(reference.note))
    return notes


def _time_text(time_ns: int, rungs: list[Rung], time_format: TimeFormat) -> str:
    if time_format == "e":
        return f"{time_ns // 10**9}.{time_ns % 10**9 // 1000:06d}"
    if time_format == "u":
        moment = dt.datetime.fromtimestamp(time_ns // 10**9, tz=dt.UTC)
        return f"{moment:%H:%M:%S}.{time_ns % 10**9 // 1000:06d}"
    span = rungs[-1].time_ns - rungs[0].time_ns
    return f"{(time_ns - rungs[0].time_ns) / 1e6:.{1 if span >= 10_000_000 else 3}f}"


def _fold(correlation: Correlation, flow: int | None, before: Rung, after: Rung, column: int, ink: Ink) -> list[str]:
    """Say how many packets of the flow lie between two rows, and for how long."""
    between = 0
    if flow is not None and after.packet - before.packet > 1:
        between = int((correlation.trajectories.flow[before.packet + 1 : after.packet] == flow).sum())
    if not between:
        return []
    pause = after.time_ns - before.time_ns
    text = (f"{duration(pause)}, " if pause >= FOLD_NS else "") + f"{between} more packet{'s' if between != 1 else ''}"
    return [f"{'~':>{column}}  {ink.bar} {text}"]


def _drawn(rung: Rung, pitch: int, ink: Ink) -> list[str]:
    """Return the packet as an arrow over the vantages; a second line holds a remark that found no room."""
    places = len(rung.is_seen)
    line = [ink.bar + " " * (pitch - 1) for _ in range(places)]
    label = rung.label
    hops = range(places - 1) if rung.direction != Direction.REVERSE else range(places - 2, -1, -1)
    free: list[int] = []
    for hop in hops:
        cell = _cell(rung, hop, label, pitch - 1, ink)
        if cell is None:
            free.append(hop)
            continue
        label = ""
        line[hop] = ink.bar + cell
        if rung.fates.get(hop) in ENDS and not _is_seen_beyond(rung, hop):
            free += [other for other in hops if (other - hop) * (hops[-1] - hops[0]) > 0]
            break
    line[-1] = ink.bar
    if not rung.remark:
        return ["".join(line)]
    return _with_remark(rung.remark, line, free, pitch)


def _is_seen_beyond(rung: Rung, hop: int) -> bool:
    """Return True if the packet was seen anywhere after this hop."""
    return any(rung.is_seen[: hop + 1] if rung.direction == Direction.REVERSE else rung.is_seen[hop + 1 :])


def _with_remark(remark: str, line: list[str], free: list[int], pitch: int) -> list[str]:
    """Put the remark into neighbouring empty cells, behind the ladder, or below."""
    room = len(free) * pitch - 3
    if free and len(remark) <= room:
        first = min(free)
        text = f"{line[first][0]} {remark}"
        covered = -(-len(text) // pitch) * pitch
        bars = "".join(line[first : first + covered // pitch])
        line[first : first + covered // pitch] = [text + bars[len(text) :]]
        return ["".join(line)]
    if len(remark) <= REMARK_WIDTH:
        return ["".join(line) + f" {remark}"]
    empty = "".join(cell[0] + " " * (len(cell) - 1) for cell in line)
    text = f"{empty[0]} {remark}"
    return ["".join(line), text + empty[len(text) :]]


def _cell(rung: Rung, hop: int, label: str, width: int, ink: Ink) -> str | None:
    """Return one hop of the arrow; None = the packet did not come here."""
    is_reverse = rung.direction == Direction.REVERSE
    upstream, downstream = (hop + 1, hop) if is_reverse else (hop, hop + 1)
    fate = rung.fates.get(hop)
    if fate is None:
        if not (rung.is_seen[upstream] and rung.is_seen[downstream]):
            return None
        fate = Fate.DELIVERED
    if fate is Fate.ORIGINATED and not rung.is_seen[upstream]:
        return None
    text = _changed_label(rung, hop, width - 2) if hop in rung.changed else label
    stroke = ink.heavy if hop in rung.changed else ink.line
    if fate is Fate.NOT_CAPTURED:
        stroke = ink.dotted
    head = {Fate.LOST: "x", Fate.ABSORBED: "x", Fate.AMBIGUOUS: "?"}.get(fate, "")
    tip = head or ("<" if is_reverse else ">")
    if head:
        text, reach = text[: width - 4], max(len(text) + 3, width * 2 // 3)
        body = f"{text:{stroke}^{reach - 1}}"
        return f"{tip + body:>{width}}" if is_reverse else f"{body + tip:<{width}}"
    body = f"{text[: width - 2]:{stroke}^{width - 1}}"
    return f"<{body}" if is_reverse else f"{body}>"


def _changed_label(rung: Rung, hop: int, room: int) -> str:
    """Return the label with what was added to the packet, which is never cut."""
    growth = rung.changed[hop]
    return f"{rung.label[: room - len(growth)]}{growth}"


def _listed(rung: Rung, names: list[str], ink: Ink) -> str:
    """Return the packet as words, for narrow pages."""
    way = [name for name, is_seen in zip(names, rung.is_seen, strict=True) if is_seen]
    if rung.direction == Direction.REVERSE:
        way.reverse()
    words = [f"{rung.label} {f' {ink.arrow} '.join(way)}"]
    words += [f"changed{f' ({growth})' if growth else ''}" for growth in rung.changed.values()]
    if rung.remark:
        words.append(rung.remark)
    return ", ".join(words)


def clock_note(correlation: Correlation, rungs: list[Rung], ink: Ink) -> str:
    """Say whose clock the times are on, and how sure they are."""
    name = correlation.vantages[correlation.clocks.reference].name
    widest = 0
    for rung in rungs:
        lo, hi = correlation.trajectories.lo_ns[rung.packet], correlation.trajectories.hi_ns[rung.packet]
        seen = np.array(rung.is_seen)
        for bound, time in zip(
            [*lo[seen], *hi[seen]], [*correlation.trajectories.time_ns[rung.packet][seen]] * 2, strict=True
        ):
            if bounded(int(bound)) is None:
                return f"times on {name}'s clock; other clocks have no bounds"
            widest = max(widest, abs(int(time) - int(bound)))
    return f"times on {name}'s clock" + (f", {ink.plus_minus}{rounded(widest / 1e6, up=True)} ms" if widest else "")
