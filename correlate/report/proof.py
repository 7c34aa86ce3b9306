"""One packet left and right of the hop: the frames of both captures, field by field.

**In:** the finding's best packet. **Out:** lines of text.
**Method:** changed fields come from the mutation table; a few unchanged ones say that it is the same packet, the
rest is counted. Frame numbers are those of the user's own files.
**Not here:** which packet is best (``diagnose``).
"""

from __future__ import annotations

import textwrap
from pathlib import PurePath
from typing import NamedTuple

import attrs
import numpy as np

from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.model.packets import TCP, UDP, ChecksumState, PacketFlag
from correlate.model.path import Direction
from correlate.model.trajectories import NO_DELAY
from correlate.report.durations import bounded, interval
from correlate.report.ink import Ink
from correlate.report.places import frame_of, hop_names
from correlate.wire.text import safe_text

COMPARED = (
    "ip_len", "ip_id", "ttl", "tos", "flow_label", "frag_offset", "seq", "ack", "tcp_flags", "window", "urgent",
    "payload_len", "mss", "wscale", "options", "tsval", "tsecr", "sack_count", "digest", "icmp_type", "icmp_code",
)  # fmt: skip
"""Columns that are counted as "more fields" where they are equal."""

STATES = {
    ChecksumState.GOOD: "good",
    ChecksumState.BAD: "bad",
    ChecksumState.PARTIAL: "offload",
    ChecksumState.ABSENT: "none",
    ChecksumState.UNKNOWN: "not checked",
}
LABEL, VALUE, LEAST_VALUE, REMARK = 17, 15, 12, 17
"""Columns of a field name, of a value, and what remarks get at most however long the values are."""
MARK = " <<"
MOST_CHANGES = 12
MOST_FRAMES = 5
"""Frames in a display filter on the page; report.json has all."""
UNTOLD_NOTES = frozenset({"shows that it never arrived"})
"""Notes that say nothing to a reader who sees the frame alone."""


class Row(NamedTuple):
    """One line of the table."""

    label: str
    left: str
    right: str
    remark: str = ""
    is_marked: bool = False


@attrs.frozen(kw_only=True)
class Crossing:
    """A packet at the two ends of a hop; ``upstream`` is where it came from."""

    packet: int
    hop: int
    upstream: int
    """Place."""
    downstream: int
    upstream_row: int
    """-1 = not observed."""
    downstream_row: int


def crossing_of(correlation: Correlation, finding: Finding) -> Crossing | None:
    """Return the finding's packet on the finding's hop; None where it names no packet or no hop."""
    if finding.packet is None or finding.hop is None:
        return None
    hops = [hop_names(correlation, hop) for hop in range(correlation.path.hop_count)]
    if finding.hop not in hops:
        return None
    hop = hops.index(finding.hop)
    is_reverse = int(correlation.trajectories.direction[finding.packet]) == Direction.REVERSE
    upstream, downstream = (hop + 1, hop) if is_reverse else (hop, hop + 1)
    rows = correlation.trajectories.rows[finding.packet]
    return Crossing(
        packet=finding.packet,
        hop=hop,
        upstream=upstream,
        downstream=downstream,
        upstream_row=int(rows[upstream]),
        downstream_row=int(rows[downstream]),
    )


def proof_lines(correlation: Correlation, finding: Finding, ink: Ink) -> list[str]:
    """Return the proof section: the field table, or the evidence frames where there is no single packet."""
    crossing = crossing_of(correlation, finding)
    if crossing is None or (crossing.upstream_row < 0 and crossing.downstream_row < 0):
        return _evidence_lines(finding, ink)
    rows = proof_rows(correlation, crossing, ink)
    return ink.section("Proof", [*_table(rows, ink), *_filter_lines(correlation, finding, crossing, ink)])


