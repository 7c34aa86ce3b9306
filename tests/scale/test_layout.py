"""What is cut where: every part that may hold what is asked for is asked, others are not."""

from __future__ import annotations

import attrs
import pytest

from correlate.errors import UsageError
from correlate.focus import Focus
from correlate.scale.layout import lay_out
from correlate.scale.survey import survey

FLOW = "tcp,192.0.2.1:1,192.0.2.2:2"


@pytest.fixture
def layout(small, monkeypatch):
    monkeypatch.setattr("correlate.scale.survey.CHUNK_BYTES", 1 << 12)
    return lay_out({name: survey(paths) for name, paths in small.items()}, 100)


def test_parts_cover_all_time_and_nothing_asked_wants_all(layout) -> None:
    assert len(layout.parts) == len(layout.own) > 3
    assert all(one[1] == other[0] for one, other in zip(layout.own, layout.own[1:], strict=False))
    assert layout.asked(Focus(), "client") == (Focus(), list(range(len(layout.parts))))


def test_a_flow_that_nobody_holds_is_refused(layout) -> None:
    everything = list(range(len(layout.parts)))
    assert layout.holding(None, everything) == everything
    with pytest.raises(UsageError, match="no capture holds this flow"):
        layout.holding(FLOW, everything)


def test_a_survey_that_knows_of_no_flows_denies_none(layout) -> None:
    blind = {name: attrs.evolve(one, flows=None) for name, one in layout.surveys.items()}
    everything = list(range(len(layout.parts)))
    assert attrs.evolve(layout, surveys=blind).holding(FLOW, everything) == everything
