"""The growing lists of report.json over all parts.

In: the entries of each part, flows numbered over the whole, packets shifted. Out: the entries of the whole.
Method: one function per list; entries that speak of the same thing are added.
Not here: findings (``claims.py``), figures (``figures.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from correlate.model.arrays import I64
from correlate.report.changes import MANY
from correlate.report.limits import EXAMPLES, LIMIT
from correlate.scale.numbering import FlowNumbers
from correlate.scale.summary import Summary

Document = dict[str, Any]


def flows_of(
    summaries: Sequence[Summary], numbers: Sequence[I64], flows: FlowNumbers, named: Sequence[int]
) -> Document:
    """Return the ``flows`` of the whole: those that findings name, then the largest."""
    found: dict[int, Document] = {}
    for summary, number in zip(summaries, numbers, strict=True):
        for entry in summary.flows:
            own = int(entry["flow"])
            if own < len(number) and number[own] >= 0:
                found.setdefault(int(number[own]), entry)
    largest = sorted(found, key=lambda flow: (-flows.packets[flow], flow))
    ranked = list(dict.fromkeys([*(flow for flow in named if flow in found), *largest]))[:LIMIT]
    items = [
        {
            **found[flow],
            "flow": flow,
            "packets": flows.packets[flow],
            "bytes": flows.bytes[flow],
            "first_ns": flows.first_ns[flow],
            "last_ns": flows.last_ns[flow],
        }
        for flow in sorted(ranked)
    ]
    return {"count": len(flows), "items": items}


def translations_of(summaries: Sequence[Summary], numbers: Sequence[I64]) -> list[Document]:
    """Return the ``translations`` of the whole; a flow counts once, in however many parts it goes on."""
    flows: dict[tuple[str, ...], set[int]] = {}
    entries: dict[tuple[str, ...], Document] = {}
    for summary, number in zip(summaries, numbers, strict=True):
        for entry, members in zip(summary.translations, summary.translated, strict=True):
            key = (*entry["hop"], entry["kind"])
            flows.setdefault(key, set()).update(_numbered(members, number))
            examples = [
                {**one, "flow": int(number[one["flow"]])} for one in entry["examples"] if _is_told(one["flow"], number)
            ]
            whole = entries.setdefault(key, {**entry, "examples": []})
            known = {one["flow"] for one in whole["examples"]}
            whole["examples"] += [one for one in examples if one["flow"] not in known]
    return [
        {**entry, "flows": len(flows[key]), "examples": entry["examples"][:EXAMPLES]} for key, entry in entries.items()
    ]


def _is_told(flow: int, number: I64) -> bool:
    return flow < len(number) and number[flow] >= 0


def _numbered(members: Sequence[int], number: I64) -> list[int]:
    return [int(number[flow]) for flow in members if _is_told(flow, number)]


def mutations_of(
    summaries: Sequence[Summary], firsts: Sequence[int], hops: Sequence[tuple[str, str]]
) -> list[Document]:
    """Return the ``mutations`` of the whole.

    Parameters
    ----------
    summaries
        Part after part.
    firsts
        Packets told of before each part.
    hops
        In path order.
    """
    groups: dict[tuple[Any, ...], list[Document]] = {}
    for summary, first in zip(summaries, firsts, strict=True):
        for entry in summary.mutations:
            examples = [{**one, "packet": one["packet"] + first} for one in entry["examples"]]
            key = (tuple(entry["hop"]), *(entry[name] for name in ("direction", "field", "kind", "expected")))
            groups.setdefault(key, []).append({**entry, "examples": examples})
    places = {hop: place for place, hop in enumerate(hops)}
    told = [entry for entries in groups.values() for entry in _by_values(entries)]
    return sorted(
        told,
        key=lambda one: (one["expected"], places.get(tuple(one["hop"]), len(places)), -one["count"], one["field"]),
    )


def _by_values(entries: list[Document]) -> list[Document]:
    """Return one entry per pair of values, or one for all where they are many."""
    pairs: dict[tuple[Any, Any], list[Document]] = {}
    for entry in entries:
        pairs.setdefault((entry["before"], entry["after"]), []).append(entry)
    if len(pairs) > MANY or not all(entry["has_values"] for entry in entries):
        return [{**_added(entries), "before": None, "after": None, "has_values": False}]
    return [_added(same) for same in pairs.values()]


def _added(entries: list[Document]) -> Document:
    examples = [one for entry in entries for one in entry["examples"]][:EXAMPLES]
    return {**entries[0], "count": sum(entry["count"] for entry in entries), "examples": examples}


def transactions_of(summaries: Sequence[Summary], firsts: Sequence[int], numbers: Sequence[I64]) -> Document:
    """Return the ``transactions`` of the whole, the slowest first."""
    items = [
        {
            **one,
            "flow": int(number[one["flow"]]) if _is_told(one["flow"], number) else None,
            "request": one["request"] + first,
            "reply": one["reply"] + first,
        }
        for summary, first, number in zip(summaries, firsts, numbers, strict=True)
        for one in summary.transactions["items"]
    ]
    slowest = sorted(items, key=lambda one: -one["total_ns"])[:LIMIT]
    return {"count": sum(summary.transactions["count"] for summary in summaries), "items": slowest}


def clocks_of(summaries: Sequence[Summary]) -> list[Document]:
    """Return the ``clocks`` of the whole: what each part says of its own time, one after the other."""
    names = list(dict.fromkeys(entry["vantage"] for summary in summaries for entry in summary.clocks))
    return [_clock([(s, e) for s in summaries for e in s.clocks if e["vantage"] == name]) for name in names]


def _clock(parts: list[tuple[Summary, Document]]) -> Document:
    """Return one vantage's clock."""
    entries = [entry for _summary, entry in parts]
    first = next((entry for entry in entries if entry["offset_ns"] is not None), entries[0])
    steps = [step for summary, entry in parts for step in entry["steps"] if summary.owns(step["at_ns"])]
    pieces = [piece for _summary, entry in parts for piece in entry["pieces"]]
    worst = max((entry["grade"] for entry in entries), key=("proven", "likely", "inconclusive").index)
    ages = [entry["evidence_age_ns"] for entry in entries if entry["evidence_age_ns"] is not None]
    notes = list(dict.fromkeys(note for entry in entries for note in entry["notes"]))
    return {
        **first,
        **_skew(pieces, has_steps=bool(steps)),
        "steps": steps[:LIMIT],
        "steps_count": len(steps),
        "pieces": pieces[:LIMIT],
        "pieces_count": sum(entry["pieces_count"] for entry in entries),
        "samples_forward": sum(entry["samples_forward"] for entry in entries),
        "samples_reverse": sum(entry["samples_reverse"] for entry in entries),
        "evidence_age_ns": max(ages, default=None),
        "extrapolated": any(entry["extrapolated"] for entry in entries),
        "grade": worst,
        "notes": notes[:LIMIT],
    }


def _skew(pieces: list[Document], *, has_steps: bool) -> Document:
    """Return the mean skew from the first to the last piece with bounds, ppm; steps leave none."""
    if not pieces:
        return {}
    nothing = {"skew_ppm": None, "skew_lo_ppm": None, "skew_hi_ppm": None}
    known = [piece for piece in pieces if piece["lo_ns"] is not None and piece["hi_ns"] is not None]
    if has_steps or len(known) < 2:
        return nothing
    one, other = known[0], known[-1]
    span = other["from_ns"] - one["from_ns"]
    if span <= 0:
        return nothing
    ends = (
        other["offset_ns"] - one["offset_ns"],
        other["lo_ns"] - one["hi_ns"],
        other["hi_ns"] - one["lo_ns"],
    )
    values = [round(float(np.float64(end) / span * 1e6), 3) for end in ends]
    return dict(zip(nothing, values, strict=True))
