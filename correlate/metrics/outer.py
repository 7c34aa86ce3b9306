"""Compare the headers around packets that both ends of a hop see in a tunnel.

In: a ``Pair``. Out: one ``Change`` per field of ``OUTER_FIELDS`` that differs anywhere.
Method: the IP header next outside, with the ports of its UDP and the number of the tunnel (VNI, TEID, key, session,
label). Only stacks of the same kinds are compared: what one end sees otherwise wrapped is no change of a header but
another tunnel (finding ``tunnel``). Routers count the TTL down and swap labels (RFC 3031); a NAT maps the tunnel's
ends; who puts packets into another tunnel of the same kind (both ends differ, or the TTL starts afresh) writes a header
of its own, with an identification, a source port for entropy (RFC 7348 section 5) and a number of its own.
Not here: the packet inside (``compare.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from correlate.metrics.addresses import AddressBook
from correlate.metrics.compare import Change, change_of
from correlate.metrics.expected import MAX_ROUTERS
from correlate.metrics.fields import OUTER
from correlate.metrics.sightings import Pair, Side
from correlate.metrics.texts import TextPool
from correlate.model.arrays import I64, Bool
from correlate.model.fingerprints import mixed
from correlate.model.packets import PacketTable
from correlate.model.tunnels import MAX_DEPTH, TunnelKind


class _Stacks(NamedTuple):
    """Per row of a ``TunnelTable``."""

    shape: I64
    """Hash of the kinds, outermost last."""
    ends: I64
    """Tuple row of the innermost layer that has addresses, -1 = none."""


class _Outer(NamedTuple):
    """What is around the packets of one side; -1 = absent."""

    ends: I64
    src: I64
    dst: I64
    sport: I64
    dport: I64
    version: I64
    ttl: I64
    tos: I64
    ident: I64
    key: I64
    is_label: I64
    """1 = the number is a label."""


class _Field(NamedTuple):
    name: str
    value: Callable[[_Outer], I64]
    is_expected: Callable[[_Outer, _Outer, I64, I64], Bool]


def outer_changes(pair: Pair, book: AddressBook, texts: TextPool) -> Iterator[Change]:
    """Yield the changes of outer headers between the two ends. Cost O(packets in tunnels) per field."""
    both = np.flatnonzero((pair.up.raw("tunnel") > 0) & (pair.down.raw("tunnel") > 0) & ~pair.is_cut)
    if not len(both):
        return
    pair = pair.at(both)
    tables = [_stacks(side.table) for side in (pair.up, pair.down)]
    one, two = (
        [column[side.raw("tunnel")] for column in table]
        for side, table in zip((pair.up, pair.down), tables, strict=True)
    )
    pair = pair.at(np.flatnonzero((one[0] == two[0]) & ((one[1] >= 0) == (two[1] >= 0))))
    if not len(pair):
        return
    up, down = (_outer(side, table) for side, table in zip((pair.up, pair.down), tables, strict=True))
    for field in _FIELDS:
        before, after = field.value(up), field.value(down)
        at = np.flatnonzero((before != after) & (up.version == down.version))
        if not len(at):
            continue
        expected = field.is_expected(up, down, before, after)[at]
        change = change_of(pair.at(at), field.name, before[at], after[at], expected)
        if change is None:
            continue
        if field.name.endswith((".src", ".dst")):
            change = change._replace(
                before=texts.add_codes(change.before, book.text), after=texts.add_codes(change.after, book.text)
            )
        yield change


def _stacks(table: PacketTable) -> _Stacks:
    """Return what the stacks of a vantage are, whatever they carry. Cost O(stacks)."""
    tunnels = table.tunnels
    parent = tunnels.parent.astype(np.int64)
    shape = np.zeros(len(parent), np.int64)
    ends = np.full(len(parent), -1, np.int64)
    layer = np.arange(len(parent))
    for _ in range(MAX_DEPTH):
        is_layer = layer > 0
        shape[is_layer] = mixed(shape[is_layer], tunnels.kind[layer[is_layer]])
        ends = np.where((ends < 0) & is_layer, tunnels.tuple_id[layer], ends)
        layer = parent[layer]
    return _Stacks(shape, ends)


def _outer(side: Side, stacks: _Stacks) -> _Outer:
    """Return the outer headers of a side."""
    tunnels, facts = side.table.tunnels, side.tuples
    number = side.raw("tunnel")
    ends = stacks.ends[number]
    has_ends = ends >= 0

    def of_ends(column: I64) -> I64:
        return np.where(has_ends, column[np.maximum(ends, 0)], -1)

    def of_packet(name: str) -> I64:
        return np.where(has_ends, side.column(name), -1)

    return _Outer(
        ends=ends,
        src=of_ends(facts.src),
        dst=of_ends(facts.dst),
        sport=of_ends(facts.sport),
        dport=of_ends(facts.dport),
        version=of_ends(facts.version),
        ttl=of_packet("outer_ttl"),
        tos=of_packet("outer_tos"),
        ident=np.where(of_ends(facts.version) == 4, of_packet("outer_id"), -1),
        key=tunnels.key[number],
        is_label=(tunnels.kind[number] == TunnelKind.MPLS).astype(np.int64),
    )


def _never(_up: _Outer, _down: _Outer, before: I64, _after: I64) -> Bool:
    return np.zeros(len(before), np.bool_)


def _is_routed(_up: _Outer, _down: _Outer, before: I64, after: I64) -> Bool:
    return np.asarray((after < before) & (before - after <= MAX_ROUTERS)) | _is_afresh(_up, _down, before, after)


def _is_mapped(up: _Outer, down: _Outer, _before: I64, _after: I64) -> Bool:
    """Return where both directions' mapping is the tunnel's: it recurs, or is as frequent as any other."""
    pairs, of_packet, count = np.unique(np.stack([up.ends, down.ends]), axis=1, return_inverse=True, return_counts=True)
    most = np.zeros(int(up.ends.max(initial=0)) + 1, np.int64)
    np.maximum.at(most, pairs[0], count)
    is_mapping = (count >= 2) | (count == most[pairs[0]])
    return np.asarray(is_mapping[of_packet.reshape(-1)])


def _is_afresh(up: _Outer, down: _Outer, _before: I64, _after: I64) -> Bool:
    """Return where somebody took the packet out of one tunnel and put it into another one."""
    return np.asarray(((up.src != down.src) & (up.dst != down.dst)) | (down.ttl > up.ttl))


def _is_renamed(up: _Outer, down: _Outer, before: I64, after: I64) -> Bool:
    return (up.is_label > 0) | _is_afresh(up, down, before, after)


def _of_version(version: int, column: str) -> Callable[[_Outer], I64]:
    def value(outer: _Outer) -> I64:
        return np.where(outer.version == version, getattr(outer, column), -1)

    return value


def _bits(version: int, shift: int, mask: int) -> Callable[[_Outer], I64]:
    def value(outer: _Outer) -> I64:
        return np.where((outer.version == version) & (outer.tos >= 0), (outer.tos >> shift) & mask, -1)

    return value


_FIELDS = (
    _Field("outer.ip.dsfield.dscp", _bits(4, 2, 63), _never),
    _Field("outer.ip.dsfield.ecn", _bits(4, 0, 3), _never),
    _Field("outer.ip.id", _of_version(4, "ident"), _is_afresh),
    _Field("outer.ip.ttl", _of_version(4, "ttl"), _is_routed),
    _Field("outer.ip.src", _of_version(4, "src"), _is_mapped),
    _Field("outer.ip.dst", _of_version(4, "dst"), _is_mapped),
    _Field("outer.ipv6.tclass.dscp", _bits(6, 2, 63), _never),
    _Field("outer.ipv6.tclass.ecn", _bits(6, 0, 3), _never),
    _Field("outer.ipv6.hlim", _of_version(6, "ttl"), _is_routed),
    _Field("outer.ipv6.src", _of_version(6, "src"), _is_mapped),
    _Field("outer.ipv6.dst", _of_version(6, "dst"), _is_mapped),
    _Field("outer.udp.srcport", lambda outer: outer.sport, _is_mapped),
    _Field("outer.udp.dstport", lambda outer: outer.dport, _is_mapped),
    _Field("outer.tunnel.id", lambda outer: outer.key, _is_renamed),
)
assert tuple(field.name for field in _FIELDS) == OUTER, "one order in fields.py and here"
