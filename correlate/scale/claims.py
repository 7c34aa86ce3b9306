"""The findings of all parts, each told once.

In: findings part by part, their flows numbered over the whole. Out: findings of the whole, ranked, and where each
comes from.
Method: findings are the same if code, hop, vantage, direction and title without its numbers agree, and, where few flows
are named and the title does not count what the hop did, the flows. The surest of them, then the one with the greatest
quantity, tells the story; packets and bytes of equally sure ones are added. A hop is clean if it is in every part.
Not here: the order of harm (``diagnose/ranking.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import attrs

from correlate.diagnose.ranking import GRADES, SEVERITIES, rank
from correlate.diagnose.wording import percent
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
"""Titles whose numbers add up over parts, and which speak of the hop, whichever flows they name."""

LEAST = re.compile(r"At least (?P<count>\d+)(?P<rest> [^\d]*)\([\d.e-]+ %\)")
"""Titles of losses that are sure as a number, not one by one."""

NOUN = re.compile(r"\b(packet|flow|frame|fragment|segment|datagram|piece)s?\b")
TAIL = re.compile(r"(?P<head>.*, )\d+ (?P<noun>packet|flow)s?")
"""Titles that end with how many there were."""

CLEAN = "clean"

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


def merge(claims: Sequence[Claim], last_part: int, parts: int) -> list[Merged]:
    """Return the findings of the whole, in the order of their harm.

    Parameters
    ----------
    claims
        Of all parts, in order of time.
    last_part
        Number of the last part; the first is 0.
    parts
        How many parts there are to speak of.
    """
    groups: dict[Key, list[Claim]] = {}
    innocent = _clean_everywhere(claims, parts)
    for claim in claims:
        if claim.finding.code in EDGES and claim.part not in (0, last_part):
            continue
        if claim.finding.code == CLEAN and claim.finding.hop not in innocent:
            continue
        groups.setdefault(_key(claim, groups), []).append(claim)
    leads = {key: min(members, key=_weight) for key, members in groups.items()}
    names = {
        (claim.part, claim.finding.id): f"w{number}"
        for number, members in enumerate(groups.values())
        for claim in members
    }
    told = [_whole(members, leads[key], names, parts) for key, members in groups.items()]
    of_name = {one.id: leads[key] for one, key in zip(told, groups, strict=True)}
    marked = [attrs.evolve(one, explanation=f"{one.id}\0{one.explanation}") for one in told]
    merged = []
    for one in rank(marked):
        name, _, explanation = one.explanation.partition("\0")
        merged.append(Merged(attrs.evolve(one, explanation=explanation), of_name[name]))
    return merged


def _clean_everywhere(claims: Sequence[Claim], parts: int) -> set[tuple[str, str] | None]:
    """Return the hops, None = all, that every part calls clean; whoever calls all clean calls each clean."""
    found: dict[tuple[str, str] | None, set[int]] = {}
    for part, finding in claims:
        if finding.code == CLEAN:
            found.setdefault(finding.hop, set()).add(part)
    everywhere = found.get(None, set())
    return {hop for hop, mine in found.items() if len(mine | everywhere) == parts}


def _title(lead: Finding, equal: Sequence[Finding], flows: int) -> str:
    """Return a title that begins or ends with a count, or a count among a total, for all parts; else the lead's."""
    tail = TAIL.fullmatch(lead.title)
    if tail is not None and (lead.unit == "packets" or tail["noun"] == "flow") and flows < MOST_FLOWS:
        count = flows if tail["noun"] == "flow" else sum(int(one.quantity or 0) for one in equal)
        return f"{tail['head']}{count} {tail['noun']}{'s' if count != 1 else ''}"
    if any(LEAST.fullmatch(one.title) for one in equal):
        found = [LEAST.fullmatch(one.title) or SHARE.fullmatch(one.title) for one in equal]
        counts = [int(one["count"]) for one in found if one is not None]
        rest = next(one["rest"] for one in found if one is not None).rstrip()
        return f"At least {sum(counts)}{rest}" if len(counts) == len(found) else lead.title
    found = [SHARE.fullmatch(one.title) or COUNT.fullmatch(one.title) for one in equal]
    told = [one for one in found if one is not None]
    if lead.unit not in ADDED or len(told) < len(found) or len({(one.re, _one(one["rest"])) for one in told}) > 1:
        return lead.title
    count = sum(int(one["count"]) for one in told)
    if told[0].re is COUNT:
        many = next((one["rest"] for one in told if int(one["count"]) != 1), None)
        return f"{count}{many or NOUN.sub(lambda noun: f'{noun[1]}s', told[0]['rest'], count=1)}"
    total = sum(int(one["total"]) for one in told)
    return f"{count} of {total}{told[0]['rest']}({percent(count, total)})"


