"""Findings about packets born on a hop.

In: fates ``originated``. Out: ``rst-injected``, ``packet-injected``, ``duplicated``.
Method: a packet that no upstream capture holds although that capture is complete around it (rules 0 and 4 of
algorithms section 3). TTL and IP ID only support the claim (Weaver, Sommer, Paxson, NDSS 2009); they never make it.
A device that ends a flow makes packets of its own: these are no forgery. A copy needs a number that tells sendings
apart, two captures that hold no copies of their own, and more of them than the capture upstream can have halved by
missing one of two.
Not here: deciding that it was born there (``trajectories``), what is said of it (``born.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from correlate.diagnose.born import born_finding, open_finding
from correlate.diagnose.miss_rates import most_hidden_copies
from correlate.diagnose.view import TCP_RST, View
from correlate.model.arrays import I64, Bool
from correlate.model.findings import Finding
from correlate.model.packets import TCP, PacketFlag
from correlate.model.trajectories import Fate, FateGrade, Reason

MIRROR_GAP_NS = 5_000
"""A mirror that doubles frames emits them back to back; a network's copy takes another way or another try."""

MIN_COPIES = 3
"""Fewer copies harm nobody and may be a pairing gone wrong."""


def find_origins(view: View) -> Iterator[Finding]:
    """Yield a finding per hop, direction and kind of newborn packet."""
    fates, newborn = view.run.fates, view.undelivered
    newborn = newborn[fates.fate[newborn] == Fate.ORIGINATED]
    newborn = newborn[fates.grade[newborn] != FateGrade.INCONCLUSIVE]
    if not len(newborn):
        return
    for hop in range(view.run.path.hop_count):
        own = _flows_of_proxies(view, hop) | view.is_ended[:, hop] | view.is_spliced[:, hop]
        for direction in (1, -1):
            rows = view.on_way(newborn, hop, direction)
            flow = view.run.trajectories.flow[fates.packet[rows]]
            born = rows[(fates.reason[rows] == Reason.BORN_ON_HOP) & ~own[flow]]
            born = born[~_may_be_others(view, hop, direction, fates.packet[born])]
            is_rst = (view.tcp_flags[fates.packet[born]] & TCP_RST) != 0
            # A filter that takes resets out of a capture explains an absent one, not a sender that goes on after it.
            is_open = is_rst & (fates.witness[born] < 0)
            if is_open.any() and _holds_resets(view, view.upstream(hop, direction)):
                is_open = np.zeros_like(is_rst)
            copies = rows[fates.reason[rows] == Reason.NETWORK_DUPLICATE]
            for code, chosen in (
                ("rst-injected", born[is_rst & ~is_open]),
                ("packet-injected", born[~is_rst]),
                ("duplicated", _sure_copies(view, hop, direction, copies)),
            ):
                if len(chosen):
                    yield born_finding(view, code, hop, direction, chosen)
            if is_open.any():
                yield open_finding(view, hop, direction, born[is_open])


def _holds_resets(view: View, place: int) -> bool:
    """Tell whether the capture holds any reset or counted no drops; if not, a filter may have taken them out."""
    vantage = view.run.path.order[place]
    interfaces = view.run.vantages[vantage].interfaces
    is_complete = all(one.dropped == 0 and not one.capture_filter for one in interfaces)
    columns = view.run.packets[vantage].columns
    return is_complete or bool(((columns.proto == TCP) & ((columns.tcp_flags & TCP_RST) != 0)).any())


def _may_be_others(view: View, hop: int, direction: int, packets: I64) -> Bool:
    """Mark resets of which the upstream capture holds a lone one that may be theirs, in another translation."""
    up, down = view.upstream(hop, direction), view.downstream(hop, direction)
    is_reset = (view.tcp_flags & TCP_RST) != 0
    if not is_reset[packets].any():
        return np.zeros(len(packets), np.bool_)
    lone = np.flatnonzero(is_reset & view.is_seen[:, up] & ~view.is_seen[:, down])
    ports = []
    for place, some in ((up, lone), (down, packets)):
        tuples = view.run.packets[view.run.path.order[place]].tuples
        at = view.values("tuple_id", some, place)
        ports.append((tuples.sport[at], tuples.dport[at]) if len(at) else (np.zeros(0), np.zeros(0)))
    shares = np.isin(ports[1][0], ports[0][0]) | np.isin(ports[1][1], ports[0][1])
    return np.asarray(is_reset[packets] & shares, np.bool_)


def _flows_of_proxies(view: View, hop: int) -> Bool:
    """Return per joined flow: a device on the hop ends it, or makes its ordinary packets.

    That ordinary packets are born on a hop is contradicted by a packet of their claimed sender, or a proxy's doing.
    """
    fates, table = view.run.fates, view.run.trajectories
    rows = view.undelivered[fates.hop[view.undelivered] == hop]
    is_reset = (view.tcp_flags[fates.packet[rows]] & TCP_RST) != 0
    is_born = (fates.fate[rows] == Fate.ORIGINATED) & (fates.reason[rows] == Reason.BORN_ON_HOP)
    is_doubted = (fates.witness[rows] < 0) & (fates.grade[rows] != FateGrade.PROVEN)
    is_own = (fates.fate[rows] == Fate.ABSORBED) | (is_born & ~is_reset & is_doubted)
    is_proxied = np.zeros(len(view.run.joined), np.bool_)
    is_proxied[table.flow[fates.packet[rows[is_own]]]] = True
    return is_proxied


def _sure_copies(view: View, hop: int, direction: int, rows: I64) -> I64:
    """Keep copies that only the hop can have made; none if they are too few."""
    up, down = view.upstream(hop, direction), view.downstream(hop, direction)
    if any(view.run.vantages[view.run.path.order[place]].duplicates for place in (up, down)):
        return rows[:0]
    packets = view.run.fates.packet[rows]
    flags = view.values("flags", packets, down)
    has_id = ((flags & PacketFlag.HAS_IP_ID) != 0) & (view.values("ip_id", packets, down) != 0)
    is_telling = has_id | ((flags & PacketFlag.HAS_TS) != 0)
    original = view.run.trajectories.duplicate_of[packets]
    gap = view.values("ts_ns", packets, down) - view.values("ts_ns", original, down)
    is_apart = (gap > MIRROR_GAP_NS) & (gap > view.run.vantages[view.run.path.order[down]].tick_ns)
    is_sure = is_telling & is_apart & (original >= 0) & view.is_seen[original, up] & view.is_seen[original, down]
    count = int(is_sure.sum())
    is_enough = count >= MIN_COPIES and count > most_hidden_copies(view, up, direction)
    return rows[is_sure] if is_enough else rows[:0]
