"""``diagnose.fragment``: one lost fragment is told with the datagram that died of it."""

from __future__ import annotations

from tests.diagnose.sets import outcome_of_set


def test_the_lost_fragment_and_the_complaint_are_cited() -> None:
    """Case 10: two of three fragments arrive, the receiver says so after 60 s."""
    one = outcome_of_set("fragment-lost").only("fragment-lost")
    assert (one.hop, one.direction, one.quantity, one.severity) == (("client", "server"), "forward", 2, "error")
    assert "2 datagrams died whole" in one.title
    assert any("never arrived" in ref.note for ref in one.evidence)


def test_whole_datagrams_in_fragments_are_no_loss() -> None:
    """Case 10: pings of 2048 bytes."""
    assert outcome_of_set("fragmented-ping").codes == {"clean"}
