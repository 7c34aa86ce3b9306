"""The growing lists of report.json over all parts.

In: the entries of each part, flows numbered over the whole, packets shifted. Out: the entries of the whole.
Method: one function per list; entries that speak of the same thing are added, part after part, and no more than is
told is kept.
Not here: findings (``claims.py``), figures (``figures.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from correlate.diagnose.ranking import GRADES
from correlate.metrics.translations import KINDS
from correlate.model.arrays import I64
from correlate.report.changes import MANY
from correlate.report.limits import EXAMPLES, LIMIT
from correlate.scale.kept import AnySummary
from correlate.scale.numbering import FlowNumbers

Document = dict[str, Any]


def flows_of(
    summaries: Sequence[AnySummary], numbers: Sequence[I64], flows: FlowNumbers, named: Sequence[int]
) -> Document:
    """Return the ``flows`` of the whole: those that findings name, then the largest."""
    is_told = np.zeros(len(flows), np.bool_)
    for summary, number in zip(summaries, numbers, strict=True):
        is_told[_numbered([int(entry["flow"]) for entry in summary.flows], number)] = True
    told = np.flatnonzero(is_told)
    largest = told[np.argsort(-flows.packets[told], kind="stable")][:LIMIT].tolist()
    ranked = list(dict.fromkeys([*(flow for flow in named if is_told[flow]), *largest]))[:LIMIT]
    entries = _entries_of(set(ranked), summaries, numbers)
    items = [
        {
            **entries[flow],
            "flow": flow,
            "packets": int(flows.packets[flow]),
            "bytes": int(flows.bytes[flow]),
            "first_ns": int(flows.first_ns[flow]),
            "last_ns": int(flows.last_ns[flow]),
        }
        for flow in sorted(ranked)
    ]
    return {"count": len(flows), "items": items}


def _entries_of(wanted: set[int], summaries: Sequence[AnySummary], numbers: Sequence[I64]) -> dict[int, Document]:
    """Return what the first part that tells of it says of each of some flows."""
    found: dict[int, Document] = {}
    for summary, number in zip(summaries, numbers, strict=True):
        if len(found) == len(wanted):
            break
        for entry in summary.flows:
            own = int(entry["flow"])
            if _is_told(own, number) and int(number[own]) in wanted:
                found.setdefault(int(number[own]), entry)
    return found


def translations_of(
    summaries: Iterable[AnySummary], numbers: Iterable[I64], hops: Sequence[tuple[str, str]]
) -> list[Document]:
    """Return the ``translations`` of the whole; a flow counts once, in however many parts it goes on."""
    flows: dict[tuple[str, ...], I64] = {}
    entries: dict[tuple[str, ...], Document] = {}
    for summary, number in zip(summaries, numbers, strict=True):
        for entry, members in zip(summary.translations, summary.translated, strict=True):
            key = (*entry["hop"], entry["kind"])
            mine = np.array(_numbered(members, number), np.int64)
            flows[key] = np.union1d(flows[key], mine) if key in flows else np.unique(mine)
            whole = entries.setdefault(key, {**entry, "examples": []})
            examples = [one for one in entry["examples"] if _is_told(one["flow"], number)]
            for one in ({**one, "flow": int(number[one["flow"]])} for one in examples):
                known = {other["flow"] for other in whole["examples"]}
                if len(known) < EXAMPLES and one["flow"] not in known:
                    whole["examples"].append(one)
    left = _without_contradiction(flows)
    return [
        {**entry, "flows": len(left[key]), "examples": [one for one in entry["examples"] if one["flow"] in left[key]]}
        for key, entry in sorted(entries.items(), key=lambda item: _place_of(item[1], hops))
        if len(left[key])
    ]


def _place_of(entry: Document, hops: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """Return where a translation stands in the list: in path order, then by kind."""
    hop = tuple(entry["hop"])
    return hops.index(hop) if hop in hops else len(hops), KINDS.index(entry["kind"])


def _without_contradiction(flows: Mapping[tuple[str, ...], I64]) -> dict[tuple[str, ...], I64]:
    """Return the flows of each (hop, kind), each flow once per hop: under the kind that more flows have.

    A part that holds only the middle of a connection may take it from its wrong end, and then sees a translated
    destination where a source is translated.
    """
    left, taken = {}, dict[tuple[str, ...], I64]()
    for key in sorted(flows, key=lambda key: -len(flows[key])):
        others = taken.get(key[:2], np.zeros(0, np.int64))
        left[key] = np.setdiff1d(flows[key], others)
        taken[key[:2]] = np.union1d(others, left[key])
    return left


def _is_told(flow: int, number: I64) -> bool:
    return flow < len(number) and number[flow] >= 0


def _numbered(members: Sequence[int], number: I64) -> list[int]:
    return [int(number[flow]) for flow in members if _is_told(flow, number)]


def mutations_of(
    summaries: Iterable[AnySummary], firsts: Iterable[int], hops: Sequence[tuple[str, str]]
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
    groups: dict[tuple[Any, ...], _Changes] = {}
    for summary, first in zip(summaries, firsts, strict=True):
        for entry in summary.mutations:
            examples = [{**one, "packet": one["packet"] + first} for one in entry["examples"]]
            key = (tuple(entry["hop"]), *(entry[name] for name in ("direction", "field", "kind", "expected")))
            groups.setdefault(key, _Changes()).take({**entry, "examples": examples})
    places = {hop: place for place, hop in enumerate(hops)}
    return sorted(
        (entry for changes in groups.values() for entry in changes.told()),
        key=lambda one: (one["expected"], places.get(tuple(one["hop"]), len(places)), -one["count"], one["field"]),
    )


@attrs.define
class _Changes:
    """Changes of one kind of one field on one hop, added so far."""

    together: Document = attrs.field(factory=dict)
    pairs: dict[tuple[Any, Any], Document] | None = attrs.field(factory=dict)
    """By the values before and after; None = they are many."""

    def take(self, entry: Document) -> None:
        self.together = _added(self.together, entry)
        if self.pairs is not None:
            values = (entry["before"], entry["after"])
            self.pairs[values] = _added(self.pairs.get(values, {}), entry)
            if len(self.pairs) > MANY or not entry["has_values"]:
                self.pairs = None

    def told(self) -> list[Document]:
        """Return one entry per pair of values, or one for all where they are many."""
        if self.pairs is not None:
            return list(self.pairs.values())
        return [{**self.together, "before": None, "after": None, "has_values": False}]


def _added(one: Document, other: Document) -> Document:
    if not one:
        return {**other, "examples": other["examples"][:EXAMPLES]}
    examples = [*one["examples"], *other["examples"]][:EXAMPLES]
    return {**one, "count": one["count"] + other["count"], "examples": examples}


def transactions_of(summaries: Iterable[AnySummary], firsts: Iterable[int], numbers: Iterable[I64]) -> Document:
    """Return the ``transactions`` of the whole, the slowest first."""
    count, slowest = 0, list[Document]()
    for summary, first, number in zip(summaries, firsts, numbers, strict=True):
        told = summary.transactions
        count += told["count"]
        slowest += [
            {
                **one,
                "flow": int(number[one["flow"]]) if _is_told(one["flow"], number) else None,
                "request": one["request"] + first,
                "reply": one["reply"] + first,
            }
            for one in told["items"]
        ]
        slowest = sorted(slowest, key=lambda one: -one["total_ns"])[:LIMIT]
    return {"count": count, "items": slowest}


def clocks_of(summaries: Iterable[AnySummary]) -> list[Document]:
    """Return the ``clocks`` of the whole: what each part says of its own time, one after the other."""
    clocks: dict[str, _ClockSum] = {}
    for summary in summaries:
        for entry in summary.clocks:
            clocks.setdefault(entry["vantage"], _ClockSum(told=entry)).take(summary, entry)
    return [clock.document() for clock in clocks.values()]


ADDED = ("pieces_count", "samples_forward", "samples_reverse")


@attrs.define(kw_only=True)
class _ClockSum:
    """One vantage's clock, part after part so far."""

    told: Document
    """Of the first part that knows its offset."""
    steps: list[Document] = attrs.field(factory=list)
    steps_count: int = 0
    pieces: list[Document] = attrs.field(factory=list)
    ends: list[Document] = attrs.field(factory=list)
    """First and last piece with bounds."""
    counts: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(ADDED, 0))
    age_ns: int | None = None
    is_extrapolated: bool = False
    grade: str = GRADES[0]
    notes: dict[str, None] = attrs.field(factory=dict)

    def take(self, summary: AnySummary, entry: Document) -> None:
        if self.told["offset_ns"] is None and entry["offset_ns"] is not None:
            self.told = entry
        steps = [step for step in entry["steps"] if summary.owns(step["at_ns"])]
        self.steps_count += len(steps)
        self.steps = [*self.steps, *steps][:LIMIT]
        self.pieces = [*self.pieces, *entry["pieces"]][:LIMIT]
        known = [piece for piece in entry["pieces"] if piece["lo_ns"] is not None and piece["hi_ns"] is not None]
        ends = [*self.ends, *known]
        self.ends = [ends[0], ends[-1]] if len(ends) > 1 else ends
        for name in ADDED:
            self.counts[name] += entry[name]
        ages = [age for age in (self.age_ns, entry["evidence_age_ns"]) if age is not None]
        self.age_ns = max(ages, default=None)
        self.is_extrapolated |= entry["extrapolated"]
        self.grade = max(self.grade, entry["grade"], key=GRADES.index)
        self.notes = dict.fromkeys([*self.notes, *entry["notes"]][:LIMIT])

    def document(self) -> Document:
        return {
            **self.told,
            **(_skew(self.ends, has_steps=self.steps_count > 0) if self.pieces else {}),
            **self.counts,
            "steps": self.steps,
            "steps_count": self.steps_count,
            "pieces": self.pieces,
            "evidence_age_ns": self.age_ns,
            "extrapolated": self.is_extrapolated,
            "grade": self.grade,
            "notes": list(self.notes),
        }


def _skew(ends: Sequence[Document], *, has_steps: bool) -> Document:
    """Return the mean skew from the first to the last piece with bounds, ppm; steps leave none."""
    nothing = {"skew_ppm": None, "skew_lo_ppm": None, "skew_hi_ppm": None}
    if has_steps or len(ends) < 2:
        return nothing
    one, other = ends
    span = other["from_ns"] - one["from_ns"]
    if span <= 0:
        return nothing
    slopes = (
        other["offset_ns"] - one["offset_ns"],
        other["lo_ns"] - one["hi_ns"],
        other["hi_ns"] - one["lo_ns"],
    )
    values = [round(float(np.float64(end) / span * 1e6), 3) for end in slopes]
    return dict(zip(nothing, values, strict=True))
