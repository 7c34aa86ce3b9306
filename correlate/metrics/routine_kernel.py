"""Packets to which a hop did what routing and a plain NAT do, and nothing else: told in one pass.

In: both sightings of every packet that both ends of a hop saw. Out: which of the seven routine fields changed.
Method: one look at every column that is compared. ``ODD`` is whatever might need a closer look: being odd costs time
and never changes a result, so the kernel knows only what is plain (the rules: ``compare.py``, ``expected.py``).
Not here: anything that is not expected; the changes as rows (``model/routine_kernel.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.jit import kernel
from correlate.model.routine_kernel import CHECKSUM, DPORT, DST, IP_CHECKSUM, ODD, SPORT, SRC, TTL

_MAPPED = 1 << SRC | 1 << DST | 1 << SPORT | 1 << DPORT

_IPV6, _TRANSPORT = 1 << 0, 1 << 9
_SAME = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14
"""``PacketFlag`` bits that are fields, or say that there are some: IPV6, HAS_IP_ID, DF, TRANSPORT, HAS_TS, HAS_MSS,
HAS_WSCALE, SACK_PERMITTED, HAS_SACK."""
_SPECIAL = 1 << 8 | 1 << 18
"""IP_CSUM_BAD, ICMP_ERROR."""
_SUM_KNOWN = 1 << 15
_ICMP, _TCP, _UDP, _ICMPV6 = 1, 6, 17, 58
_BAD, _PARTIAL, _ABSENT = 2, 3, 4
"""``ChecksumState``."""
_ONES = 65535
_MAX_ROUTERS = 30


@kernel
def find_partners(rows: Any, hop: int, is_forward: Any, near: Any, far: Any, partner: Any) -> int:
    """Fill, per tuple of the end where packets were first, the one tuple that it becomes; -1 = unseen, -2 = several.

    ``partner`` has one array per end, filled with -1.
    """
    of_near, of_far = partner
    for p in range(len(rows)):
        a, b = rows[p, hop], rows[p, hop + 1]
        if a >= 0 and b >= 0:
            ta, tb = near.tuple_id[a], far.tuple_id[b]
            if is_forward[p]:
                of_near[ta] = tb if of_near[ta] == -1 or of_near[ta] == tb else -2
            else:
                of_far[tb] = ta if of_far[tb] == -1 or of_far[tb] == ta else -2
    return 0


@kernel
def find_plain(rows: Any, hop: int, is_doubtful: Any, near: Any, far: Any, mask: Any) -> int:
    """Set ``mask`` to ``ODD`` where both ends hold a packet and differ in more than routine fields, else to 0.

    ``near`` and ``far`` are ``Compared``. Columns without meaning for a packet are compared too: that may make it odd.
    """
    odd = 0
    for p in range(len(rows)):
        a, b = rows[p, hop], rows[p, hop + 1]
        mask[p] = 0
        if a < 0 or b < 0:
            continue
        mask[p] = ODD
        odd += 1
        flags, others = np.int64(near.flags[a]), np.int64(far.flags[b])
        proto = near.proto[a]
        if is_doubtful[p] or near.is_shared[a] or far.is_shared[b] or proto != far.proto[b]:
            continue
        if (flags ^ others) & _SAME != 0 or (flags | others) & _SPECIAL != 0 or proto in (_ICMP, _ICMPV6):
            continue
        if near.vlan[a] != far.vlan[b] or near.tos[a] != far.tos[b] or near.ip_len[a] != far.ip_len[b]:
            continue
        if near.ip_id[a] != far.ip_id[b] or near.flow_label[a] != far.flow_label[b]:
            continue
        if near.ip_options[a] != far.ip_options[b] or near.options[a] != far.options[b]:
            continue
        if near.seq[a] != far.seq[b] or near.ack[a] != far.ack[b] or near.tcp_flags[a] != far.tcp_flags[b]:
            continue
        if near.window[a] != far.window[b] or near.urgent[a] != far.urgent[b] or near.mss[a] != far.mss[b]:
            continue
        if near.tsval[a] != far.tsval[b] or near.tsecr[a] != far.tsecr[b] or near.wscale[a] != far.wscale[b]:
            continue
        if near.sack_left[a] != far.sack_left[b] or near.sack_right[a] != far.sack_right[b]:
            continue
        if near.l4_csum_state[a] == _BAD or far.l4_csum_state[b] == _BAD:
            continue
        if near.tunnel[a] > 0 and far.tunnel[b] > 0:
            continue
        # Content: whole and equal, or cut and equal as far as anybody can tell.
        length, held, other_held = near.payload_len[a], near.payload_cap[a], far.payload_cap[b]
        if length != far.payload_len[b] or (held == other_held and near.digest[a] != far.digest[b]):
            continue
        if held != length or other_held != length:
            is_summed = (flags & others & _SUM_KNOWN) != 0
            if near.head_digest[a] != far.head_digest[b]:
                continue
            if is_summed and near.payload_sum[a] != far.payload_sum[b]:
                continue
        mask[p] = 0
        odd -= 1
    return odd


@kernel
def find_routine(rows: Any, hop: int, is_forward: Any, near: Any, far: Any, partner: Any, mask: Any, used: Any) -> int:
    """Add the routine fields that changed to the mask of plain packets and mark their addresses.

    ``partner`` is that of ``find_partners``: a mapping that is the only one of its tuple needs no counting. Packets
    whose changes are not all expected become odd; returns how many.
    """
    of_near, of_far = partner
    odd = 0
    for p in range(len(rows)):
        a, b = rows[p, hop], rows[p, hop + 1]
        if a < 0 or b < 0 or mask[p] == ODD:
            continue
        mask[p] = ODD
        odd += 1
        bits = 0
        flags, proto = np.int64(near.flags[a]), near.proto[a]
        ta, tb = near.tuple_id[a], far.tuple_id[b]
        ttl, other_ttl = np.int64(near.ttl[a]), np.int64(far.ttl[b])
        if ttl != other_ttl:
            drop = ttl - other_ttl if is_forward[p] else other_ttl - ttl
            if drop < 0 or drop > _MAX_ROUTERS:
                continue
            bits |= 1 << TTL
        moved = far.address_sum[tb] - near.address_sum[ta]
        checksum, other = np.int64(near.ip_csum[a]), np.int64(far.ip_csum[b])
        if (flags & _IPV6) == 0 and checksum != other:
            edits = other - checksum + moved + (other_ttl - ttl) * 256
            if edits % _ONES != 0 and checksum != 0 and other != 0:
                continue
            bits |= 1 << IP_CHECKSUM
        if near.src[ta] != far.src[tb]:
            bits |= 1 << SRC
        if near.dst[ta] != far.dst[tb]:
            bits |= 1 << DST
        if (flags & _TRANSPORT) != 0 and (proto in (_TCP, _UDP)):
            if near.sport[ta] < 0 or far.sport[tb] < 0:
                continue
            if near.sport[ta] != far.sport[tb]:
                bits |= 1 << SPORT
            if near.dport[ta] != far.dport[tb]:
                bits |= 1 << DPORT
            checksum, other = np.int64(near.l4_csum[a]), np.int64(far.l4_csum[b])
            if checksum != other:
                state, other_state = near.l4_csum_state[a], far.l4_csum_state[b]
                edits = other - checksum + moved + far.port_sum[tb] - near.port_sum[ta]
                is_update = edits % _ONES == 0 and (state == _ABSENT) == (other_state == _ABSENT)
                if not is_update and _PARTIAL not in (state, other_state):
                    continue
                bits |= 1 << CHECKSUM
        if (bits & _MAPPED) != 0 and (of_near[ta] if is_forward[p] else of_far[tb]) == -2:
            continue
        mask[p] = bits
        odd -= 1
        way = 0 if is_forward[p] else 1
        if (bits & (1 << SRC)) != 0:
            used[way, 0, way, near.src[ta]] = True
            used[way, 0, 1 - way, far.src[tb]] = True
        if (bits & (1 << DST)) != 0:
            used[way, 1, way, near.dst[ta]] = True
            used[way, 1, 1 - way, far.dst[tb]] = True
    return odd
