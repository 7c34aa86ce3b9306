"""``diagnose.filtering``: whole hosts that a capture leaves out are a filter, single packets never."""

from __future__ import annotations

from tests.diagnose.sets import outcome_of_set
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import chain
from tests.netsim.boxes import Nat


def test_hosts_removed_afterwards_are_a_filter_and_no_loss() -> None:
    """Case 10: six of ten hosts are not in the server's own capture, which answers them."""
    done = outcome_of_set("filtered-after-the-fact")
    one = done.only("capture-filtered")
    assert (one.vantage, one.severity, one.grade) == ("server", "info", "likely")
    assert "nothing of 6 hosts" in one.title
    assert done.accusations == []


def test_missing_packets_and_other_hosts_conversations_are_no_filter() -> None:
    """A flow of which some packets are there is not left out; NAT hides hosts without leaving them out."""
    assert "capture-filtered" not in outcome(chain(3, loads=SMALL).with_tap(1, miss=0.3)).codes
    assert "capture-filtered" not in outcome(chain(3, loads=SMALL).with_hop(1, boxes=[Nat()])).codes