def _one(text: str) -> str:
    """Return a text with its nouns in the singular."""
    return NOUN.sub(r"\1", text)


def _is_of_the_hop(one: Finding) -> bool:
    """Tell whether a finding counts what its hop did, whichever flows it names."""
    tail = TAIL.fullmatch(one.title)
    if tail is not None and tail["noun"] == "flow":
        return True
    return one.unit in ADDED and any(form.fullmatch(one.title) for form in (SHARE, LEAST, COUNT))


def _key(claim: Claim, groups: Mapping[Key, list[Claim]]) -> Key:
    """Return what a finding has in common with the same one of other parts, and with no other of its own part."""
    one = claim.finding
    flows = frozenset(one.flows) if len(one.flows) <= FEW_FLOWS and not _is_of_the_hop(one) else None
    share = SHARE.fullmatch(one.title) or LEAST.fullmatch(one.title)
    skeleton = re.sub(r"\d[\d.,: ]*", "#", _one(one.title)) if share is None else _one(share["rest"])
    key: Key = (one.code, one.hop, one.vantage, one.direction, skeleton, flows)
    turn = 0
    while any(member.part == claim.part for member in groups.get((*key, turn), ())):
        turn += 1
    return (*key, turn)


def _weight(claim: Claim) -> tuple[float, ...]:
    """Return the place of a claim among the same ones; the first tells the story. Of innocence that is the weakest."""
    one = claim.finding
    grade = GRADES.index(one.grade)
    if one.code == CLEAN:
        numbers = re.findall(r"\d+", one.title)
        return -grade, -int(numbers[0]) if numbers else 0, claim.part
    return SEVERITIES.index(one.severity), grade, -float(one.quantity or 0), claim.part


def _whole(members: Sequence[Claim], lead: Claim, names: Mapping[tuple[int, str], str], parts: int) -> Finding:
    """Return the finding that stands for all members."""
    one = lead.finding
    cause = names.get((lead.part, one.caused_by)) if one.caused_by is not None else None
    name = names[lead.part, one.id]
    if len(members) == 1:
        return attrs.evolve(one, id=name, caused_by=cause if cause != name else None)
    equal = [claim.finding for claim in members if one.code == CLEAN or claim.finding.grade == one.grade]
    total = sum(claim.quantity or 0 for claim in equal) if one.unit in ADDED else None
    flows = tuple(dict.fromkeys(flow for claim in equal for flow in claim.flows))[:MOST_FLOWS]
    is_full = any(len(claim.flows) >= MOST_FLOWS for claim in equal)
    said = f"In {len(equal)} of {parts} parts of the time"
    said += f", {total:,} {one.unit} in all" if total is not None else ""
    return attrs.evolve(
        one,
        id=name,
        caused_by=cause if cause != name else None,
        quantity=total if total is not None else one.quantity,
        flows=flows,
        title=_title(one, equal, MOST_FLOWS if is_full else len(flows)),
        explanation=f"{said}; told here is the clearest. {one.explanation}",
    )
