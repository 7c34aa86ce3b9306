"""Compare the columns of packets at the two ends of a hop.

In: a ``Pair``. Out: one ``Change`` per field of ``FIELDS`` that differs anywhere.
Method: per layer the packets that have it, per field two gathered columns; cost O(packets) per field, options only
where the packet has any. A difference that the captures made (snap length, offload, another cut) is none.
Not here: payload and raw options (``payloads.py``, ``options.py``), which changes are expected (``expected.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from correlate.metrics.expected import is_expected, is_header_newly_bad, is_newly_bad
from correlate.metrics.fields import FIELD_INDEX, FIELDS, Field
from correlate.metrics.sightings import Pair, Side
from correlate.model.arrays import I8, I64, Bool
from correlate.model.mutations import MutationKind
from correlate.model.packets import ICMP, ICMPV6, TCP, UDP, PacketFlag
from correlate.wire.names import Layer

_TRANSPORTS: dict[Layer, int] = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMPV6}
_LAYERS: tuple[Layer, ...] = ("vlan", "ip", "ipv6", *_TRANSPORTS)
_UNSURE_LENGTH = PacketFlag.IP_LEN_ZERO | PacketFlag.LEN_LIES


class Change(NamedTuple):
    """One field on one hop in the packets where it differs."""

    hop: int
    field: int
    """Index into ``FIELD_NAMES``."""
    packet: I64
    kind: I8
    expected: Bool
    before: I64
    """-1 = absent. Of text fields a code that ``mutations.py`` renders."""
    after: I64


def compare_fields(pair: Pair) -> Iterator[Change]:
    """Yield the changes of every field of ``FIELDS`` between the two ends.

    Of ambiguous packets only expected changes are yielded: if the sightings belong to two packets, what differs
    between them is nobody's doing.
    """
    for layer in _LAYERS:
        members = _members(layer, pair.up), _members(layer, pair.down)
        within = _both_read(layer, pair) & (members[0] | members[1])
        layered = pair.at(np.flatnonzero(within))
        if not len(layered):
            continue
        is_mixed = bool((members[0] != members[1])[within].any())
        for field in FIELDS:
            if field.wire.layer == layer:
                change = _compare(field, layered, is_mixed=is_mixed)
                if change is not None:
                    yield change


def change_of(pair: Pair, field: Field | str, before: I64, after: I64, expected: Bool) -> Change | None:
    """Return the change of a field in all packets of ``pair``, None when the ambiguous ones leave nothing."""
    name = field if isinstance(field, str) else field.name
    keep = np.flatnonzero(expected | ~pair.is_ambiguous)
    if not len(keep):
        return None
    is_header = name.startswith(("ip.", "ipv6.", "vlan."))
    kind = np.full(len(pair), MutationKind.CHANGED, np.int8)
    if not name.startswith("outer."):
        kind[(is_header_newly_bad(pair) if is_header else is_newly_bad(pair)) & ~expected] = MutationKind.CORRUPTED
    kind[before == -1] = MutationKind.ADDED
    kind[after == -1] = MutationKind.REMOVED
    return Change(pair.hop, FIELD_INDEX[name], pair.packet[keep], kind[keep], expected[keep], before[keep], after[keep])


def is_length_sure(pair: Pair) -> Bool:
    """Return where both ends have a length that a header states and the frame does not contradict."""
    return ~pair.where_either(_UNSURE_LENGTH)


def _compare(field: Field, layered: Pair, *, is_mixed: bool) -> Change | None:
    """Return the change of one field of a layer, None where it never changes."""
    pair = layered
    if field.needs:
        pair = pair.at(np.flatnonzero(pair.where_either(PacketFlag(field.needs))))
    differs = field.differs(pair)
    if is_mixed:
        differs |= _members(field.wire.layer, pair.up) != _members(field.wire.layer, pair.down)
    if not differs.any():
        return None
    if not field.policy.survives_cut:
        differs &= ~pair.is_cut
    if field.policy.is_length:
        differs &= is_length_sure(pair)
    if field.policy.is_option:
        differs &= ~pair.where_either(PacketFlag.OPTIONS_CUT)
    changed = pair.at(np.flatnonzero(differs))
    before, after = (_values(field, side, is_mixed=is_mixed) for side in (changed.up, changed.down))
    if is_mixed:  # a layer that only one end has, and there without this field
        changed, before, after = _where_unequal(changed, before, after)
    if not len(changed):
        return None
    return change_of(changed, field, before, after, is_expected(field, changed, before, after))


def _where_unequal(pair: Pair, before: I64, after: I64) -> tuple[Pair, I64, I64]:
    """Return only the packets whose two values differ."""
    where = np.flatnonzero(before != after)
    return pair.at(where), before[where], after[where]


def _values(field: Field, side: Side, *, is_mixed: bool) -> I64:
    """Return the field's values, -1 where the packet has none."""
    values = field.value(side)
    return np.where(_members(field.wire.layer, side), values, -1) if is_mixed else values


def _members(layer: Layer, side: Side) -> Bool:
    """Return which packets have the layer."""
    if layer in _TRANSPORTS:
        found: Bool = np.equal(side.raw("proto"), _TRANSPORTS[layer])
        return found
    if layer == "vlan":  # every packet may have one; -1 says that it has not
        return np.ones(len(side.rows), np.bool_)
    return np.equal(side.has(PacketFlag.IPV6), layer == "ipv6")


def _both_read(layer: Layer, pair: Pair) -> Bool:
    """Return where both captures hold the layer's header, so that absence is a fact."""
    return pair.where_both(PacketFlag.TRANSPORT) if layer in _TRANSPORTS else np.ones(len(pair), np.bool_)
