"""Fates, grades and reasons are public words; a delivered packet is no reason to look further."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import correlate.report
from correlate.model.trajectories import Fate, FateGrade, Reason

SCHEMA = Path(correlate.report.__file__).parent / "report.schema.json"


def test_fates_and_grades_are_the_words_of_the_contract():
    words = ["delivered", "lost", "not_captured", "absorbed", "originated", "ambiguous"]
    assert [fate.code for fate in Fate] == words
    assert [grade.code for grade in FateGrade] == ["proven", "likely", "inconclusive"]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_listed_in_the_schema(reason):
    """Contract: ``reason`` is a code, listed in the JSON Schema."""
    assert reason.code.islower()
    assert f'"{reason.code}"' in json.dumps(json.loads(SCHEMA.read_text(encoding="utf-8")))
