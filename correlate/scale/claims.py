"""The findings of all parts, each told once.

In: findings part by part, their flows numbered over the whole. Out: findings of the whole, ranked, and where each
comes from.
Method: findings are the same if code, hop, vantage, direction and title without its numbers agree, and, where few flows
are named and the title does not count what the hop did, the flows. The surest of them, then the one with the greatest
quantity, tells the story; packets and bytes of equally sure ones are added. A hop is clean if it is in every part.
What is kept are sums, so that any number of parts may come.
Not here: the order of harm (``diagnose/ranking.py``), titles with other numbers (``titles.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import attrs

from correlate.diagnose.loss import severity_of
from correlate.diagnose.ranking import GRADES, SEVERITIES, harm, rank
from correlate.model.findings import Finding, Severity
from correlate.scale.titles import counts_flows, counts_quantity, delay_in, retold, skeleton, with_flows

FEW_FLOWS = 3
"""A finding that names no more flows is about them; one that names more is about the hop."""

MOST_FLOWS = 1000
"""Flows named of a merged finding."""

MOST_GROUPS = 4000
"""Findings of the whole that are kept; where there are more, the less harmful half of them goes."""

ADDED = ("packets", "bytes")
"""Units of quantities that add up over time."""

EDGES = frozenset({"capture-window"})
"""Codes about the ends of the captures: parts in the middle have no such ends."""

CLEAN, LOSS, NAT, MISSES = "clean", "loss", "nat", "capture-loss"

Key = tuple[object, ...]
Hop = tuple[str, str]
Sent = Mapping[tuple[Hop, str], int]
"""Packets that came to each hop, by its ends and the direction, over all parts."""
Translated = Mapping[tuple[Hop, str], int]
"""Flows of each hop and kind of translation, over all parts."""


@attrs.frozen
class Sums:
    """What is known of all parts together."""

    sent: Sent = attrs.field(factory=dict)
    surely_lost: Sent = attrs.field(factory=dict)
    """Packets that were lost there at least, by the counts of all parts together."""
    translated: Translated | None = None
    """None = a title counts the flows that are named."""
    seen: Mapping[str, int] = attrs.field(factory=dict)
    """Packets that each vantage holds: of those that its capture misses the rate is a share."""


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


@attrs.define
class _Sum:
    """Equally sure findings of one group, added so far."""

    count: int = 0
    quantity: float = 0
    out_of: int = 0
    flows: dict[int, None] = attrs.field(factory=dict)
    is_full: bool = False
    """More flows than are named, at least in a part."""
    least: Finding | None = None
    """One whose quantity is the least that it can be."""

    def take(self, one: Finding) -> None:
        self.count += 1
        self.quantity += one.quantity or 0
        self.out_of += one.out_of or 0
        self.is_full |= len(one.flows) >= MOST_FLOWS
        for flow in one.flows[: MOST_FLOWS - len(self.flows)] if len(self.flows) < MOST_FLOWS else ():
            self.flows[flow] = None
        self.least = self.least or (one if one.is_at_least else None)

    def plus(self, other: _Sum) -> _Sum:
        flows = dict.fromkeys([*self.flows, *other.flows][:MOST_FLOWS])
        return _Sum(
            self.count + other.count,
            self.quantity + other.quantity,
            self.out_of + other.out_of,
            flows,
            self.is_full or other.is_full,
            self.least or other.least,
        )


@attrs.define(kw_only=True)
class _Group:
    """The same finding of several parts."""

    lead: Claim
    last: int
    """The part that spoke last."""
    cause: Key | None = None
    """Group of what caused the lead."""
    sums: dict[str, _Sum] = attrs.field(factory=dict)
    """By grade."""

    def take(self, claim: Claim) -> bool:
        """Add a claim and return True if it leads from now on."""
        self.last = claim.part
        self.sums.setdefault(claim.finding.grade, _Sum()).take(claim.finding)
        if claim is not self.lead and _weight(claim) >= _weight(self.lead):
            return False
        self.lead = claim
        return True

    def equal(self) -> _Sum:
        """Return the sum of those as sure as the lead.

        Innocence is as sure as its weakest part; how a hop translates is as sure as the part that knows who began; what
        a capture misses is one number, proven if that of every part is.
        """
        one = self.lead.finding
        if one.code not in (CLEAN, NAT, MISSES):
            return self.sums[one.grade]
        total = _Sum()
        for each in self.sums.values():
            total = total.plus(each)
        return total


@attrs.define
class Claims:
    """The findings of all parts so far."""

    groups: dict[Key, _Group] = attrs.field(factory=dict)
    parts: int = 0
    clean: Counter[Hop] = attrs.field(factory=Counter)
    """Parts that call a hop clean, and not all hops."""
    all_clean: int = 0
    """Parts that call all hops clean."""

    def take(self, part: int, findings: Sequence[Finding], last_part: int) -> None:
        """Add the findings of a part, in order of time; ``last_part``: the number of the last part there is."""
        self.parts += 1
        hops = {one.hop for one in findings if one.code == CLEAN}
        self.all_clean += None in hops
        if None not in hops:
            self.clean.update(hop for hop in hops if hop is not None)
        key_of: dict[str, Key] = {}
        leads = []
        for one in findings:
            if one.code in EDGES and part not in (0, last_part):
                continue
            claim = Claim(part, one)
            key = self._key(claim)
            key_of[one.id] = key
            group = self.groups.setdefault(key, _Group(lead=claim, last=part))
            if group.take(claim):
                leads.append((group, one.caused_by))
        for group, cause in leads:
            group.cause = key_of.get(cause) if cause is not None else None
        if len(self.groups) > MOST_GROUPS:
            gravest = sorted(self.groups.items(), key=lambda item: harm(item[1].lead.finding))
            self.groups = dict(gravest[: MOST_GROUPS // 2])

    def _key(self, claim: Claim) -> Key:
        """Return what a finding has in common with the same one of other parts, and with no other of its own part."""
        one = claim.finding
        is_of_the_hop = counts_flows(one) or (one.unit in ADDED and counts_quantity(one))
        flows = frozenset(one.flows) if len(one.flows) <= FEW_FLOWS and not is_of_the_hop else None
        words = None if one.code == LOSS and one.out_of is not None else skeleton(one.title)
        key: Key = (one.code, one.hop, one.vantage, one.direction, words, flows)
        turn = 0
        while (*key, turn) in self.groups and self.groups[*key, turn].last == claim.part:
            turn += 1
        return (*key, turn)

    def merged(self, sums: Sums) -> list[Merged]:
        """Return the findings of the whole, in the order of their harm."""
        groups = {key: group for key, group in self.groups.items() if self._is_told(group.lead.finding)}
        names = {key: f"w{number}" for number, key in enumerate(groups)}
        told = {names[key]: self._whole(key, group, names, sums) for key, group in groups.items()}
        told = _without_contradiction(told)
        if sums.translated is not None:
            told = _counting(told, sums.translated)
        leads = {names[key]: group.lead for key, group in groups.items()}
        # Ranking gives new names; the old one goes along in the explanation.
        marked = [attrs.evolve(one, explanation=f"{name}\0{one.explanation}") for name, one in told.items()]
        found = []
        for one in rank(marked):
            name, _, explanation = one.explanation.partition("\0")
            found.append(Merged(attrs.evolve(one, explanation=explanation), leads[name]))
        return found

    def _is_told(self, one: Finding) -> bool:
        """Tell whether every part calls a hop clean, if that is what is told; whoever calls all clean calls each."""
        if one.code != CLEAN:
            return True
        return self.all_clean + (self.clean[one.hop] if one.hop is not None else 0) == self.parts

    def _whole(self, key: Key, group: _Group, names: Mapping[Key, str], sums: Sums) -> Finding:
        """Return the finding that stands for a group."""
        one, equal = group.lead.finding, group.equal()
        cause = names.get(group.cause) if group.cause != key and group.cause is not None else None
        total = _number(equal.quantity) if one.unit in ADDED and one.quantity is not None else one.quantity
        if one.code == LOSS and equal.least is not None and one.hop and one.direction:
            total = max(total or 0, sums.surely_lost.get((one.hop, one.direction), 0))
        out_of = _out_of(one, equal, sums.sent)
        grade = one.grade
        if one.code == MISSES and one.vantage is not None and total is not None:
            proven = group.sums["proven"].quantity if "proven" in group.sums else 0
            # In each part that is proven most misses are: so they are of the whole where all parts are.
            grade = "proven" if proven == total else "likely"
            out_of = sums.seen.get(one.vantage, (one.out_of or 0) - int(one.quantity or 0)) + int(total)
        flows = tuple(equal.flows)
        count = len(flows) if not equal.is_full and len(flows) < MOST_FLOWS else None
        told = attrs.evolve(
            one,
            id=names[key],
            caused_by=cause,
            grade=grade,
            quantity=total,
            out_of=out_of,
            flows=flows,
            is_at_least=equal.least is not None,
            severity=_severity(one, total, out_of),
        )
        lead = one if equal.least is None else equal.least
        title = retold(lead, total if one.unit in ADDED else None, out_of, count)
        if sum(each.count for each in group.sums.values()) == 1:
            return attrs.evolve(told, title=title)
        said = f"In {equal.count} of {self.parts} parts of the time"
        said += f", {total:,} {one.unit} in all" if one.unit in ADDED and total is not None else ""
        return attrs.evolve(told, title=title, explanation=f"{said}; told here is the clearest. {one.explanation}")


def _without_contradiction(told: Mapping[str, Finding]) -> dict[str, Finding]:
    """Return findings of which no two say that one hop translates a flow in two ways: the one of more flows holds.

    A part that holds only the middle of a connection may take it from its wrong end (``documents.py``).
    """
    left, taken = dict(told), dict[Hop | None, set[int]]()
    for name, one in sorted(told.items(), key=lambda item: -len(item[1].flows)):
        if one.code != NAT:
            continue
        others = taken.setdefault(one.hop, set())
        flows = tuple(flow for flow in one.flows if flow not in others)
        if flows:
            others.update(flows)
            left[name] = attrs.evolve(one, flows=flows, title=retold(one, None, None, len(flows)))
        else:
            del left[name]
    return left


def _counting(told: Mapping[str, Finding], translated: Translated) -> dict[str, Finding]:
    """Return findings of which those about a translation count all its flows, named or not; none are of no flow."""
    found = {}
    for name, one in told.items():
        found[name] = one
        if one.code == NAT and one.hop is not None:
            count = translated.get((one.hop, one.title.partition(" ")[0].lower()), 0)
            found[name] = attrs.evolve(one, title=with_flows(one.title, count))
            if not count:
                del found[name]
    return found


def _number(quantity: float) -> float | int:
    return int(quantity) if float(quantity).is_integer() else quantity


def _out_of(one: Finding, equal: _Sum, sent: Sent) -> int | None:
    """Return of how many the quantity of a group is a part: of losses all that came to the hop, in any part."""
    if one.out_of is None:
        return None
    whole = sent.get((one.hop, one.direction)) if one.code == LOSS and one.hop and one.direction else None
    return equal.out_of if whole is None else whole


def _severity(one: Finding, total: float | None, out_of: int | None) -> Severity:
    """Return the severity of a group: a rate of loss is that of the whole, unless flows died in the part that leads."""
    if one.code != LOSS or one.out_of is None or out_of is None or total is None:
        return one.severity
    is_of_rate = severity_of(one.quantity or 0, one.out_of) == one.severity
    return severity_of(total, out_of) if is_of_rate else one.severity


def _weight(claim: Claim) -> tuple[float, ...]:
    """Return the place of a claim among the same ones; the first tells the story. Of innocence that is the weakest."""
    one = claim.finding
    grade = GRADES.index(one.grade)
    if one.code == CLEAN:
        return -grade, -delay_in(one.title), claim.part
    return SEVERITIES.index(one.severity), grade, -float(one.quantity or 0), claim.part
