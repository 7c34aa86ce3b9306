"""Frames in, dissected rows out: what every test of this folder needs."""

import struct

import numpy as np

from correlate.dissect import TupleInterner, dissect_frames, gather
from correlate.model.frames import FrameChunk, FrameColumns, Interface
from correlate.model.tunnels import layers_of


def chunk_of(frames, *, link_type=1, wire_lens=None, fcs_len=0, first_frame=1, gap=0):
    """A chunk that holds ``frames`` one after another, ``gap`` bytes of 0xEE between them."""
    starts, position = [], 0
    for frame in frames:
        starts.append(position)
        position += len(frame) + gap
    lengths = [len(frame) for frame in frames]
    columns = FrameColumns(
        offset=np.array(starts, np.int64),
        cap_len=np.array(lengths, np.int32),
        wire_len=np.array(lengths if wire_lens is None else wire_lens, np.int32),
        ts_ns=np.arange(len(frames), dtype=np.int64) * 1000,
        interface=np.zeros(len(frames), np.int32),
    )
    data = b"".join(frame + b"\xee" * gap for frame in frames)
    return FrameChunk(
        data=np.frombuffer(data, np.uint8),
        columns=columns,
        interfaces=(Interface(link_type=link_type, snaplen=0, fcs_len=fcs_len),),
        first_frame=first_frame,
        bytes_read=len(data),
    )


def dissect(frames, **options):
    """A table of the packets in ``frames`` and the count of each fate."""
    tuples = TupleInterner()
    part = dissect_frames(chunk_of(frames, **options), tuples, 0)
    return gather([part], tuples), part.counts


def one_row(frame, **options):
    """The single packet of a frame as a dictionary, endpoints included."""
    table, counts = dissect([frame], **options)
    assert len(table) == 1, counts
    return row_of(table, 0)


def row_of(table, row):
    """Row of a table as a dictionary of plain integers; ``ends`` = version, proto, addresses, ports."""
    values = {name: int(column[row]) for name, column in zip(table.columns._fields, table.columns, strict=True)}
    values["ends"] = ends_of(table.tuples, values["tuple_id"])
    return values


def ends_of(tuples, row):
    """(version, proto, source, destination, sport, dport) of a tuple row."""
    return (
        int(tuples.version[row]),
        int(tuples.proto[row]),
        tuples.src[row].tobytes(),
        tuples.dst[row].tobytes(),
        int(tuples.sport[row]),
        int(tuples.dport[row]),
    )


def stack_of(table, number):
    """The tunnel layers of a number: kind, key and endpoints (None = none), outermost first."""
    tunnels = table.tunnels
    return [
        (
            int(tunnels.kind[row]),
            int(tunnels.key[row]),
            None if tunnels.tuple_id[row] < 0 else ends_of(table.tuples, tunnels.tuple_id[row]),
        )
        for row in layers_of(tunnels, number)
    ]


def read_pcap(path):
    """(link type, [(frame, wire length)]) of a classic pcap file; None if it is something else or is damaged."""
    data = path.read_bytes()
    for order in "<>":
        if len(data) >= 24 and struct.unpack_from(order + "I", data)[0] in (0xA1B2C3D4, 0xA1B23C4D):
            break
    else:
        return None
    link_type = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    frames, at = [], 24
    while at + 16 <= len(data):
        cap_len, wire_len = struct.unpack_from(order + "II", data, at + 8)
        if at + 16 + cap_len > len(data) or wire_len < cap_len or cap_len > 262144:
            return None
        frames.append((data[at + 16 : at + 16 + cap_len], wire_len))
        at += 16 + cap_len
    return link_type, frames
