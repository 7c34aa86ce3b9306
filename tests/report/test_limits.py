"""Lists in report.json stop at 1000 (contract)."""

import attrs

from correlate.model.frames import Problem
from correlate.report import report_json
from correlate.report.limits import LIMIT
from tests.report.builder import flagship


def test_a_long_list_is_cut_and_counted():
    problems = tuple(Problem(kind="odd", detail=str(number)) for number in range(LIMIT + 5))
    run = flagship(problems={1: problems})
    many = tuple(attrs.evolve(run.findings[0], id=f"f{number}") for number in range(LIMIT + 7))
    document = report_json(attrs.evolve(run, findings=many))
    assert len(document["vantages"][1]["problems"]) == LIMIT
    assert document["vantages"][1]["problems_count"] == LIMIT + 5
    assert len(document["findings"]) == LIMIT
    assert document["findings_count"] == LIMIT + 7