def proof_rows(correlation: Correlation, crossing: Crossing, ink: Ink) -> list[Row]:
    """Return the table of a packet on a hop that at least one end of it saw: a heading, then fields."""
    names = [_name(correlation, place) for place in (crossing.upstream, crossing.downstream)]
    header = Row(f"packet {crossing.packet + 1}", f"left {names[0]}", f"reached {names[1]}")
    if crossing.upstream_row < 0:
        header = header._replace(left=f"not at {names[0]}", right=f"seen {names[1]}")
    elif crossing.downstream_row < 0:
        header = header._replace(right=f"not at {names[1]}")
    rows = [header, _frame_row(correlation, crossing, ink), *_file_row(correlation, crossing)]
    if crossing.upstream_row >= 0 and crossing.downstream_row >= 0:
        rows += _comparison(correlation, crossing)
    else:
        rows += _one_sided(correlation, crossing)
    return rows


def _filter_lines(correlation: Correlation, finding: Finding, crossing: Crossing, ink: Ink) -> list[str]:
    """Return Wireshark's display filter for the frames: both of the packet, or the first ones where only one has it."""
    filters = []
    is_one_sided = min(crossing.upstream_row, crossing.downstream_row) < 0
    for place, row in ((crossing.upstream, crossing.upstream_row), (crossing.downstream, crossing.downstream_row)):
        if row < 0:
            continue
        vantage = correlation.path.order[place]
        name = correlation.vantages[vantage].name
        file, frame = frame_of(correlation, vantage, row)
        notes = {one.note for one in finding.evidence if (one.vantage, one.frame) == (name, frame)}
        here = [one for one in finding.evidence if (one.vantage, one.file) == (name, file)]
        more = [one.frame for one in here if one.note in notes]
        frames = sorted(
            set([frame, *(other for other in more if other != frame)][: MOST_FRAMES if is_one_sided else 1])
        )
        test = f"== {frame}" if len(frames) == 1 else f"in {{{','.join(map(str, frames))}}}"
        filters.append(f"{name}: frame.number {test}")
    text = f"Wireshark  {'; '.join(filters)}"
    if len(text) <= ink.room or len(filters) == 1:
        return [text]
    return [f"Wireshark  {filters[0]}", f"           {filters[1]}"]


def _evidence_lines(finding: Finding, ink: Ink) -> list[str]:
    lines = [
        f"{safe_text(PurePath(one.file).name)}#{one.frame}"
        + (f"  {safe_text(one.note)}" if one.note and one.note not in UNTOLD_NOTES else "")
        for one in finding.evidence[:6]
    ]
    if len(finding.evidence) > 6:
        lines.append(f"and {len(finding.evidence) - 6} more frames")
    return ink.section("Proof", [line[: ink.room] for line in lines])


