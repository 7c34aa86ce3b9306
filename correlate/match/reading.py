"""The beginnings of byte streams, read from the captures again.

**In:** a side and some of its TCP flows. **Out:** the first bytes of both directions of each.
**Method:** segments are laid at their distance from the SYN, else from the first one seen (RFC 9293 section 3.4); the
first sending of a byte stands, the stream ends at the first gap. Frames are read again, so few flows are asked for.
**Not here:** what equal streams are worth (``credit.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.match.sides import Side
from correlate.model.arrays import I64
from correlate.model.packets import TCP

STREAM_BYTES = 2048
"""Requests, answers and their headers lie within these."""
_SEGMENTS = 12
"""Of a direction, read at most."""


def read_beginnings(side: Side, flows: I64) -> dict[tuple[int, int], bytes]:
    """Return the first bytes per (flow, 1 = outbound), at most ``STREAM_BYTES``; none where frames cannot be read."""
    if side.fetch is None or not len(flows):
        return {}
    columns, of_packet = side.packets.columns, side.flows.of_packet
    wanted = np.zeros(len(side.flows), np.bool_)
    wanted[flows] = True
    rows = np.flatnonzero(wanted[of_packet] & (columns.proto == TCP) & ~side.is_copy)
    rows = rows[side.prints.at("length", rows) > 0]
    way = side.flows.is_outbound[rows].astype(np.int64)
    order = np.argsort(of_packet[rows].astype(np.int64) * 2 + way, kind="stable")
    rows, way = rows[order], way[order]
    group = of_packet[rows].astype(np.int64) * 2 + way
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]])) if len(rows) else rows
    within = np.arange(len(rows)) - np.repeat(starts, np.diff(np.concatenate([starts, [len(rows)]])))
    rows, group = rows[within < _SEGMENTS], group[within < _SEGMENTS]
    isn = np.where(group & 1, side.flows.columns.isn_out[group >> 1], side.flows.columns.isn_back[group >> 1])
    first = dict(zip(group[::-1].tolist(), side.prints.at("seq", rows[::-1]).tolist(), strict=True))
    begin = np.where(isn >= 0, isn + 1, np.array([first[one] for one in group.tolist()], np.int64))
    at = (side.prints.at("seq", rows) - begin) & 0xFFFFFFFF
    streams: dict[tuple[int, int], bytearray] = {}
    held = zip(columns.payload_offset[rows].tolist(), columns.payload_cap[rows].tolist(), strict=True)
    pieces = sorted(
        (one, place, index, frame[start : start + size])
        for index, (one, place, frame, (start, size)) in enumerate(
            zip(group.tolist(), at.tolist(), side.fetch(rows), held, strict=True)
        )
    )
    for one, place, _, data in pieces:
        stream = streams.setdefault((one >> 1, one & 1), bytearray())
        if place <= len(stream) < STREAM_BYTES:
            stream += data[len(stream) - place :]
    return {key: bytes(stream[:STREAM_BYTES]) for key, stream in streams.items()}
