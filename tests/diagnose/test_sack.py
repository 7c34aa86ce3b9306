"""``diagnose.sack``: blocks left in old numbers are told; a device that shifts both is not accused."""

from __future__ import annotations

from tests.diagnose.worlds import outcome
from tests.netsim import TcpLoad, chain
from tests.netsim.boxes import IsnRewrite

LOSSY = chain(3, loads=(TcpLoad(flows=12, response_bytes=(20_000, 60_000)),)).with_hop(1, both={"loss": 0.03})


def test_blocks_left_in_old_numbers_are_told_with_both_frames() -> None:
    """RFC 2018: a block is in the sender's numbers, as the acknowledgement is."""
    one = outcome(LOSSY.with_hop(0, boxes=[IsnRewrite(shifts_sack=False)])).only("sack-not-rewritten")
    assert (one.hop, one.direction, one.grade) == (("client", "firewall"), "forward", "proven")
    assert [ref.vantage for ref in one.evidence] == ["client", "firewall"]


def test_a_device_that_shifts_blocks_as_well_is_not_told() -> None:
    """Nor is a path that shifts nothing."""
    assert "sack-not-rewritten" not in outcome(LOSSY.with_hop(0, boxes=[IsnRewrite()])).codes
    assert "sack-not-rewritten" not in outcome(LOSSY).codes
