"""Where the time of requests went: report.json and terminal.

**In:** waterfalls. **Out:** plain dicts; lines of text.
**Method:** the slowest first; every part in the order in which the requester lived through it, with bounds, its share
and a bar true to scale. What is known of both ways of a hop only together is called not separable.
**Not here:** the parts themselves (``waterfall.py``), their drawing on the page (``html/waterfall.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from correlate.model.correlation import Correlation
from correlate.report.durations import digits, duration
from correlate.report.ink import Ink, counted
from correlate.report.limits import LIMIT
from correlate.report.waterfall import Part, Waterfall, slowest, waterfalls

KIND_WORDS = {"handshake": "handshake", "tls": "TLS setup", "dns": "DNS query", "exchange": "request and answer"}
"""``TransactionKind.code`` in words."""
TOLD_SHARE = 0.01
"""Parts below it are told together in one line."""
NOTICED_NS = 100_000_000
"""People notice a tenth of a second; quicker requests are not told on the first screen."""
BAR = 18


def transactions_json(correlation: Correlation, rows: Sequence[int] | None = None) -> dict[str, Any]:
    """Return the transactions with their full count: some rows, or the slowest first."""
    table = correlation.metrics.transactions
    rows = slowest(correlation, LIMIT) if rows is None else rows
    return {
        "count": len(table.flow),
        "items": [_item(correlation, fall) for fall in waterfalls(correlation, rows)],
    }


def _item(correlation: Correlation, fall: Waterfall) -> dict[str, Any]:
    table, row = correlation.metrics.transactions, fall.index
    place = int(table.near[row])
    began = int(correlation.trajectories.time_ns[int(table.first[row]), place])
    return {
        "flow": fall.flow,
        "kind": fall.kind.code,
        "vantage": fall.near,
        "request": int(table.request[row]) + 1,
        "reply": int(table.reply[row]) + 1,
        "began_ns": began,
        "total_ns": fall.total_ns,
        "request_bytes": int(table.asked_bytes[row]),
        "answer_bytes": int(table.answered_bytes[row]),
        "parts": [_part(part, is_host=fall.is_host) for part in fall.parts],
    }


def _part(part: Part, *, is_host: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "part": part.what,
        "vantages": list(part.places),
        "spent_ns": part.spent_ns,
        "lo_ns": part.lo_ns,
        "hi_ns": part.hi_ns,
    }
    if part.what == "hop":
        for name, bounds in (("there_ns", part.there_ns), ("back_ns", part.back_ns)):
            entry[name] = None if bounds is None else {"lo": bounds[0], "hi": bounds[1]}
        entry["separable"] = part.is_separable
    if part.what == "beyond":
        entry["is_host"] = is_host
    return entry


def part_name(part: Part, *, is_host: bool) -> str:
    """Say what a part is."""
    first = part.places[0]
    if part.what == "hop":
        return f"{first} - {part.places[1]}, both ways"
    if part.what == "answer-hop":
        return f"rest of the answer, {first} - {part.places[1]}"
    return {
        "request": "sending the request",
        "resend": "sending it again after a loss",
        "beyond": f"in the host at {first}" if is_host else f"beyond {first}",
        "answer-resend": f"lost answer sent again, beyond {first}",
        "answer": f"rest of the answer, at {first}",
    }[part.what]


def part_note(part: Part) -> str:
    """Say how far a part is known, empty where it is exact."""
    if part.what not in ("hop", "answer-hop"):
        return ""
    if part.lo_ns is None or part.hi_ns is None:
        return "unsure: a clock moved meanwhile"
    texts = []
    if part.hi_ns - part.lo_ns > part.spent_ns / 100:
        texts.append(f"{duration(part.lo_ns)} to {duration(part.hi_ns)}")
    if part.is_separable and part.there_ns is not None and part.back_ns is not None:
        ways = (f"{way} {duration(lo)} to {duration(hi)}" for way, (lo, hi) in _ways(part))
        texts.append(", ".join(ways))
    elif part.what == "hop":
        texts.append("ways not separable")
    return "; ".join(texts)


def _ways(part: Part) -> list[tuple[str, tuple[int, int]]]:
    assert part.there_ns is not None, "asked only where both are known"
    assert part.back_ns is not None, "asked only where both are known"
    return [("there", part.there_ns), ("back", part.back_ns)]


def share_text(part: Part, fall: Waterfall) -> str:
    """Return a part's percentage of the whole."""
    return f"{digits(100 * max(0, part.spent_ns) / max(1, fall.total_ns), 2)} %"


def real_parts(fall: Waterfall) -> list[Part]:
    """Return the parts without those that are exactly nothing: a request of one packet takes no time to send."""
    return [part for part in fall.parts if part.spent_ns or part.what in ("hop", "beyond")]


def told_parts(fall: Waterfall) -> list[Part]:
    """Return the parts that took a noticeable share, at least the longest."""
    most = max(part.spent_ns for part in fall.parts)
    return [part for part in fall.parts if part.spent_ns >= min(most, TOLD_SHARE * fall.total_ns)]


def slowest_lines(correlation: Correlation, ink: Ink) -> list[str]:
    """Return the slowest transaction in a sentence, and what all of them spent where."""
    rows = slowest(correlation, 1)
    if not rows:
        return []
    (fall,) = waterfalls(correlation, rows)
    if fall.total_ns < NOTICED_NS:
        return []
    packet = int(correlation.metrics.transactions.request[fall.index]) + 1
    parts = ", ".join(
        f"{duration(part.spent_ns)} {part_name(part, is_host=fall.is_host)} ({share_text(part, fall)})"
        for part in told_parts(fall)
    )
    count = len(correlation.metrics.transactions.flow)
    which = f"of {counted(count, 'request')}" if count > 1 else "only request"
    what = f"{KIND_WORDS[fall.kind.code]} of flow {fall.flow}, packet {packet}, {duration(fall.total_ns)}"
    return ink.paragraph("Slowest", f"{which}: {what}: {parts}")


def waterfall_lines(correlation: Correlation, packet: int, ink: Ink) -> list[str]:
    """Return the transaction that a packet begins, completes or answers, part by part; none if it does not."""
    table = correlation.metrics.transactions
    ends = (table.first, table.request, table.reply, table.last)
    is_its = np.logical_or.reduce([column == packet for column in ends])
    rows = np.flatnonzero(is_its)[:1].tolist()
    if not rows:
        return []
    (fall,) = waterfalls(correlation, rows)
    words = KIND_WORDS[fall.kind.code]
    lines = [f"{words}, {duration(fall.total_ns)} at {fall.near}, packets {_span(correlation, fall)}"]
    for part in real_parts(fall):
        bar = ("#" * round(BAR * max(0, part.spent_ns) / max(1, fall.total_ns))).ljust(BAR)
        lines.append(f"{bar} {duration(part.spent_ns):>9}  {part_name(part, is_host=fall.is_host)}")
        note = part_note(part)
        lines += [f"{'':<{BAR + 12}}{note}"] if note else []
    return ink.section("Time", lines)


def _span(correlation: Correlation, fall: Waterfall) -> str:
    table = correlation.metrics.transactions
    return f"{int(table.first[fall.index]) + 1} to {int(table.last[fall.index]) + 1}"
