"""Late pieces of answers, seen by one vantage: a question that it cannot answer.

In: data packets of a single vantage. Out: ``cannot-tell`` with what would settle it.
Method: within one burst of a speaker a piece comes after a lull, again and again and about equally late, while its peer
had acknowledged all that came before it or owed nothing. Host, shaper or loss beyond: one clock cannot tell them apart.
Not here: holds between two vantages (``delay.py``), answers that are late as a whole (``host.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.turns import by_flow, said_again
from correlate.diagnose.view import View
from correlate.diagnose.wording import counted, duration
from correlate.model.arrays import I64
from correlate.model.findings import Finding
from correlate.model.packets import TCP

LULL_NS = (100_000_000, 5_000_000_000)
"""Shorter is ordinary pacing, longer a pause of its own."""

LEAST_LULLS = 5
SPREAD = 0.15
"""Lulls that agree to this share of their median are one mechanism, not chance."""


def find_late_pieces(view: View) -> Iterator[Finding]:
    """Yield one question per speaker side of a lone vantage."""
    if len(view.run.vantages) != 1 or view.places != 1:
        return
    packets, lulls = _lulls(view)
    for is_outbound in (False, True):
        mine = view.run.trajectories.is_outbound[packets] == is_outbound
        if int(mine.sum()) >= LEAST_LULLS and _agree(lulls[mine]):
            yield _finding(view, packets[mine], lulls[mine], "client" if is_outbound else "server")


def _lulls(view: View) -> tuple[I64, I64]:
    """Return packets that continue their speaker's burst after a lull, and how long it was."""
    table = view.run.trajectories
    packets = np.flatnonzero(view.is_seen[:, 0] & (table.duplicate_of < 0))
    is_data = (view.values("proto", packets, 0) == TCP) & (view.values("payload_len", packets, 0) > 0)
    packets = by_flow(view, packets[is_data], 0)
    packets = packets[~said_again(view, packets, 0)]
    flow, speaker = table.flow[packets], table.is_outbound[packets]
    gap = np.diff(view.values("ts_ns", packets, 0), prepend=0)
    same = np.zeros(len(packets), np.bool_)
    same[1:] = (flow[1:] == flow[:-1]) & (speaker[1:] == speaker[:-1])
    chosen = same & view.kept[packets] & (gap >= LULL_NS[0]) & (gap <= LULL_NS[1])
    return packets[chosen], gap[chosen]


def _agree(lulls: I64) -> bool:
    middle = np.median(lulls)
    return bool((np.abs(lulls - middle) <= SPREAD * middle).mean() >= 0.9)


def _finding(view: View, packets: I64, lulls: I64, side: str) -> Finding:
    name = view.name(0)
    typical = duration(int(np.median(lulls)))
    return Finding(
        id=f"cannot-tell/late/{side}",
        code="cannot-tell",
        severity=CATALOGUE["cannot-tell"].severity,
        grade="inconclusive",
        title=f"{counted(len(packets), 'piece')} from the {side} side come {typical} late: held, or sent late?",
        explanation=(
            f"Again and again a piece of the {side}'s data arrives at {name} {typical} after the one before it. A "
            "shaper or a queue on the path would do this, and so would the host; one capture cannot tell."
        ),
        vantage=name,
        quantity=int(np.median(lulls)),
        unit="ns",
        flows=view.flows_of(packets),
        packet=int(packets[0]),
        evidence=view.refs(packets[:4].tolist(), note="comes late", limit=4),
        settle=f"A capture near the {side} at the same time; if the piece is late there as well, the host is late.",
    )
