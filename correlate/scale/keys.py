"""A conversation's ends as one number, the same for either direction, in every part and in every run.

In: tuples; or a flow as the command line names it. Out: hashes that are never 0.
Not here: what is looked up by them (``numbering.py``, ``flow_index.py``).
"""

from __future__ import annotations

import numpy as np

from correlate.model.arrays import I32, I64, U8
from correlate.model.fingerprints import mixed
from correlate.model.packets import TupleColumns
from correlate.scope.select import flow_ends


def keys_of(tuples: TupleColumns) -> I64:
    """Return a hash of both ends and the protocol of each tuple."""
    one, other = (_end(address, port) for address, port in ((tuples.src, tuples.sport), (tuples.dst, tuples.dport)))
    return mixed(np.minimum(one, other), np.maximum(one, other), tuples.proto) | 1


def key_of(flow: str) -> int:
    """Return the same of a flow by its ends; ``UsageError`` if it is none."""
    proto, (one, one_port), (other, other_port) = flow_ends(flow)
    raw = [np.frombuffer(address, np.uint8).reshape(1, 16) for address in (one, other)]
    ports = [np.array([port], np.int32) for port in (one_port, other_port)]
    kind = np.array([proto], np.uint8)
    return int(
        keys_of(TupleColumns(src=raw[0], dst=raw[1], sport=ports[0], dport=ports[1], proto=kind, version=kind))[0]
    )


def _end(address: U8, port: I32) -> I64:
    words = np.ascontiguousarray(address).view(np.int64).reshape(-1, 2)
    return mixed(words[:, 0], words[:, 1], port)
