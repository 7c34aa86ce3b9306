"""Which changes are no news: what every router and a plain NAT do.

In: a ``Pair`` at the packets where one field differs, with both values.
Out: a mask, True = expected.
Method: routers count TTL down; a NAT maps a flow's addresses and ports the same way in every packet (RFC 2663); a
checksum that moved by exactly what those edits add up to was updated incrementally (RFC 1624), so nothing else in the
packet changed.
Not here: which fields are compared (``fields.py``), what an unexpected change means (``diagnose``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from correlate.metrics.addresses import ONES
from correlate.metrics.fields import Expect, Field
from correlate.metrics.sightings import Pair, Side
from correlate.model.arrays import I64, Bool
from correlate.model.ordering import stable_order
from correlate.model.packets import ICMP, ChecksumState, PacketFlag

MAX_ROUTERS = 30
"""A hop of more routers is not believed (traceroute's reach); a bigger drop is a TTL set afresh."""

_ICMP_FIELDS = ("icmp.", "icmpv6.")


def is_expected(field: Field, pair: Pair, before: I64, after: I64) -> Bool:
    """Return where the change of ``field`` is what routing and a plain NAT do.

    Parameters
    ----------
    field : Field
        The field that differs in every packet of ``pair``.
    pair : Pair
        Those packets.
    before, after : int64 arrays
        Values at the upstream and the downstream end, -1 = absent.

    Returns
    -------
    bool array
        Same length.
    """
    expected = _RULES[field.policy.expect](pair, before, after)
    crossing = crosses_version(pair)
    if crossing.any():
        expected |= crossing & _translator_does(field, pair)
    return expected


def crosses_version(pair: Pair) -> Bool:
    """Return where one end has IPv4 and the other IPv6 (NAT64, RFC 7915)."""
    return np.not_equal(pair.up.has(PacketFlag.IPV6), pair.down.has(PacketFlag.IPV6))


def is_newly_bad(pair: Pair) -> Bool:
    """Return where the transport checksum was right upstream and is wrong downstream."""
    was_good = np.equal(pair.up.raw("l4_csum_state"), ChecksumState.GOOD)
    found: Bool = was_good & np.equal(pair.down.raw("l4_csum_state"), ChecksumState.BAD) & ~pair.is_cut
    return found


def is_header_newly_bad(pair: Pair) -> Bool:
    """Return where the IPv4 header checksum was right upstream and is wrong downstream."""
    was_good = ~pair.up.has(PacketFlag.IP_CSUM_BAD) & (pair.up.column("ip_csum") != 0)
    found: Bool = was_good & pair.down.has(PacketFlag.IP_CSUM_BAD) & ~pair.is_cut
    return found


def _translator_does(field: Field, pair: Pair) -> Bool:
    """Return where a translator between IPv4 and IPv6 has to change the field: all of IP but the traffic class."""
    if field.name.endswith((".dscp", ".ecn")):
        shift, mask = (2, 63) if field.name.endswith(".dscp") else (0, 3)
        values = ((side.column("tos") >> shift) & mask for side in (pair.up, pair.down))
        found: Bool = np.equal(*values)
        return found
    is_rewritten = field.name.startswith(("ip.", "ipv6.", *_ICMP_FIELDS))
    return np.full(len(pair), is_rewritten)


def _never(pair: Pair, before: I64, after: I64) -> Bool:  # noqa: ARG001  -- all rules are called alike
    return np.zeros(len(pair), np.bool_)


def _always(pair: Pair, before: I64, after: I64) -> Bool:  # noqa: ARG001
    return np.ones(len(pair), np.bool_)


def _routed(pair: Pair, before: I64, after: I64) -> Bool:  # noqa: ARG001
    return (after >= 0) & (after < before) & (before - after <= MAX_ROUTERS)


def _translated(pair: Pair, before: I64, after: I64) -> Bool:  # noqa: ARG001
    """Return where the mapping is the flow's: it recurs, or no other is seen as often; and the checksum follows it."""
    tuples = pair.up.column("tuple_id"), pair.down.column("tuple_id")
    key = tuples[0] * len(pair.down.tuples.src) + tuples[1]
    distinct, of_packet, count = np.unique(key, return_inverse=True, return_counts=True)
    source = distinct // len(pair.down.tuples.src)
    most = np.zeros(len(pair.up.tuples.src), np.int64)
    np.maximum.at(most, source, count)
    is_mapping = (count >= 2) | (count == most[source]) | _is_renewed(pair, of_packet, count)
    # An ICMP error's own sender is whichever router sent it, so its addresses are no mapping of the flow.
    found: Bool = (is_mapping[of_packet] | pair.where_either(PacketFlag.ICMP_ERROR)) & ~_left_checksum_wrong(pair)
    return found


def _is_renewed(pair: Pair, mapping: I64, count: I64) -> Bool:
    """Return the mappings seen in one packet that do not interrupt another one: the NAT has forgotten the old one."""
    source = pair.up.column("tuple_id")
    order = stable_order(source, pair.down.rows)
    mine, made = source[order], mapping[order]
    is_amid = (mine[2:] == mine[:-2]) & (made[2:] == made[:-2]) & (made[1:-1] != made[2:])
    renewed: Bool = count == 1
    renewed[made[1:-1][is_amid]] = False
    return renewed


def _left_checksum_wrong(pair: Pair) -> Bool:
    """Return where addresses or ports changed but the checksum, right before, was left and so became wrong."""
    is_left = pair.up.column("l4_csum") == pair.down.column("l4_csum")
    found: Bool = is_newly_bad(pair) & is_left & (_edit(pair, _l4_sum) != 0)
    return found


def _ip_checksum(pair: Pair, before: I64, after: I64) -> Bool:
    edits = after - before + _edit(pair, _ip_sum)
    is_left_to_card = (before == 0) | (after == 0)
    was_filled_in = pair.up.has(PacketFlag.IP_CSUM_BAD) & ~pair.down.has(PacketFlag.IP_CSUM_BAD)
    found: Bool = (edits % ONES == 0) | is_left_to_card | was_filled_in
    return found


def _l4_checksum(pair: Pair, before: I64, after: I64) -> Bool:
    edits = after - before + _edit(pair, _l4_sum)
    states = pair.up.raw("l4_csum_state"), pair.down.raw("l4_csum_state")
    is_partial = (states[0] == ChecksumState.PARTIAL) | (states[1] == ChecksumState.PARTIAL)
    was_filled_in = (states[0] == ChecksumState.BAD) & (states[1] == ChecksumState.GOOD)
    is_present = (before >= 0) & (after >= 0)
    # RFC 768: 0 says that UDP has no checksum; gaining or losing one is more than an update.
    became_absent = (states[0] == ChecksumState.ABSENT) != (states[1] == ChecksumState.ABSENT)
    # The ICMP error quotes a header that the NAT translates too, with a checksum of its own inside.
    is_update = (edits % ONES == 0) | pair.where_either(PacketFlag.ICMP_ERROR)
    found: Bool = is_present & ((is_update & ~became_absent) | is_partial | was_filled_in)
    return found


def _edit(pair: Pair, words: Callable[[Side], I64]) -> I64:
    """Return by how much the edits that routing and NAT make moved a sum of 16-bit words, modulo 65535."""
    return (words(pair.down) - words(pair.up)) % ONES


def _ip_sum(side: Side) -> I64:
    """TTL (high byte of its word) and addresses, the part of an IPv4 header that routing and NAT edit."""
    return side.column("ttl") * 256 + side.fact("address_sum")


def _l4_sum(side: Side) -> I64:
    """Addresses (pseudo-header; ICMP for IPv4 has none) and ports: what NAT edits below a transport checksum."""
    return np.where(side.column("proto") != ICMP, side.fact("address_sum"), 0) + side.fact("port_sum")


_RULES: dict[Expect, Callable[[Pair, I64, I64], Bool]] = {
    Expect.NEVER: _never,
    Expect.ALWAYS: _always,
    Expect.ROUTED: _routed,
    Expect.TRANSLATED: _translated,
    Expect.IP_CHECKSUM: _ip_checksum,
    Expect.L4_CHECKSUM: _l4_checksum,
}
