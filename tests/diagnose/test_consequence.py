"""``diagnose.consequence``: what a changed packet made its receiver say."""

from __future__ import annotations

from correlate.diagnose.consequence import packets_misled_by, tell_consequences
from tests.diagnose.worlds import MS, SMALL, outcome
from tests.netsim import chain
from tests.netsim.boxes import AckCheck, IsnRewrite, Nat, PayloadEdit, SynAckPad

STORY = chain(4, loads=SMALL).with_hop(0, boxes=[SynAckPad()]).with_hop(1, boxes=[Nat(), AckCheck()])


def test_the_loss_of_misled_packets_names_the_altered_packet_as_its_cause() -> None:
    """cases.md, case 1: padding became payload, the client acknowledged it, the firewall refused the client."""
    done = outcome(STORY)
    cause, [loss] = done.only("syn-ack-altered"), [one for one in done.of("loss") if one.caused_by]
    assert (loss.caused_by, loss.hop, loss.direction) == (cause.id, ("fw-int", "fw-ext"), "forward")
    assert "which nobody sent" in cause.explanation
    assert "seen at fw-int and never at fw-ext" in cause.explanation


def test_misled_packets_acknowledge_more_than_was_sent() -> None:
    """Each carries the acknowledgement due for the packet as it arrived."""
    done = outcome(STORY)
    view = done.view()
    cause = done.only("syn-ack-altered")
    misled = packets_misled_by(view, cause)
    assert len(misled)
    truth = done.sim.truth
    for packet in misled[:50].tolist():
        tid = done.transmission(view.refs([packet])[0])
        assert truth.forward[tid]
        assert truth.lost_hop[tid] in (1, -9)


def test_numbers_are_compared_where_they_are_spoken() -> None:
    """Beyond a box that shifts sequence numbers the same acknowledgement has another number."""
    world = chain(4, loads=SMALL).with_hop(0, boxes=[IsnRewrite(), SynAckPad()]).with_hop(1, boxes=[Nat(), AckCheck()])
    done = outcome(world)
    assert [one.code for one in done.findings if one.caused_by] == ["loss"]


def test_loss_without_such_packets_has_no_cause() -> None:
    """An altered payload of equal length misleads no receiver."""
    world = chain(3, loads=SMALL).with_hop(1, boxes=[PayloadEdit(share=0.5)], both={"loss": 0.03})
    done = outcome(world)
    assert done.of("payload-altered")
    assert all(one.caused_by is None for one in done.findings)


def test_findings_without_a_possible_cause_stay_as_they_are() -> None:
    """The step adds links and words, never findings."""
    done = outcome(chain(3, loads=SMALL).with_hop(1, reverse={"extra": ((0, 10**9, 300 * MS),)}))
    assert tell_consequences(done.view(), done.findings) == list(done.findings)
