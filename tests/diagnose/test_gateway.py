"""``diagnose.gateway``: content that grew and numbers that follow are one story; renumbering and faults are others."""

from __future__ import annotations

from tests.diagnose.boxes import Gateway
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import chain
from tests.netsim.boxes import IsnRewrite, PayloadEdit


def test_a_gateway_is_told_as_one() -> None:
    """Six bytes more in the first answer, six more in every number after it."""
    done = outcome(chain(3, loads=SMALL).with_hop(1, boxes=[Gateway()]))
    assert {(one.hop, one.severity) for one in done.of("alg-rewrite")} == {(("firewall", "server"), "info")}
    assert not {"payload-altered", "isn-rewritten", "loss"} & done.codes


def test_renumbering_and_edits_of_equal_length_stay_what_they_are() -> None:
    """No length changes, or no number does."""
    assert "alg-rewrite" not in outcome(chain(3, loads=SMALL).with_hop(1, boxes=[IsnRewrite()])).codes
    done = outcome(chain(3, loads=SMALL).with_hop(1, boxes=[PayloadEdit(share=0.5)]))
    assert "payload-altered" in done.codes
    assert "alg-rewrite" not in done.codes
