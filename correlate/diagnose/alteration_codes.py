"""Which finding a changed field belongs to.

In: unexpected rows of the MutationTable that blame a hop. Out: the code of each.
Method: each field belongs to a theme; rules name the themes they tell and a test on whole columns, the first that tells
a change has it.
Not here: which changes blame nobody, and what is said of the others (``alteration.py``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from correlate.diagnose.damage import checksums_around
from correlate.diagnose.view import TCP_ACK, TCP_SYN, View
from correlate.model.arrays import I8, I64, Bool
from correlate.model.matches import Tier
from correlate.model.mutations import MutationKind
from correlate.model.packets import ChecksumState

THEMES: dict[str, str] = {
    # Content: bytes a host sent, or how many of them.
    "tcp.len": "content",
    "tcp.payload": "content",
    "udp.length": "content",
    "udp.payload": "content",
    "data.data": "content",
    # Fields of the TCP header that only its end sets.
    "tcp.flags": "header",
    "tcp.urgent_pointer": "header",
    "tcp.window_size_value": "header",
    # Options of the handshake.
    "tcp.options.mss_val": "mss",
    "tcp.options.wscale.shift": "wscale",
    "tcp.options.sack_perm": "option",
    "tcp.options": "option",
    "tcp.options.timestamp.tsval": "timestamp",
    "tcp.options.timestamp.tsecr": "timestamp",
    # Numbers that devices renumber.
    "tcp.seq_raw": "isn",
    "tcp.ack_raw": "isn",
    "ip.id": "ip-id",
    "ip.flags.df": "df",
    "ip.dsfield.dscp": "dscp",
    "ipv6.tclass.dscp": "dscp",
    "ip.dsfield.ecn": "ecn",
    "ipv6.tclass.ecn": "ecn",
}
"""Field -> theme; fields not listed are told as part of a content change, never alone."""

ECN_CE = 3
"""Congestion experienced (RFC 3168 section 5)."""


def is_of(view: View, rows: I64, *themes: str) -> Bool:
    """Tell which mutations are of one of these themes."""
    table = view.run.mutations
    is_theme = np.array([THEMES.get(name) in themes for name in table.fields], np.bool_)
    return np.asarray(is_theme[table.odd.field[rows]], np.bool_)


def codes_of(view: View, rows: I64) -> I8:
    """Return the finding of each mutation, an index into ``CODES``; -1 = it is told with others."""
    codes = np.full(len(rows), -1, np.int8)
    for code, themes, test in RULES:
        open_ = np.flatnonzero(is_of(view, rows, *themes) & (codes < 0))
        if len(open_):
            codes[open_[test(view, rows[open_])]] = CODES.index(code)
    return codes


def _always(_: View, rows: I64) -> Bool:
    return np.ones(len(rows), np.bool_)


def _is_corrupted(view: View, rows: I64) -> Bool:
    _, after, _ = checksums_around(view, rows)
    is_corrupted = view.run.mutations.odd.kind[rows] == MutationKind.CORRUPTED
    return np.asarray(is_corrupted | (after == ChecksumState.BAD), np.bool_)


def _is_syn_ack(view: View, rows: I64) -> Bool:
    return np.asarray(_opening(view, rows) == (TCP_SYN | TCP_ACK), np.bool_)


def _is_syn(view: View, rows: I64) -> Bool:
    return np.asarray(_opening(view, rows) == TCP_SYN, np.bool_)


def _opening(view: View, rows: I64) -> I64:
    """Return the SYN and ACK flags of the packets."""
    return view.tcp_flags[view.run.mutations.odd.packet[rows]].astype(np.int64) & (TCP_SYN | TCP_ACK)


def _is_lowered(view: View, rows: I64) -> Bool:
    columns = view.run.mutations.odd
    is_less = columns.after[rows] < columns.before[rows]
    return np.asarray(is_less & (columns.kind[rows] == MutationKind.CHANGED), np.bool_)


def _is_stripped(view: View, rows: I64) -> Bool:
    is_removed = view.run.mutations.odd.kind[rows] == MutationKind.REMOVED
    return np.asarray(is_removed & (_is_syn(view, rows) | _is_syn_ack(view, rows)), np.bool_)


def _is_whole(view: View, rows: I64) -> Bool:
    """Tell which are of packets that are no pieces of others."""
    return np.asarray(view.run.trajectories.tier[view.run.mutations.odd.packet[rows]] != Tier.RANGE, np.bool_)


def _is_cleared(view: View, rows: I64) -> Bool:
    return np.asarray(view.run.mutations.odd.after[rows] == 0, np.bool_)


def _is_marked(view: View, rows: I64) -> Bool:
    return np.asarray(view.run.mutations.odd.after[rows] == ECN_CE, np.bool_)


RULES: tuple[tuple[str, tuple[str, ...], Callable[[View, I64], Bool]], ...] = (
    ("checksum-corrupt", ("content",), _is_corrupted),
    ("syn-ack-altered", ("content", "header"), _is_syn_ack),
    ("syn-altered", ("content", "header"), _is_syn),
    ("payload-altered", ("content",), _always),
    ("mss-clamped", ("mss",), _is_lowered),
    ("option-stripped", ("option", "mss", "wscale", "timestamp"), _is_stripped),
    ("window-scale-altered", ("wscale",), _always),
    ("timestamps-rewritten", ("timestamp",), _always),
    ("isn-rewritten", ("isn",), _always),
    ("ip-id-rewritten", ("ip-id",), _is_whole),
    ("df-cleared", ("df",), lambda view, rows: _is_cleared(view, rows) & _is_whole(view, rows)),
    ("dscp-changed", ("dscp",), _always),
    ("ecn-marked", ("ecn",), _is_marked),
    ("ecn-bleached", ("ecn",), _is_cleared),
)
"""Code, its themes, and which of their mutations it tells; the first that does tells a mutation."""

CODES = tuple(sorted(code for code, _, _ in RULES))
"""In the order in which a hop's findings are told."""
