"""Content that a proxy changes: TCP is clean on both of its connections, the bytes are not the same.

In: connections that end on a hop, joined by what they carry. Out: ``payload-altered`` per hop and direction.
Method: the streams of both sides are read again and compared as wholes, however they are cut. Heads of HTTP/1.x are a
proxy's to rewrite (RFC 9110 section 7.6), so there the first body of a stated length is compared. Streams of equal
length that differ in few of their bytes are one content that was changed; those that differ in most are another
encoding.
Not here: segments that a hop forwards and alters (``alteration.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs
import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted
from correlate.model.arrays import I64
from correlate.model.findings import Finding, FrameRef
from correlate.model.packets import TCP, ChecksumState, PacketColumns
from correlate.wire.seq import seq_diffs

MOST_FLOWS = 200
"""Connections per hop whose streams are read again."""
MOST_BYTES = 32_000_000
"""Read at one place; streams beyond it are not compared."""
LEAST_BYTES = 64
"""A shorter content is not known to be one."""
MOST_SHARE = 0.1
"""Content that was damaged differs in few bytes; ciphertext of two keys differs in 255 of 256."""
SHOWN = 8

_STATED = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_END = b"\r\n\r\n"


@attrs.frozen(kw_only=True)
class Stream:
    """One direction of a connection at one place, up to its first gap."""

    data: bytes
    rows: I64
    """Rows of the packets that carry it, in its order."""
    starts: I64
    """Where each of them begins in it."""
    is_valid: bool
    """None of their checksums is wrong."""


Streams = dict[tuple[int, int], Stream]
"""By flow and direction."""


@attrs.frozen(kw_only=True)
class Damage:
    """What differs in one direction of one connection."""

    flow: int
    at: int
    """First differing byte within the content."""
    count: int
    size: int
    streams: tuple[Stream, Stream]
    """Upstream, downstream."""
    begins: tuple[int, int]
    """Where the content begins in either."""


def find_altered_content(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and direction on which proxied content differs."""
    for hop in range(view.run.path.hop_count):
        flows = np.flatnonzero(view.is_ended[:, hop])[:MOST_FLOWS]
        if not len(flows):
            continue
        sides = [_read(view, flows, place) for place in (hop, hop + 1)]
        for direction in (1, -1):
            up, down = sides if direction > 0 else sides[::-1]
            compared, damages = _compare(flows, direction, (up, down))
            if damages:
                yield _finding(view, hop, direction, compared, damages)


def _compare(flows: I64, direction: int, sides: tuple[Streams, Streams]) -> tuple[int, list[Damage]]:
    """Return how many connections could be compared, and what differs in which."""
    compared, found = 0, []
    for flow in flows.tolist():
        streams = [side.get((flow, direction)) for side in sides]
        if streams[0] is None or streams[1] is None:
            continue
        (first, one), (second, other) = _content(streams[0].data), _content(streams[1].data)
        if len(one) != len(other) or len(one) < LEAST_BYTES:
            continue
        compared += 1
        differs = np.flatnonzero(np.frombuffer(one, np.uint8) != np.frombuffer(other, np.uint8))
        is_valid = streams[0].is_valid and streams[1].is_valid
        if len(differs) and len(differs) <= MOST_SHARE * len(one) and is_valid:
            damage = Damage(
                flow=flow,
                at=int(differs[0]),
                count=len(differs),
                size=len(one),
                streams=(streams[0], streams[1]),
                begins=(first, second),
            )
            found.append(damage)
    return compared, found


