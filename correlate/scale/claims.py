"""The findings of all parts, each told once.

In: findings part by part, their flows numbered over the whole. Out: findings of the whole, ranked, and where each
comes from.
Method: findings are the same if code, hop, vantage, direction and title without its numbers agree, and, where few flows
are named, the flows. The surest of them, then the one with the greatest quantity, tells the story; packets and bytes
of equally sure ones are added.
Not here: the order of harm (``diagnose/ranking.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import attrs

from correlate.diagnose.ranking import GRADES, SEVERITIES, rank
from correlate.diagnose.wording import counted, percent
from correlate.model.findings import Finding

FEW_FLOWS = 3
"""A finding that names no more flows is about them; one that names more is about the hop."""

MOST_FLOWS = 1000
"""Flows named of a merged finding."""

ADDED = ("packets", "bytes")
"""Units of quantities that add up over time."""

EDGES = frozenset({"capture-window"})
"""Codes about the ends of the captures: parts in the middle have no such ends."""

SHARE = re.compile(r"(?P<count>\d+) of (?P<total>\d+)(?P<rest> [^\d]*)\([\d.e-]+ %\)")
COUNT = re.compile(r"(?P<count>\d+)(?P<rest> [^\d]*)")
"""Titles whose numbers add up over parts."""
FLOWS = re.compile(r"(?P<rest>.*, )\d+ flows?")
"""Titles that count flows, which go on from part to part."""

Key = tuple[object, ...]


class Claim(NamedTuple):
    """A finding of one part."""

    part: int
    finding: Finding
    """Flows as the whole numbers them; the packet as the part does."""


class Merged(NamedTuple):
    """A finding of the whole."""

    finding: Finding
    lead: Claim
    """The part's finding that tells it."""


def merge(claims: Sequence[Claim], last_part: int) -> list[Merged]:
    """Return the findings of the whole, in the order of their harm.

    Parameters
    ----------
    claims
        Of all parts, in order of time.
    last_part
        Number of the last part; the first is 0.
    """
    groups: dict[Key, list[Claim]] = {}
    for claim in claims:
        if claim.finding.code in EDGES and claim.part not in (0, last_part):
            continue
        groups.setdefault(_key(claim, groups), []).append(claim)
    leads = {key: min(members, key=_weight) for key, members in groups.items()}
    names = {
        (claim.part, claim.finding.id): f"w{number}"
        for number, members in enumerate(groups.values())
        for claim in members
    }
    told = [_whole(members, leads[key], names, last_part + 1) for key, members in groups.items()]
    of_name = {one.id: leads[key] for one, key in zip(told, groups, strict=True)}
    marked = [attrs.evolve(one, explanation=f"{one.id}\0{one.explanation}") for one in told]
    merged = []
    for one in rank(marked):
        name, _, explanation = one.explanation.partition("\0")
        merged.append(Merged(attrs.evolve(one, explanation=explanation), of_name[name]))
    return merged


def _title(lead: Finding, equal: Sequence[Finding]) -> str:
    """Return a title that begins with a count, or a count among a total, for all parts; any other is the lead's."""
    if FLOWS.fullmatch(lead.title):
        flows = {flow for one in equal for flow in one.flows}
        return FLOWS.sub(rf"\g<rest>{counted(len(flows), 'flow')}", lead.title)
    found = [SHARE.fullmatch(one.title) or COUNT.fullmatch(one.title) for one in equal]
    told = [one for one in found if one is not None]
    if lead.unit not in ADDED or len(told) < len(found) or len({(one.re, one["rest"]) for one in told}) > 1:
        return lead.title
    count = sum(int(one["count"]) for one in told)
    if told[0].re is COUNT:
        return f"{count}{told[0]['rest']}"
    total = sum(int(one["total"]) for one in told)
    return f"{count} of {total}{told[0]['rest']}({percent(count, total)})"


def _key(claim: Claim, groups: Mapping[Key, list[Claim]]) -> Key:
    """Return what a finding has in common with the same one of other parts, and with no other of its own part."""
    one = claim.finding
    is_about_flows = len(one.flows) <= FEW_FLOWS and not FLOWS.fullmatch(one.title)
    flows = frozenset(one.flows) if is_about_flows else None
    skeleton = re.sub(r"\d[\d.,: ]*", "#", FLOWS.sub(r"\g<rest>", one.title))
    key: Key = (one.code, one.hop, one.vantage, one.direction, skeleton, flows)
    turn = 0
    while any(member.part == claim.part for member in groups.get((*key, turn), ())):
        turn += 1
    return (*key, turn)


def _weight(claim: Claim) -> tuple[int, int, float, int]:
    one = claim.finding
    return SEVERITIES.index(one.severity), GRADES.index(one.grade), -float(one.quantity or 0), claim.part


def _whole(members: Sequence[Claim], lead: Claim, names: Mapping[tuple[int, str], str], parts: int) -> Finding:
    """Return the finding that stands for all members."""
    one = lead.finding
    cause = names.get((lead.part, one.caused_by)) if one.caused_by is not None else None
    name = names[lead.part, one.id]
    if len(members) == 1:
        return attrs.evolve(one, id=name, caused_by=cause if cause != name else None)
    equal = [claim.finding for claim in members if claim.finding.grade == one.grade]
    total = sum(claim.quantity or 0 for claim in equal) if one.unit in ADDED else None
    flows = tuple(dict.fromkeys(flow for claim in equal for flow in claim.flows))[:MOST_FLOWS]
    said = f"In {len(equal)} of {parts} parts of the time"
    said += f", {total:,} {one.unit} in all" if total is not None else ""
    return attrs.evolve(
        one,
        id=name,
        caused_by=cause if cause != name else None,
        quantity=total if total is not None else one.quantity,
        flows=flows,
        title=_title(one, equal),
        explanation=f"{said}; told here is the clearest. {one.explanation}",
    )
