"""What routing and a plain NAT did to most packets of a hop, told without a look at every field of every packet.

In: packets seen at both ends of a hop. Out: ``FoundRoutine``: per packet which routine fields changed, or that it is
odd; ``Routine``, as the table of changes keeps them.
Method: in most captures nearly every packet changes its TTL, addresses, ports and checksums just as expected, and
nothing else; a kernel finds these. The others are compared field by field (``compare.py``), and a few packets all are:
the result is the same. A mapping is the tuple's own for sure where the tuple becomes no other one on the hop; packets
of all other tuples are odd, all of them, so that what is counted over mappings stays complete.
Not here: rules (``expected.py``), odd packets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import attrs
import numpy as np

from correlate.metrics.addresses import AddressBook, TupleFacts
from correlate.metrics.fields import FIELD_INDEX
from correlate.metrics.routine_kernel import find_partners, find_plain, find_routine
from correlate.metrics.worth import is_worth_a_kernel
from correlate.model.arrays import I32, I64, U8, U16, U32, Bool, frozen
from correlate.model.packets import PacketTable
from correlate.model.routine import Routine, RoutineEnd, RoutineHop
from correlate.model.routine_kernel import ODD
from correlate.model.trajectories import TrajectoryTable

_TCP_FIELDS = ("tcp.srcport", "tcp.dstport", "tcp.checksum")
_UDP_FIELDS = ("udp.srcport", "udp.dstport", "udp.checksum")
_SLOT_NAMES = (
    ("ip.ttl", "ip.checksum", "ip.src", "ip.dst", *_TCP_FIELDS),
    ("ip.ttl", "ip.checksum", "ip.src", "ip.dst", *_UDP_FIELDS),
    # IPv6 has no header checksum: the kernel never asks for its name.
    ("ipv6.hlim", "ip.checksum", "ipv6.src", "ipv6.dst", *_TCP_FIELDS),
    ("ipv6.hlim", "ip.checksum", "ipv6.src", "ipv6.dst", *_UDP_FIELDS),
)
"""Rows: IPv4 and TCP, IPv4 and UDP, IPv6 and TCP, IPv6 and UDP. A field number must ascend along each."""

_SLOT_OF = {"ip.src": (0, 4), "ip.dst": (1, 4), "ipv6.src": (0, 6), "ipv6.dst": (1, 6)}


class Compared(NamedTuple):
    """What the kernels read of one end: packet columns, facts per tuple, rows that several packets share."""

    flags: U32
    tuple_id: I32
    proto: U8
    vlan: I32
    tos: U8
    ip_len: I32
    ip_id: U32
    flow_label: U32
    ip_options: U32
    options: U32
    seq: U32
    ack: U32
    tcp_flags: U16
    window: U16
    urgent: U16
    mss: U16
    wscale: U8
    tsval: U32
    tsecr: U32
    sack_left: U32
    sack_right: U32
    tunnel: I32
    payload_len: I32
    payload_cap: I32
    digest: I64
    head_digest: I64
    payload_sum: U16
    ttl: U8
    ip_csum: U16
    l4_csum: U16
    l4_csum_state: U8
    src: I64
    dst: I64
    sport: I64
    dport: I64
    address_sum: I64
    port_sum: I64
    is_shared: Bool


_FACTS = ("src", "dst", "sport", "dport", "address_sum", "port_sum")


def compared(table: PacketTable, facts: TupleFacts, is_shared: Bool) -> Compared:
    """Return one end's columns as the kernels take them."""
    names = Compared._fields[: -1 - len(_FACTS)]
    columns = {name: frozen(getattr(table.columns, name)) for name in names}
    return Compared(**columns, **{name: frozen(getattr(facts, name)) for name in _FACTS}, is_shared=frozen(is_shared))


@attrs.frozen(kw_only=True)
class FoundRoutine:
    """One hop's packets."""

    hop: int
    near: Compared
    far: Compared
    mask: U8
    """Per packet: routine fields that changed, as bits; ``ODD`` = seen at both ends, and not looked at here."""
    odd: int
    """How many packets are odd."""
    used: Bool
    """Shape (forward and reverse, source and destination, before and after, addresses): which changed."""

    @property
    def is_odd(self) -> Bool:
        """Per packet: seen at both ends and to be compared field by field."""
        return np.asarray(self.mask == ODD, np.bool_)


def find_hop_routine(ends: Sequence[Compared], trajectories: TrajectoryTable, hop: int, addresses: int) -> FoundRoutine:
    """Return one hop's routine packets; all are odd where columns are quicker."""
    near, far = ends[hop], ends[hop + 1]
    count = len(trajectories)
    mask = np.zeros(count, np.uint8)
    used = np.zeros((2, 2, 2, addresses), np.bool_)
    if is_worth_a_kernel(count):
        is_forward = frozen(trajectories.direction >= 0)
        is_doubtful = frozen(trajectories.is_ambiguous | (trajectories.direction == 0))
        partner = tuple(np.full(len(end.src), -1, np.int64) for end in (near, far))
        rows = frozen(trajectories.rows)
        find_partners(rows, hop, is_forward, near, far, partner)
        odd = find_plain(rows, hop, is_doubtful, near, far, mask)
        odd += find_routine(rows, hop, is_forward, near, far, partner, mask, used)
    else:
        mask[(trajectories.rows[:, hop] >= 0) & (trajectories.rows[:, hop + 1] >= 0)] = ODD
        odd = int(np.count_nonzero(mask))
    return FoundRoutine(hop=hop, near=near, far=far, mask=frozen(mask), odd=int(odd), used=used)


def used_codes(routine: FoundRoutine, book: AddressBook, field: str, *, is_forward: bool) -> tuple[I64, I64]:
    """Return the addresses that stand before and after in the routine changes of a field, each once, ascending."""
    if field not in _SLOT_OF:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing
    slot, version = _SLOT_OF[field]
    before, after = (
        np.flatnonzero(end & (book.version == version)) for end in routine.used[0 if is_forward else 1, slot]
    )
    return before, after


def kept_routine(found: Sequence[FoundRoutine], trajectories: TrajectoryTable, text_of: I64) -> Routine | None:
    """Return the routine changes of all hops, None if no hop has any; ``text_of`` has the text of each address."""
    hops = tuple(
        RoutineHop(hop=one.hop, mask=one.mask, near=_kept_end(one.near, text_of), far=_kept_end(one.far, text_of))
        for one in found
        if bool(((one.mask != 0) & (one.mask != ODD)).any())
    )
    if not hops:
        return None
    return Routine(
        hops=hops,
        rows=frozen(trajectories.rows, np.int64),
        is_forward=frozen(trajectories.direction >= 0),
        fields=frozen([[FIELD_INDEX[name] for name in names] for names in _SLOT_NAMES], np.int64),
    )


def _kept_end(end: Compared, text_of: I64) -> RoutineEnd:
    """Return what the values of routine changes are read from."""
    same = {name: getattr(end, name) for name in RoutineEnd._fields}
    return RoutineEnd(**{**same, "src": frozen(text_of[end.src]), "dst": frozen(text_of[end.dst])})
