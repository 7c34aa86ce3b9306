"""Findings about hops that swallow what is large.

In: fates ``lost`` by size. Out: ``pmtu-blackhole``, or ``loss`` with its size pattern where less is shown.
Method: RFC 2923. A path MTU black hole is what dies for its size with don't-fragment set (or as IPv6), in at least two
sizes, while the ICMP error that would tell its sender (RFC 1191, RFC 8201) is seen nowhere. Frames that a card was to
cut have no size of their own and are no proof.
Not here: deciding that size was the cause (``trajectories``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.loss import loss_finding
from correlate.diagnose.lost import LossGroup, grade_of, loss_evidence, lost_groups, speaks_against
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, verb
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding
from correlate.model.packets import ICMP, ICMPV6, ChecksumState, PacketFlag

LEAST_SIZES = 2

TOO_BIG = ((ICMP, 3, 4), (ICMPV6, 2, 0))
"""Protocol, type and code of the errors that tell a sender to send smaller packets."""


def find_black_holes(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and direction that swallows large packets."""
    for group in lost_groups(view, "size"):
        up = view.upstream(group.hop, group.direction)
        sizes = view.values("ip_len", group.packets, up).astype(np.int64)
        is_hole = len(np.unique(sizes)) >= LEAST_SIZES and bool(_may_not_be_cut(view, group.packets, up).all())
        is_hole &= not _is_told(view) and _shows_icmp(view)
        yield _finding(view, group, sizes) if is_hole else loss_finding(view, group)


def _may_not_be_cut(view: View, packets: I64, place: int) -> Bool:
    """Tell which packets no router may fragment, and that were on the wire in the size in which they were captured."""
    flags = view.values("flags", packets, place)
    state = view.values("l4_csum_state", packets, place)
    is_whole = (flags & (PacketFlag.DF | PacketFlag.IPV6)) != 0
    return np.asarray(is_whole & (state != ChecksumState.PARTIAL), np.bool_)


def _is_told(view: View) -> bool:
    """Tell whether any vantage holds an error that asks for smaller packets."""
    for table in view.run.packets:
        columns = table.columns
        for proto, kind, code in TOO_BIG:
            if ((columns.proto == proto) & (columns.icmp_type == kind) & (columns.icmp_code == code)).any():
                return True
    return False


def _shows_icmp(view: View) -> bool:
    """Tell whether no recorded filter may have kept ICMP out of the captures."""
    return not any(one.capture_filter for vantage in view.run.vantages for one in vantage.interfaces)


def _finding(view: View, group: LossGroup, sizes: I64) -> Finding:
    up, down = view.upstream(group.hop, group.direction), view.downstream(group.hop, group.direction)
    table = view.run.trajectories
    crossing = np.flatnonzero(view.is_seen[:, up] & view.is_seen[:, down] & (table.direction == group.direction))
    crossing = crossing[np.isin(table.flow[crossing], table.flow[group.packets])]
    passed = int(view.values("ip_len", crossing, up).max()) if len(crossing) else 0
    count, smallest = len(group.packets), int(sizes.min())
    where = view.between(group.hop, group.direction)
    return Finding(
        id=f"pmtu-blackhole/{group.hop}/{group.direction}",
        code="pmtu-blackhole",
        severity=CATALOGUE["pmtu-blackhole"].severity,
        grade=grade_of(group.grades),
        title=f"Packets of {smallest} bytes and more die between {where}, up to {passed} pass, no ICMP comes back",
        explanation=(
            f"{counted(count, 'packet')} of {counted(len(np.unique(sizes)), 'size')} from {smallest} to "
            f"{int(sizes.max())} bytes, all with don't-fragment set, {verb(count, 'is', 'are')} seen at "
            f"{view.name(up)} and never at {view.name(down)}, resends too, while packets of the same flows "
            f"of up to {passed} bytes cross. No capture holds an ICMP error that would tell the sender "
            "to send smaller ones."
        ),
        hop=view.hop(group.hop),
        direction=view.direction_name(group.direction),
        quantity=smallest,
        unit="bytes",
        flows=view.flows_of(group.packets),
        packet=int(group.packets[0]),
        evidence=loss_evidence(view, group),
        against=speaks_against(view, group),
        settle=f"Pings of {passed} and {smallest} bytes with don't-fragment set; filters that drop ICMP.",
    )
