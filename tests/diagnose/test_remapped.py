"""``diagnose.remapped``: another mapping after a silence."""

from __future__ import annotations

import attrs
import numpy as np

from correlate.diagnose.remapped import find_remapped_flows
from correlate.diagnose.view import View
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import chain
from tests.netsim.boxes import Nat
from tests.report.runs import run

SET = "idle-new-mapping"


def found_in(correlation):
    def fetch(_vantage, rows):
        return [b""] * len(rows)

    return list(find_remapped_flows(View(run=correlation, fetch=fetch)))


def test_a_flow_that_gets_another_port_after_a_silence_is_told_with_both() -> None:
    """Both frames on both sides are at hand: proven."""
    (one,) = found_in(run(SET))
    assert (one.hop, one.direction, one.grade, len(one.flows)) == (("client", "wan"), "forward", "proven", 4)
    assert "198.51.100.9 port 20100 at wan before and is 198.51.100.9 port 47900 after" in one.explanation
    assert {ref.vantage for ref in one.evidence} == {"client", "wan"}


def without(correlation, packets: np.ndarray):
    """Return the run as if these packets had been seen nowhere."""
    rows = correlation.trajectories.rows.copy()
    rows[packets] = -1
    return attrs.evolve(correlation, trajectories=attrs.evolve(correlation.trajectories, rows=rows))


def test_a_mapping_that_nobody_resets_did_no_harm() -> None:
    """A load balancer may share its state with another."""
    correlation = run(SET)
    view = View(run=correlation, fetch=lambda _vantage, rows: [b""] * len(rows))
    assert found_in(without(correlation, np.flatnonzero((view.tcp_flags & 4) != 0))) == []


def test_ordinary_translation_loses_no_state() -> None:
    assert "nat-state-lost" not in outcome(chain(3, loads=SMALL).with_hop(0, boxes=[Nat()])).codes