def _read(view: View, flows: I64, place: int) -> Streams:
    """Return the streams of some connections at a place, both directions, with one more look at its files."""
    vantage, table = view.run.path.order[place], view.run.trajectories
    columns = view.run.packets[vantage].columns
    at = np.flatnonzero(np.isin(table.flow, flows) & view.is_seen[:, place] & view.kept)
    rows = table.rows[at, place]
    has_data = (columns.proto[rows] == TCP) & (columns.payload_len[rows] > 0)
    at, rows = at[has_data], rows[has_data]
    side = table.flow[at].astype(np.int64) * 2 + (table.direction[at] < 0)
    plans, left = {}, MOST_BYTES
    for number in np.unique(side).tolist():
        plan = _plan(columns, np.unique(rows[side == number]), left)
        plans[number // 2, -1 if number % 2 else 1] = plan
        left -= int(columns.payload_len[plan[0]].sum())
    wanted = np.unique(np.concatenate([plan[0] for plan in plans.values()])) if plans else rows[:0]
    frames = dict(zip(wanted.tolist(), view.fetch(vantage, wanted) if len(wanted) else [], strict=True))
    return {key: _stream(columns, plan, frames) for key, plan in plans.items()}


def _plan(columns: PacketColumns, rows: I64, most: int) -> tuple[I64, I64]:
    """Return the rows that carry a stream up to its first gap, and where in it each begins."""
    offset = seq_diffs(columns.seq[rows], columns.seq[rows[0]])
    order = np.lexsort((rows, offset))
    rows, offset = rows[order], offset[order] - offset[order[0]]
    kept, starts, end = [], [], 0
    for row, at in zip(rows.tolist(), offset.tolist(), strict=True):
        if at > end or end >= most or columns.payload_cap[row] < columns.payload_len[row]:
            break
        if at == end:
            kept.append(row)
            starts.append(end)
            end += int(columns.payload_len[row])
    return np.array(kept, np.int64), np.array(starts, np.int64)


def _stream(columns: PacketColumns, plan: tuple[I64, I64], frames: dict[int, bytes]) -> Stream:
    rows, starts = plan
    begin, size = columns.payload_offset[rows].tolist(), columns.payload_len[rows].tolist()
    data = b"".join(frames[row][a : a + n] for row, a, n in zip(rows.tolist(), begin, size, strict=True))
    # A file that changed since it was read gives nothing.
    if len(data) != sum(size):
        return Stream(data=b"", rows=rows[:0], starts=starts[:0], is_valid=False)
    is_valid = not (columns.l4_csum_state[rows] == ChecksumState.BAD).any()
    return Stream(data=data, rows=rows, starts=starts, is_valid=bool(is_valid))


def _content(data: bytes) -> tuple[int, bytes]:
    """Return where the content begins and its bytes: an HTTP answer's first body, nothing of a request's head."""
    if not data.startswith(b"HTTP/1."):
        is_request = re.match(rb"[A-Z]{3,16} \S+ HTTP/1\.[01]\r\n", data)
        return (0, b"") if is_request else (0, data)
    begin = data.find(_END) + len(_END)
    stated = _STATED.search(data[: begin - 2]) if begin >= len(_END) else None
    if stated is None or len(data) < begin + int(stated.group(1)):
        return 0, b""
    return begin, data[begin : begin + int(stated.group(1))]


def _finding(view: View, hop: int, direction: int, compared: int, damages: list[Damage]) -> Finding:
    places = view.upstream(hop, direction), view.downstream(hop, direction)
    worst = max(damages, key=lambda one: one.count)
    where, count = view.between(hop, direction), len(damages)
    shown = [_shown(view, worst, side, place) for side, place in enumerate(places)]
    others = compared - count
    clean = f" In {counted(others, 'other connection')} through it the content is the same." if others else ""
    refs = tuple(ref for side, place in enumerate(places) for ref in _cite(view, worst, side, place))
    return Finding(
        id=f"payload-altered/proxied/{hop}/{direction}",
        code="payload-altered",
        severity=CATALOGUE["payload-altered"].severity,
        grade="likely",
        title=f"Content of {counted(count, 'connection')} changed by a proxy between {where}",
        explanation=(
            f"{worst.count} of {worst.size} bytes differ in flow {worst.flow}, from byte {worst.at} of the content on: "
            f"{shown[0]}, {shown[1]}. TCP ends on this hop and is clean on both sides: every checksum fits, so what "
            f"carries the content over changed it, and no line did.{clean}"
        ),
        hop=view.hop(hop),
        direction=view.direction_name(direction),
        quantity=worst.count,
        unit="bytes",
        flows=tuple(one.flow for one in damages),
        packet=None,
        evidence=refs,
        settle=f"The same content asked for once more past what ends the connections between {where}.",
    )


def _shown(view: View, damage: Damage, side: int, place: int) -> str:
    """Return the first differing bytes at one place with their frame."""
    at = damage.begins[side] + damage.at
    data = damage.streams[side].data[at : at + min(SHOWN, damage.count)]
    return f"{data.hex(' ')} at {view.name(place)} (#{_cite(view, damage, side, place)[0].frame})"


def _cite(view: View, damage: Damage, side: int, place: int) -> tuple[FrameRef, ...]:
    """Return the frame that carries the first differing byte at one place."""
    stream = damage.streams[side]
    row = stream.rows[np.searchsorted(stream.starts, damage.begins[side] + damage.at, side="right") - 1]
    packets = np.flatnonzero(view.run.trajectories.rows[:, place] == row)
    return view.cite(int(packets[0]), place, "holds the first byte that differs")
