"""The verdict in one word, one sentence, one paragraph."""

import attrs

from correlate.report.summary import is_empty, summary_of, title_of
from correlate.report.verdict import tell
from tests.report.builder import flagship, strangers
from tests.report.runs import run


def summary(found):
    return summary_of(found, tell(found.findings))


def test_the_main_finding_speaks():
    found = summary(run("syn-ack-altered"))
    assert (found.word, found.grade) == ("ALTERED", "proven")
    assert found.title == "2 SYN-ACKs changed between fw-int and client"


def test_no_finding_is_told_as_such():
    assert summary(attrs.evolve(flagship(), findings=())).word == "CANNOT TELL"
    assert not is_empty(flagship())
    assert not is_empty(strangers())


def test_a_title_without_its_hop_gets_it():
    finding = attrs.evolve(run("syn-ack-altered").findings[0], title="Odd\x1b", hop=("a", "b"))
    assert title_of(finding) == "Odd\\x1b [a>b]"
