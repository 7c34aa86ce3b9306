"""Connections that end on a hop: what looks like an altered handshake is another device's own.

In: joined flows (what ``match`` found to be two connections, or two handshakes), unexpected changes per flow and hop.
Out: ``ended_flows`` and ``spliced_flows`` for the other rules, ``tcp-proxy`` and ``syn-proxy`` findings.
Method: besides what ``match`` found, own initial sequence numbers *and* a greater window on one flow and hop are two
connections whose content is joined: a box that only rewrites numbers may lower windows, but has no room of its own to
offer. Their handshakes, options and acknowledgements are not compared, and what one of them lacks was neither lost nor
missed.
Not here: joining the content (``match``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.wording import counted
from correlate.model.arrays import I8, I64, Bool
from correlate.model.correlation import Correlation
from correlate.model.findings import Finding
from correlate.model.packets import PacketFlag

if TYPE_CHECKING:
    from correlate.diagnose.view import View

_SYN_ACK = 18
_OPTIONS = (
    (PacketFlag.HAS_TS, "timestamps"),
    (PacketFlag.HAS_WSCALE, "window scale"),
    (PacketFlag.SACK_PERMITTED, "SACK"),
)

OWN_NUMBERS = "tcp.seq_raw"
OWN_WINDOW = "tcp.window_size_value"


def ended_flows(run: Correlation, unexpected: I64) -> Bool:
    """Return which joined flow (rows) is two connections on which hop (columns).

    ``unexpected`` are the rows of ``MutationTable.odd`` that neither routing nor a plain NAT explains.
    """
    table = run.mutations
    shape = (len(run.joined), max(1, run.path.hop_count))
    marks = []
    for name in (OWN_NUMBERS, OWN_WINDOW):
        mark = np.zeros(shape, np.bool_)
        if name in table.fields:
            rows = unexpected[table.odd.field[unexpected] == table.fields.index(name)]
            if name == OWN_WINDOW:
                rows = rows[table.odd.after[rows] > table.odd.before[rows]]
            mark[run.trajectories.flow[table.odd.packet[rows]], table.odd.hop[rows]] = True
        marks.append(mark)
    return np.asarray((marks[0] & marks[1] & ~spliced_flows(run)) | _differ(run, run.joined.connection), np.bool_)


def spliced_flows(run: Correlation) -> Bool:
    """Return which joined flow (rows) has two handshakes but one connection on which hop (columns)."""
    return _differ(run, run.joined.handshake) & ~_differ(run, run.joined.connection)


def _differ(run: Correlation, labels: I8) -> Bool:
    """Return where the ends of a hop, or the nearest vantages that show the flow, have different labels."""
    hops = max(1, run.path.hop_count)
    found = np.zeros((len(run.joined), hops), np.bool_)
    if not labels.size:
        return found
    before = np.full(len(run.joined), -1, np.int64)
    for place, vantage in enumerate(run.path.order):
        here = labels[:, vantage].astype(np.int64)
        if place:
            found[:, place - 1] = (here >= 0) & (before >= 0) & (here != before)
        before = np.where(here >= 0, here, before)
    return found


def find_terminations(view: View) -> Iterator[Finding]:
    """Yield one finding per hop that ends connections, and one per hop that makes handshakes."""
    spliced = spliced_flows(view.run)
    for hop in range(view.run.path.hop_count):
        for code, mask in (("tcp-proxy", view.is_ended[:, hop]), ("syn-proxy", spliced[:, hop])):
            flows = np.flatnonzero(mask)
            if len(flows):
                yield _finding(view, code, hop, flows)


def _finding(view: View, code: str, hop: int, flows: I64) -> Finding:
    first, second = view.hop(hop)
    some = counted(len(flows), "flow")
    title, told = {
        "tcp-proxy": (
            f"TCP ends between {first} and {second}, another connection goes on: {some}",
            (
                "Sequence numbers, timestamps and windows of the two sides are unrelated although both carry one "
                "conversation: a proxy, or a NAT that runs TCP itself. Handshakes, options and bare acknowledgements "
                "of the two connections are each its own; they are not compared, and none of them is called altered, "
                "lost or missed."
            ),
        ),
        "syn-proxy": (
            f"Handshakes are answered between {first} and {second}: {some}",
            (
                "A box makes the initiator's handshake itself and the responder's afterwards, then forwards with "
                "shifted numbers (SYN proxy, SYN cookies). The two handshakes are not compared; neither is lost."
            ),
        ),
    }[code]
    offers = _offers(view, hop, flows)
    examples = _examples(view, hop, flows)
    return Finding(
        id=f"{code}/{hop}",
        code=code,
        severity=CATALOGUE[code].severity,
        grade="likely",
        title=title,
        explanation=f"{told} {offers}".strip(),
        hop=(first, second),
        quantity=len(flows),
        flows=tuple(flows.tolist()[:1000]),
        packet=int(examples[0]) if len(examples) else None,
        evidence=view.refs(examples.tolist(), note="one side's own", limit=6),
        settle=f"The configuration of what stands between {first} and {second}.",
    )


def _examples(view: View, hop: int, flows: I64) -> I64:
    """Return packets that show it: SYN-ACKs of one flow on either side, else its first packets."""
    table = view.run.trajectories
    mine = np.flatnonzero((table.flow == flows[0]) & (view.is_seen[:, hop] | view.is_seen[:, hop + 1]))
    answers = mine[(view.tcp_flags[mine] & _SYN_ACK) == _SYN_ACK]
    return answers[:2] if len(answers) else mine[:3]


def _offers(view: View, hop: int, flows: I64) -> str:
    """Say what the box's own SYN-ACK offers less than the one on the other side, in the first flow that shows both."""
    table = view.run.trajectories
    answers = np.flatnonzero(((view.tcp_flags & _SYN_ACK) == _SYN_ACK) & np.isin(table.flow, flows))
    for flow in np.unique(table.flow[answers]).tolist()[:20]:
        mine = answers[table.flow[answers] == flow]
        sides = [mine[view.is_seen[mine, place]][:1] for place in (hop, hop + 1)]
        if not len(sides[0]) or not len(sides[1]):
            continue
        flags = [int(view.values("flags", sides[k], hop + k)[0]) for k in (0, 1)]
        mss = [int(view.values("mss", sides[k], hop + k)[0]) for k in (0, 1)]
        for fewer, more in ((0, 1), (1, 0)):
            lacks = [name for bit, name in _OPTIONS if flags[more] & bit and not flags[fewer] & bit]
            if lacks:
                here, there = view.name(hop + fewer), view.name(hop + more)
                return f"The SYN-ACK at {here} offers no {', '.join(lacks)}; the one at {there} does."
        if mss[0] != mss[1]:
            return f"The SYN-ACK offers MSS {mss[0]} at {view.name(hop)} and {mss[1]} at {view.name(hop + 1)}."
    return ""
