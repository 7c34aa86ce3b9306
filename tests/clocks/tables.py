"""Packet and match tables made by hand: one flow, stamps given."""

from __future__ import annotations

import typing

import numpy as np
from numpy.typing import NDArray

from correlate.model.arrays import frozen
from correlate.model.matches import CopyColumns, MatchTable
from correlate.model.packets import PacketColumns, PacketFlag, PacketTable, QuoteColumns, TupleColumns
from correlate.model.path import Path


def zeros(kind, count: int):
    """Return a NamedTuple of columns, all 0."""
    hints = typing.get_type_hints(kind, include_extras=False)
    return kind(
        **{name: frozen(np.zeros(count, typing.get_args(typing.get_args(hint)[1])[0])) for name, hint in hints.items()}
    )


def packet_table(ts_ns) -> PacketTable:
    """Return one packet per stamp, each with IP ID = row + 1."""
    count = len(ts_ns)
    columns = zeros(PacketColumns, count)._replace(
        ts_ns=frozen(ts_ns, np.int64),
        ip_id=frozen(np.arange(count) + 1, np.uint32),
        flags=frozen(np.full(count, int(PacketFlag.HAS_IP_ID)), np.uint32),
    )
    return PacketTable(columns=columns, tuples=zeros(TupleColumns, 0), quotes=zeros(QuoteColumns, 0))


def match_table(rows: NDArray[np.int64], is_outbound, **columns) -> MatchTable:
    """Return packets with the given rows (-1 = not seen), all exact and unambiguous unless ``columns`` say else."""
    count = len(rows)
    plain = {
        "flow": frozen(np.zeros(count), np.int32),
        "tier": frozen(np.zeros(count), np.int8),
        "is_ambiguous": frozen(np.zeros(count), np.bool_),
        "network_duplicate_of": frozen(np.full(count, -1), np.int64),
    }
    given = {name: frozen(values, plain[name].dtype) for name, values in columns.items()}
    return MatchTable(
        rows=frozen(rows, np.int64),
        is_outbound=frozen(is_outbound, np.bool_),
        copies=zeros(CopyColumns, 0),
        incomplete_fragments=(),
        **(plain | given),
    )


def path_of(*order: int) -> Path:
    """Return a path on which outbound packets travel forward."""
    return Path(
        order=order,
        unplaced=(),
        flow_direction=frozen([1], np.int8),
        is_inferred=True,
        contradicts_given=False,
        evidence=(),
    )
