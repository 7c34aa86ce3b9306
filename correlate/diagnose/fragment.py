"""Findings about datagrams that died with one of their fragments.

In: fates ``lost`` of fragments that their receiver complained of. Out: ``fragment-lost`` per hop and direction.
Method: RFC 791: a datagram of which one fragment is missing is thrown away whole; the host says so (RFC 792).
Not here: deciding fates (``trajectories``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.lost import LossGroup, grade_of, loss_evidence, lost_groups, speaks_against
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, verb
from correlate.model.findings import Finding


def find_lost_fragments(view: View) -> Iterator[Finding]:
    """Yield one finding per hop and direction that lost fragments."""
    for group in lost_groups(view, "fragment"):
        yield _finding(view, group)


def _finding(view: View, group: LossGroup) -> Finding:
    up, down = view.upstream(group.hop, group.direction), view.downstream(group.hop, group.direction)
    count = len(group.packets)
    datagrams = len(np.unique(view.values("ip_id", group.packets, up)))
    where = view.between(group.hop, group.direction)
    return Finding(
        id=f"fragment-lost/{group.hop}/{group.direction}",
        code="fragment-lost",
        severity=CATALOGUE["fragment-lost"].severity,
        grade=grade_of(group.grades),
        title=f"{counted(count, 'fragment')} lost between {where}: {counted(datagrams, 'datagram')} died whole",
        explanation=(
            f"{view.name(down)} holds other fragments of {verb(datagrams, 'it', 'them')} but not "
            f"{verb(count, 'this one', 'these')}; the receiver waited for the rest, then said with ICMP that its time "
            "for reassembly was over."
        ),
        hop=view.hop(group.hop),
        direction=view.direction_name(group.direction),
        quantity=count,
        unit="packets",
        flows=view.flows_of(group.packets),
        packet=int(group.packets[0]),
        evidence=loss_evidence(view, group),
        against=speaks_against(view, group),
        settle=f"Captures between {where} with drop counters (pcapng) at both would turn likely into proven.",
    )
