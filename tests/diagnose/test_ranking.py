"""``diagnose.ranking``: harm first, consequences after their cause."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.diagnose.catalogue import CATALOGUE
from correlate.diagnose.ranking import rank
from correlate.model.findings import Finding


def finding(key: str, code: str, **more: Any) -> Finding:
    more.setdefault("severity", CATALOGUE[code].severity)
    more.setdefault("grade", "proven")
    return Finding(id=key, code=code, title=key, explanation="", **more)


def titles(*findings: Finding) -> list[str]:
    return [one.title for one in rank(findings)]


def test_harm_goes_before_number_and_number_before_nothing() -> None:
    """Severity, then grade, then the catalogue's harm, then how many packets."""
    few = finding("few", "loss", quantity=2, unit="packets")
    many = finding("many", "loss", quantity=9, unit="packets")
    error = finding("error", "loss", severity="error", grade="likely", quantity=1, unit="packets")
    altered = finding("altered", "syn-ack-altered")
    unsure = finding("unsure", "syn-ack-altered", grade="likely")
    assert titles(few, error, unsure, many, altered) == ["altered", "unsure", "error", "many", "few"]


def test_a_consequence_follows_its_cause_and_takes_its_new_name() -> None:
    """contract.md: ``caused_by`` is an id of the same report."""
    cause = finding("cause", "payload-altered")
    effect = finding("effect", "loss", caused_by="cause")
    deeper = finding("deeper", "cannot-tell", caused_by="effect")
    other = finding("other", "syn-ack-altered")
    told = rank([deeper, effect, cause, other])
    assert [one.title for one in told] == ["other", "cause", "effect", "deeper"]
    assert [one.caused_by for one in told] == [None, None, "f2", "f3"]


def test_a_finding_whose_cause_is_not_told_stands_alone() -> None:
    """No finding may vanish because another did."""
    told = rank([finding("effect", "loss", caused_by="nowhere")])
    assert [(one.id, one.caused_by) for one in told] == [("f1", None)]


@settings(max_examples=30, deadline=None)
@given(st.permutations([("a", "loss"), ("b", "nat"), ("c", "clean"), ("d", "loss"), ("e", "server-slow")]))
def test_the_order_of_the_rules_does_not_matter(order: list[tuple[str, str]]) -> None:
    """Equal findings in any order give equal reports."""
    told = rank([finding(key, code) for key, code in order])
    assert [one.title for one in told] == ["a", "d", "e", "b", "c"]
    assert [one.id for one in told] == ["f1", "f2", "f3", "f4", "f5"]
