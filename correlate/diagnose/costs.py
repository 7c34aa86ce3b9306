"""What a changed TCP option costs, in numbers.

In: a changed handshake packet with its fields. Out: one sentence, or nothing.
Method: RFC 7323 section 2: without window scaling at both ends at most 65,535 bytes are under way, so a connection
carries that much per round trip; a scale that one side misreads multiplies every window. RFC 2018: without SACK one
loss is repaired per round trip. The round trip is that of the flow's own handshake at the vantage of its initiator.
Not here: which options changed (``alteration.py``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from correlate.diagnose.view import TCP_ACK, TCP_SYN, View
from correlate.diagnose.wording import bit_rate, duration

WIDEST_UNSCALED = 65_535

OPTION_KINDS = {28: "user timeout", 29: "TCP-AO", 30: "MPTCP", 34: "TCP Fast Open", 19: "MD5", 253: "experiment"}
"""IANA tcp-parameters; options that have no column of their own."""

Fields = Mapping[str, tuple[str | None, str | None]]


def cost_sentence(view: View, code: str, packet: int, hop: int, fields: Fields) -> str:
    """Return what the change costs, empty if nothing is known."""
    if code == "window-scale-altered":
        return _misread_scale(fields)
    if code == "mss-clamped":
        return _smaller_segments(fields)
    if code != "option-stripped":
        return ""
    parts = []
    if _is_removed(fields, "tcp.options.wscale.shift"):
        parts.append(_unscaled(view, packet))
    if _is_removed(fields, "tcp.options.sack_perm"):
        parts.append("Without SACK at most one loss is repaired per round trip.")
    if _is_removed(fields, "tcp.options.timestamp.tsval"):
        parts.append("Without timestamps old segments are not told from new ones at high rates (RFC 7323 PAWS).")
    lost = lost_options(*fields.get("tcp.options", (None, None)))
    if "MPTCP" in lost:
        parts.append("The connection falls back to plain TCP: it uses one path and dies with it.")
    if "TCP Fast Open" in lost:
        parts.append("Data no longer travels with the SYN: each connection costs one round trip more.")
    del hop
    return " ".join(part for part in parts if part)


def lost_options(before: str | None, after: str | None) -> list[str]:
    """Return the names of options that the hex text before holds and the one after does not.

    >>> lost_options("020405b41e0c008101020304", "020405b401010101010101010101")
    ['MPTCP']
    """
    kinds = [_kinds(bytes.fromhex(text)) if text else set() for text in (before, after)]
    return [OPTION_KINDS[kind] for kind in sorted(kinds[0] - kinds[1]) if kind in OPTION_KINDS]


def _kinds(options: bytes) -> set[int]:
    """Return the option kinds of a TCP header (RFC 9293 section 3.2)."""
    found, at = set(), 0
    while at < len(options) and options[at]:
        found.add(options[at])
        if options[at] == 1:
            at += 1
            continue
        length = options[at + 1] if at + 1 < len(options) else 0
        if length < 2:
            break
        at += length
    return found


def _is_removed(fields: Fields, name: str) -> bool:
    before, after = fields.get(name, (None, None))
    return before is not None and after is None


def _unscaled(view: View, packet: int) -> str:
    text = f"Without window scaling at most {WIDEST_UNSCALED:,} bytes are under way"
    trip = handshake_ns(view, packet)
    if trip <= 0:
        return f"{text}, which caps the throughput at 64 kB per round trip."
    cap = WIDEST_UNSCALED * 8 * 10**9 // trip
    return f"{text}: at this flow's round trip of {duration(trip)} that caps it at {bit_rate(cap)}."


def handshake_ns(view: View, packet: int) -> int:
    """Return the time from SYN to SYN-ACK at the vantage nearest the SYN's sender that saw both, ns; 0 = unknown."""
    table = view.run.trajectories
    mine = np.flatnonzero(table.flow == table.flow[packet])
    flags = view.tcp_flags[mine] & (TCP_SYN | TCP_ACK)
    syns, answers = mine[flags == TCP_SYN], mine[flags == (TCP_SYN | TCP_ACK)]
    if len(syns) != 1 or len(answers) != 1:
        return 0
    places = range(view.places) if int(table.direction[syns[0]]) >= 0 else range(view.places - 1, -1, -1)
    for place in places:
        if view.is_seen[syns[0], place] and view.is_seen[answers[0], place]:
            stamps = view.values("ts_ns", np.array([syns[0], answers[0]], np.int64), place)
            return max(0, int(stamps[1] - stamps[0]))
    return 0


def _misread_scale(fields: Fields) -> str:
    before, after = fields.get("tcp.options.wscale.shift", (None, None))
    if before is None or after is None:
        return ""
    factor = 2 ** abs(int(after) - int(before))
    what = "large" if int(after) > int(before) else "small"
    return f"The peer now takes every window of this sender to be {factor} times too {what}."


def _smaller_segments(fields: Fields) -> str:
    before, after = fields.get("tcp.options.mss_val", (None, None))
    if not before or not after or int(after) <= 0:
        return ""
    more = 100.0 * (int(before) - int(after)) / int(after)
    return f"A full transfer needs {more:.0f} % more segments."
