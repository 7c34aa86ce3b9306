"""What is told first."""

import attrs

from correlate.diagnose.catalogue import CATALOGUE
from correlate.model.findings import Finding
from correlate.report.verdict import headline, tell
from tests.report.builder import flagship


def finding(number: int, code: str, severity: str, grade: str = "proven", caused_by: str | None = None) -> Finding:
    return Finding(
        id=f"f{number}", code=code, severity=severity, grade=grade, title=code, explanation="", caused_by=caused_by
    )


def main_of(*findings: Finding) -> str:
    story = tell(findings)
    assert story.main is not None
    return story.main.code


def test_sure_errors_come_before_sure_warnings_before_unsure_errors():
    unsure = finding(1, "loss", "error", "inconclusive")
    warning = finding(2, "delay-added", "warning", "likely")
    error = finding(3, "port-blocked", "error")
    assert main_of(unsure, warning, error) == "port-blocked"
    assert main_of(unsure, warning) == "delay-added"


def test_a_doubt_is_told_before_a_fact_about_a_capture():
    assert main_of(finding(1, "capture-loss", "warning"), finding(2, "loss", "error", "inconclusive")) == "loss"


def test_clean_is_the_verdict_although_the_capture_has_flaws():
    assert (
        main_of(finding(1, "clock-step", "warning"), finding(2, "nat", "info"), finding(3, "clean", "info")) == "clean"
    )


def test_a_clean_part_is_no_headline_while_another_part_is_open():
    part = attrs.evolve(finding(1, "clean", "info"), hop=("a", "b"))
    assert main_of(part, finding(2, "cannot-tell", "info", "inconclusive")) == "cannot-tell"
    assert main_of(part, finding(2, "nat", "info")) == "clean"


def test_facts_about_translation_and_captures_are_no_verdict():
    for code in ("nat", "offload", "capture-window", "clock-zone"):
        assert tell((finding(1, code, "info"),)).main is None
    assert main_of(finding(1, "nat", "info"), finding(2, "capture-loss", "warning")) == "capture-loss"
    assert main_of(finding(1, "nat", "info"), finding(2, "mss-clamped", "info")) == "mss-clamped"


def test_a_consequence_is_never_a_headline():
    """Contract: people see one story."""
    story = tell(flagship().findings)
    assert story.main.id == "f1"
    assert [one.id for one in story.consequences] == ["f2"]
    assert [one.id for one in story.others] == ["f3"]


def test_consequences_of_consequences_belong_to_the_story():
    story = tell(
        (
            finding(1, "syn-altered", "error"),
            finding(2, "loss", "error", caused_by="f1"),
            finding(3, "loss", "error", caused_by="f2"),
        )
    )
    assert [one.id for one in story.consequences] == ["f2", "f3"]


def test_a_cause_that_is_not_there_leaves_a_finding_on_its_own():
    assert main_of(finding(1, "loss", "error", caused_by="f9")) == "loss"


def test_a_circle_of_causes_ends():
    story = tell((finding(1, "loss", "error", caused_by="f2"), finding(2, "loss", "error", caused_by="f1")))
    assert story.main is None
    assert len(story.others) == 2


def test_every_code_has_the_word_of_the_catalogue():
    """The catalogue of findings is the policy; the report may not import it and repeats its words."""
    assert {code: headline(code) for code in CATALOGUE} == {code: row.headline for code, row in CATALOGUE.items()}
    assert headline("syn-ack-altered") == "ALTERED"
    assert headline("capture-loss") == "CAPTURE"
    assert headline("cannot-tell") == "CANNOT TELL"
