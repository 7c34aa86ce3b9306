"""``diagnose.catalogue``: the table agrees with what the rules claim and with the published severities."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from correlate.diagnose.catalogue import BLAMES_A_HOP, CATALOGUE, CHANGES_A_HOP

RULES = sorted((Path(__file__).resolve().parents[2] / "correlate" / "diagnose").glob("*.py"))
ERRORS = {
    "port-blocked",
    "rst-injected",
    "packet-injected",
    "checksum-corrupt",
    "syn-altered",
    "syn-ack-altered",
    "payload-altered",
    "pmtu-blackhole",
    "fragment-lost",
    "nat-state-lost",
}


def test_every_code_is_claimed_somewhere_and_no_rule_invents_one() -> None:
    """Codes are public API: a row without a rule is a promise not kept."""
    source = "".join(path.read_text(encoding="utf-8") for path in RULES if path.stem != "catalogue")
    assert all(f'"{code}"' in source for code in CATALOGUE)
    claimed = set(re.findall(r'code="([a-z-]+)"', source))
    assert claimed <= set(CATALOGUE)


def test_severities_are_the_published_ones() -> None:
    """findings.md: errors are what breaks connections or forges packets."""
    assert {code for code, row in CATALOGUE.items() if row.severity == "error"} == ERRORS
    assert all(
        CATALOGUE[code].severity == "info" for code in CHANGES_A_HOP | {"nat", "offload", "clean", "cannot-tell"}
    )


def test_harm_orders_every_severity_without_ties_of_error() -> None:
    """The most harmful error is told first, always the same one."""
    ranks = [row.harm for row in CATALOGUE.values() if row.severity == "error"]
    assert len(ranks) == len(set(ranks))


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_rows_are_whole(code: str) -> None:
    """Lower-case with dashes; says what it says and what it is never claimed on."""
    row = CATALOGUE[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert row.says
    assert row.never_on
    assert row.headline.isupper()


def test_blame_and_harmless_change_exclude_each_other() -> None:
    """A hop with either is not clean, but only blame accuses."""
    assert not BLAMES_A_HOP & CHANGES_A_HOP
    assert set(CATALOGUE) >= BLAMES_A_HOP | CHANGES_A_HOP
