"""What the receiver's own acknowledgements say of a packet that the capture beside it lacks."""

from __future__ import annotations

from typing import Any

import attrs

from tests.trajectories.build import Seen, build
from tests.trajectories.judging import Verdict, verdicts
from tests.trajectories.test_rules import index_of, transfer


def beside(seen: list[Seen]) -> list[Seen]:
    """Answers leave the far vantage with the TTL their host gave them."""
    return [attrs.evolve(packet, ttl=(60, 60) if packet.out else (63, 64)) for packet in seen]


def first(seen: list[Seen], seq: int, **options: Any) -> Verdict:
    return verdicts(build(seen, 2, **options))[index_of(seen, seq=seq)][0]


def test_a_packet_the_receiver_asked_for_until_it_was_resent_died_on_the_last_hop() -> None:
    """Nothing lies beyond the receiver's host, and a miss of the capture would not stop it acknowledging."""
    assert first(beside(transfer(12, lost=4)), 1400) == (0, "lost", "likely", "sack-hole")
    assert first(beside(transfer(12, lost=4, echo=False)), 1400) == (0, "lost", "likely", "ack-hole")
    assert first(beside(transfer(12, lost=4)), 1400, dropped=0) == (0, "lost", "proven", "sack-hole")


def test_elsewhere_than_beside_the_receiver_it_may_have_died_beyond() -> None:
    """A router decremented the answers' TTL, unless the user says that it is the host."""
    seen = transfer(12, lost=4)
    assert first(seen, 1400).fate == "ambiguous"
    assert first(seen, 1400, kinds={1: "end-host"}).fate == "lost"


def test_an_acknowledgement_that_died_on_its_way_back_still_excuses_the_hop() -> None:
    """The far capture missed the packet, its acknowledgements were lost: the receiver's side shows that it had it."""
    seen = transfer(12, lost=4)
    resend = max(i for i, packet in enumerate(seen) if packet.seq == 1400)
    for packet in seen[:resend]:
        if not packet.out and packet.at[1] > seen[index_of(seen, seq=1400)].at[0]:
            packet.at, packet.sack = (None, packet.at[1]), None
            packet.ack = 1400 + 100 * round((packet.at[1] - 42) / 10)
    assert first(beside(seen), 1400).fate == "ambiguous"


def test_without_a_later_arrival_silence_is_no_question() -> None:
    """The last segment of all, resent on time-out: the acknowledgements before it were sent before it could arrive."""
    seen = transfer(5, missed=4, answers=True)[:-1]
    seen.append(Seen(at=(250, 251), seq=1400, length=100, ack=1))
    seen.append(Seen(at=(254, 253), out=False, seq=1, ack=1500))
    assert first(beside(seen), 1400).fate == "ambiguous"


def test_a_resend_that_dies_as_well_is_followed_to_the_next() -> None:
    """Both are lost; the third sending comes in."""
    seen = transfer(12, lost=4)
    resend = max(i for i, packet in enumerate(seen) if packet.seq == 1400)
    again = attrs.evolve(seen[resend], at=(seen[resend].at[0] - 13, None))
    found = verdicts(build(beside([*seen, again]), 2))
    assert [found[index][0].fate for index in (index_of(seen, seq=1400), len(seen))] == ["lost", "lost"]


def test_a_packet_that_died_after_the_last_capture_lifts_the_certainty() -> None:
    """The capture holds it and the receiver asks for it all the same: something lies beyond."""
    seen = transfer(12, lost=4)
    other = [attrs.evolve(packet, flow=1) for packet in transfer(12, lost=4)]
    held = index_of(other, seq=1400)
    other[held] = attrs.evolve(other[held], at=(other[held].at[0], other[held].at[0] + 1))
    assert first(beside([*seen, *other]), 1400).fate == "ambiguous"
