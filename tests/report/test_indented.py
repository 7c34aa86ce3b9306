"""``report.indented``: the text that the standard encoder gives."""

from __future__ import annotations

import enum
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.report.document import report_json
from correlate.report.indented import json_text
from tests.report.builder import flagship

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


def standard(document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_any_document_is_as_the_standard_encoder_writes_it(document):
    """Quotes, controls, empty lists, numbers of any size."""
    assert json_text(document) == standard(document)


def test_a_report_is_as_the_standard_encoder_writes_it():
    """A whole one."""
    report = report_json(flagship())
    assert json_text(report) == standard(report)


def test_numbers_that_are_none_are_refused():
    """JSON has no NaN."""
    with pytest.raises(ValueError, match="JSON"):
        json_text({"a": [float("nan")]})


def test_values_of_other_types_are_left_to_the_standard_encoder():
    """A number that is an enumeration's is written as a number."""
    seven = enum.IntEnum("Seven", [("SEVEN", 7)]).SEVEN
    assert json.loads(json_text({"a": seven, "b": ()})) == {"a": 7, "b": []}