def _table(rows: list[Row], ink: Ink) -> list[str]:
    """Lay out the rows: three aligned columns, remarks, marks at the right edge; a narrow page gets lines of words."""
    room = ink.room - len(MARK)
    longest = max(len(row.label) for row in rows)
    remark = min(REMARK, 1 + max(len(row.remark) for row in rows))
    label = max(LABEL, longest) + 1
    if label + 2 * LEAST_VALUE + remark > room:
        label = longest + 1
    widest = max((room - label - remark) // 2, LEAST_VALUE)
    left = min(max(VALUE, *(len(row.left) for row in rows)) + 1, widest)
    right = min(max(VALUE, *(len(row.right) for row in rows)) + 1, widest)
    if label + left + right > room:
        return [line for row in rows for line in _worded(row, ink)]
    lines = []
    for row in rows:
        is_bare = not row.remark and not row.is_marked
        value = row.right[: room - label - left] if is_bare else _fit(row.right, right)
        line = f"{row.label:<{label}}{_fit(row.left, left)}{value}"
        is_roomy = len(line) + len(row.remark) <= room
        line += row.remark if is_roomy else ""
        lines.append(f"{line:<{room}}{MARK}" if row.is_marked else line.rstrip())
        if not is_roomy:
            lines.append(f"{'':<{label}}{row.remark}"[: ink.room])
    return lines


def _worded(row: Row, ink: Ink) -> list[str]:
    """Return a row as words, for narrow pages."""
    values = f" {ink.arrow} ".join(text for text in (row.left, row.right) if text)
    text = f"{row.label}: {values}" + (f", {row.remark}" if row.remark else "")
    return textwrap.wrap(text + (MARK if row.is_marked else ""), ink.room, subsequent_indent="  ")


def _fit(text: str, width: int) -> str:
    return f"{text if len(text) < width else text[: width - 3] + '..':<{width}}"


def _name(correlation: Correlation, place: int) -> str:
    return correlation.vantages[correlation.path.order[place]].name


def _frame_row(correlation: Correlation, crossing: Crossing, ink: Ink) -> Row:
    return Row(
        "frame",
        _frame_text(correlation, crossing.upstream, crossing.upstream_row),
        _frame_text(correlation, crossing.downstream, crossing.downstream_row),
        _delay_remark(correlation, crossing, ink),
    )


def _frame_text(correlation: Correlation, place: int, row: int) -> str:
    if row < 0:
        return "none"
    return f"#{int(correlation.packets[correlation.path.order[place]].columns.frame[row])}"


def _file_row(correlation: Correlation, crossing: Crossing) -> list[Row]:
    """Say the files where a capture has several."""
    texts = []
    for place, row in ((crossing.upstream, crossing.upstream_row), (crossing.downstream, crossing.downstream_row)):
        vantage = correlation.path.order[place]
        files = correlation.vantages[vantage].files
        index = int(correlation.packets[vantage].columns.file[row]) if row >= 0 else -1
        texts.append(safe_text(PurePath(files[index].path).name) if index >= 0 and len(files) > 1 else "")
    return [Row("file", texts[0], texts[1])] if any(texts) else []


def _delay_remark(correlation: Correlation, crossing: Crossing, ink: Ink) -> str:
    """Return the packet's own one-way delay with its bounds."""
    fates = correlation.fates
    at = np.flatnonzero((fates.packet == crossing.packet) & (fates.hop == crossing.hop))
    if len(at) == 0 or int(fates.owd_ns[at[0]]) == NO_DELAY:
        return ""
    delay, lo, hi = (int(column[at[0]]) for column in (fates.owd_ns, fates.owd_lo_ns, fates.owd_hi_ns))
    if abs(lo) >= 2**61 and abs(hi) >= 2**61:
        return "delay unknown"
    low, high = (None if abs(bound) >= 2**61 else bounded(bound) for bound in (lo, hi))
    return f"{'+' if delay >= 0 else ''}{interval(delay, low, high, plus_minus=ink.plus_minus)}"


def _comparison(correlation: Correlation, crossing: Crossing) -> list[Row]:
    """Return changed fields, what proves the packet's identity, and how many more are equal."""
    changes = _changes(correlation, crossing)
    changed = {row.label for row in changes}
    identity = [row for row in _identity(correlation, crossing) if row.label not in changed]
    equal = _equal_count(correlation, crossing) - len([row for row in identity if row.remark])
    tail = [Row(f"{equal} more fields", "equal", "equal")] if equal > 0 else []
    return [*identity, *changes, *tail]


def _changes(correlation: Correlation, crossing: Crossing) -> list[Row]:
    table = correlation.mutations
    columns = table.of(crossing.packet)
    at = np.flatnonzero(columns.hop == crossing.hop)
    at = at[np.argsort(columns.expected[at], kind="stable")]
    rows = []
    for index in at[:MOST_CHANGES].tolist():
        field = int(columns.field[index])
        name = table.fields[field]
        before, after = (table.text(field, int(column[index])) for column in (columns.before, columns.after))
        states = ("", "")
        if name in ("tcp.checksum", "udp.checksum", "icmp.checksum"):
            states = _checksum_states(correlation, crossing)
        is_expected = bool(columns.expected[index])
        remark = "expected" if is_expected else _difference(name, before, after, states)
        left, right = (
            f"{_value(name, text)} {state}".rstrip() for text, state in zip((before, after), states, strict=True)
        )
        rows.append(Row(name, left, right, remark, not is_expected))
    if len(at) > MOST_CHANGES:
        rows.append(Row(f"{len(at) - MOST_CHANGES} more changes", "", ""))
    return rows


def _value(name: str, text: str | None) -> str:
    """Return a field's value; payload hex in pairs."""
    if text is None:
        return "absent"
    if name.endswith(".payload"):
        return " ".join(text[start : start + 2] for start in range(0, len(text), 2))
    return safe_text(text)


def _difference(name: str, before: str | None, after: str | None, states: tuple[str, str]) -> str:
    """Return what a change amounts to."""
    if name.endswith(".checksum") and states[1] == "good":
        return "recomputed"
    if before is None or after is None:
        return "added" if before is None else "removed"
    if before.lstrip("-").isdigit() and after.lstrip("-").isdigit() and not name.endswith(".payload"):
        return f"{int(after) - int(before):+d}"
    return "changed"


def _checksum_states(correlation: Correlation, crossing: Crossing) -> tuple[str, str]:
    states = []
    for place, row in ((crossing.upstream, crossing.upstream_row), (crossing.downstream, crossing.downstream_row)):
        columns = correlation.packets[correlation.path.order[place]].columns
        states.append(STATES[ChecksumState(int(columns.l4_csum_state[row]))])
    return states[0], states[1]


def _identity(correlation: Correlation, crossing: Crossing) -> list[Row]:
    """Return the unchanged fields by which both frames are one packet, and the checksum."""
    up, down = (
        correlation.packets[correlation.path.order[p]].columns for p in (crossing.upstream, crossing.downstream)
    )
    left, right = crossing.upstream_row, crossing.downstream_row
    rows = []
    both = int(up.flags[left]) & int(down.flags[right])
    if both & PacketFlag.HAS_IP_ID and up.ip_id[left] == down.ip_id[right]:
        text = f"0x{int(up.ip_id[left]):04x}"
        rows.append(Row("ip.id", text, text, "same packet"))
    if int(up.proto[left]) == TCP and both & PacketFlag.TRANSPORT and up.seq[left] == down.seq[right]:
        text = str(int(up.seq[left]))
        rows.append(Row("tcp.seq_raw", text, text, "same"))
    if int(up.proto[left]) in (TCP, UDP) and both & PacketFlag.TRANSPORT:
        name = "tcp.checksum" if int(up.proto[left]) == TCP else "udp.checksum"
        states = _checksum_states(correlation, crossing)
        rows.append(
            Row(name, f"0x{int(up.l4_csum[left]):04x} {states[0]}", f"0x{int(down.l4_csum[right]):04x} {states[1]}")
        )
    return rows


def _equal_count(correlation: Correlation, crossing: Crossing) -> int:
    up, down = (
        correlation.packets[correlation.path.order[p]].columns for p in (crossing.upstream, crossing.downstream)
    )
    left, right = crossing.upstream_row, crossing.downstream_row
    return sum(int(getattr(up, name)[left]) == int(getattr(down, name)[right]) for name in COMPARED)


def _one_sided(correlation: Correlation, crossing: Crossing) -> list[Row]:
    """Return what names a packet that only one end has."""
    is_left = crossing.upstream_row >= 0
    place, row = (
        (crossing.upstream, crossing.upstream_row) if is_left else (crossing.downstream, crossing.downstream_row)
    )
    columns = correlation.packets[correlation.path.order[place]].columns
    fields = []
    if int(columns.flags[row]) & PacketFlag.HAS_IP_ID:
        fields.append(("ip.id", f"0x{int(columns.ip_id[row]):04x}"))
    fields.append(("ip.len", str(int(columns.ip_len[row]))))
    fields.append(("ip.ttl", str(int(columns.ttl[row]))))
    if int(columns.proto[row]) == TCP and int(columns.flags[row]) & PacketFlag.TRANSPORT:
        fields += [("tcp.seq_raw", str(int(columns.seq[row]))), ("tcp.ack_raw", str(int(columns.ack[row])))]
    return [Row(name, text, "") if is_left else Row(name, "", text) for name, text in fields]
