"""Each rule for absent packets, on the smallest world that needs it."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from correlate.model.packets import StopReason
from correlate.trajectories.rules import (
    RULES,
    blocked,
    by_rate,
    ended,
    outside_window,
    receiver_waited,
    refused,
    sent_again,
)
from tests.trajectories.build import SYN, Seen, World, build
from tests.trajectories.judging import Verdict, verdicts


def transfer(count: int, *, lost: int = -1, missed: int = -1, echo: bool = True, answers: bool = True) -> list[Seen]:
    """A client sends ``count`` segments of 100 bytes; ``lost`` is sent again later, ``missed`` only lacks at the far end.

    Every segment is acknowledged, the lost one after its resend; with ``echo`` by SACK until then.
    """
    seen: list[Seen] = [Seen(at=(0.0, 1.0), seq=999, tcp_flags=SYN), Seen(at=(3.0, 2.0), out=False, ack=1000)]
    received = 1000
    for n in range(count):
        at, seq = 10.0 + 10 * n, 1000 + 100 * n
        seen.append(Seen(at=(at, None if n in (lost, missed) else at + 1), seq=seq, length=100, ack=1))
        if n != lost and received == seq:
            received = seq + 100
        if n == lost + 3 and lost >= 0:
            seen.append(Seen(at=(at + 4, at + 5), seq=1000 + 100 * lost, length=100, ack=1))
            received = seq + 100
            at += 4
        hole = echo and n > lost >= 0 and received <= seq
        sack = (1000 + 100 * (lost + 1), seq + 100) if hole else None
        if answers and n != lost:
            seen.append(Seen(at=(at + 3, at + 2), out=False, seq=1, ack=received, sack=sack))
    return seen


def only(world: World, index: int) -> Verdict:
    (verdict,) = verdicts(world)[index]
    return verdict


def index_of(seen: list[Seen], **wanted: Any) -> int:
    return next(i for i, s in enumerate(seen) if all(getattr(s, key) == value for key, value in wanted.items()))


def test_what_excuses_a_hop_stands_above_what_accuses_it() -> None:
    """Order is meaning (algorithms section 3)."""
    accusing = [blocked, refused, receiver_waited, sent_again, by_rate]
    assert RULES[:2] == (ended, outside_window), "what a proxy takes and what no capture could hold comes first"
    assert [rule for rule in RULES if rule in accusing] == accusing
    assert RULES.index(refused) > max(RULES.index(rule) for rule in RULES if rule.__name__ in ("twin", "unplaceable"))


def test_a_miss_at_the_far_vantage_is_never_lost() -> None:
    """Acknowledged without a resend: the receiver has it (rule 4)."""
    seen = transfer(12, missed=4)
    index = index_of(seen, seq=1400)
    assert only(build(seen, 2), index) == (0, "not_captured", "likely", "acked-from-beyond")
    assert only(build(seen, 2, dropped=0), index) == (0, "not_captured", "proven", "acked-from-beyond")


def test_a_sack_hole_and_complete_counters_prove_the_loss_on_the_hop() -> None:
    """The receiver waited for it and the far capture counted no drops (rule 8)."""
    seen = transfer(12, lost=4)
    index = index_of(seen, seq=1400)
    assert only(build(seen, 2, dropped=0), index) == (0, "lost", "proven", "sack-hole")


def test_a_hole_alone_does_not_place_the_loss_on_the_hop() -> None:
    """Lost on the span, but a capture of a dozen packets may have missed it: ambiguous with the hole as reason."""
    seen = transfer(12, lost=4)
    assert only(build(seen, 2), index_of(seen, seq=1400)) == (0, "ambiguous", "inconclusive", "sack-hole")


def test_enough_traffic_makes_a_resent_packet_likely_lost() -> None:
    """Rule 11: local odds of 999:1."""
    seen = transfer(900, lost=50)
    for start in (200, 400, 600, 700, 800):
        extra = index_of(seen, seq=1000 + 100 * start)
        seen.append(attrs.evolve(seen[extra], at=(seen[extra].at[0] - 1, None)))
    found = verdicts(build(seen, 2))
    assert found[index_of(seen, seq=1000 + 100 * 50)][0].fate == "lost"
    assert [found[i][0].fate for i in range(len(seen) - 5, len(seen))] == ["lost"] * 5


def test_a_resend_without_a_hole_is_weaker() -> None:
    """Rule 9: spurious resends and lost acknowledgements look the same; never proven."""
    seen = transfer(12, lost=4, echo=False)
    index = index_of(seen, seq=1400)
    assert only(build(seen, 2), index).fate == "ambiguous"
    assert only(build(seen, 2, dropped=0), index)[1:3] in (("lost", "likely"), ("lost", "proven"))


def test_outside_the_window_is_not_the_networks_fault() -> None:
    """The home capture began before the provider's (README of the kurose capture)."""
    seen = transfer(12, missed=0)
    world = build(seen, 2, window_ms={1: (40, 500)})
    assert only(world, index_of(seen, seq=1000)) == (0, "not_captured", "likely", "window")


def test_a_recorded_filter_explains_a_missing_flow() -> None:
    """SCOPE needs positive evidence (rule 2)."""
    seen = [*transfer(12), Seen(at=(50, None), flow=1), Seen(at=(60, None), flow=1)]
    assert only(build(seen, 2, capture_filter="port 80"), len(seen) - 1) == (0, "not_captured", "likely", "filtered")


def test_cut_headers_make_absence_meaningless() -> None:
    """A capture cut before the transport header cannot be matched."""
    seen = transfer(12, lost=4)
    world = build(seen, 2)
    far = world.packets[1]
    cut = far.columns._replace(
        flags=np.zeros(len(far), np.uint32), stop=np.full(len(far), StopReason.CUT_BY_CAPTURE, np.uint8)
    )
    packets = [world.packets[0], attrs.evolve(far, columns=cut)]
    assert only(attrs.evolve(world, packets=packets), index_of(seen, seq=1400))[1:] == (
        "ambiguous",
        "inconclusive",
        "truncated",
    )


def _case_2(ports: int, retries: int, **changes: Any) -> tuple[World, int]:
    """``ports`` conversations cross between two hosts; one more port's SYNs do not."""
    seen = []
    for flow in range(ports):
        at = 10.0 * flow
        seen.append(Seen(at=(at, at + 1), flow=flow, seq=1, tcp_flags=SYN, ttl=(128, 127)))
        seen.append(Seen(at=(at + 3, at + 2), flow=flow, out=False, seq=1, ack=2, tcp_flags=SYN | 16, ttl=(127, 128)))
    first = len(seen)
    for n in range(retries):
        late = Seen(at=(5 + 20 * n, None), flow=ports, seq=7, tcp_flags=SYN, ttl=(128, 127))
        seen.append(late)
    return build(seen, 2, **changes), first


def test_a_blocked_port_is_lost_where_the_far_vantage_is_the_host() -> None:
    """Case 2: one 5-tuple suffices at the end host, told by its undecremented TTL (rules 0 and 10)."""
    world, first = _case_2(ports=25, retries=3)
    found = verdicts(world)
    assert [found[first + n] for n in range(3)] == [[(0, "lost", "likely", "flow-blocked")]] * 3


def test_one_lost_syn_is_not_a_blocked_port() -> None:
    """Retries of one 5-tuple are needed; a single SYN stays open (findings: against port-blocked)."""
    world, first = _case_2(ports=25, retries=1)
    assert only(world, first) == (0, "ambiguous", "inconclusive", "bypass")


def test_without_controls_a_dead_flow_may_have_taken_another_way() -> None:
    """Rule 0: no other flow of the two hosts crosses, so nothing says that this one should."""
    world, first = _case_2(ports=25, retries=3, hosts={25: (8, 9)})
    assert only(world, first) == (0, "not_captured", "inconclusive", "bypass")


def test_a_conversation_that_ends_on_the_hop_is_absorbed() -> None:
    """A whole conversation near, nothing beyond, controls cross: a box answered (rule 7)."""
    seen = []
    for flow in range(25):
        at = 10.0 * flow
        seen.append(Seen(at=(at, at + 1), flow=flow, seq=1, tcp_flags=SYN, ttl=(128, 127)))
        seen.append(Seen(at=(at + 3, at + 2), flow=flow, out=False, seq=1, ack=2, tcp_flags=SYN | 16, ttl=(127, 128)))
    seen.append(Seen(at=(55, None), flow=25, seq=7, tcp_flags=SYN))
    seen.append(Seen(at=(55.2, None), flow=25, out=False, seq=9, ack=8, tcp_flags=SYN | 16))
    found = verdicts(build(seen, 2))
    assert found[50] == [(0, "absorbed", "likely", "answered-on-hop")]
    assert found[51] == [(0, "originated", "likely", "born-on-hop")]


def test_an_icmp_error_that_quotes_it_ends_its_way() -> None:
    """Rule 6: absent beyond, answered here; from beyond it excuses the hop."""
    base = transfer(30)
    quoted = len(base)
    base.append(Seen(at=(155, None), seq=9000, length=10, ip_id=77))
    here = [*base, Seen(at=(156, None), out=False, proto=1)]
    world = build(here, 2, quotes=[(quoted + 1, 77)])
    assert only(world, quoted) == (0, "absorbed", "likely", "icmp-answered")
    beyond = [*base, Seen(at=(156, 155.5), out=False, proto=1)]
    assert only(build(beyond, 2, quotes=[(quoted + 1, 77)]), quoted) == (
        0,
        "not_captured",
        "likely",
        "acked-from-beyond",
    )


def test_an_answer_from_beyond_to_the_only_question_excuses_the_hop() -> None:
    """A DNS question whose answer crosses got there (rule 3)."""
    seen = [*transfer(12), Seen(at=(50, None), flow=1, proto=17), Seen(at=(53, 52), flow=1, proto=17, out=False)]
    assert only(build(seen, 2), len(seen) - 2) == (0, "not_captured", "likely", "acked-from-beyond")


def test_the_only_answer_is_not_excused_by_the_question_before_it() -> None:
    """A DNS answer that is lost on its way back: its question crossed, but that says nothing of the answer.

    Nor does a second question: one that was lost is asked again.
    """
    seen = [*transfer(12), Seen(at=(50, 51), flow=1, proto=17), Seen(at=(None, 52), flow=1, proto=17, out=False)]
    assert only(build(seen, 2), len(seen) - 1).fate != "not_captured"
    again = [*seen, Seen(at=(90, 91), flow=1, proto=17, content=1)]
    assert only(build(again, 2), len(seen) - 1).fate != "not_captured"


def test_udp_without_acknowledgement_stays_open_in_a_small_capture() -> None:
    """Rates of a dozen packets decide nothing (rule 11)."""
    seen = transfer(12)
    for n in range(9):
        seen.append(Seen(at=(20 + n, None if n == 4 else 21 + n), flow=1, proto=17, length=20))
    assert only(build(seen, 2), len(seen) - 5)[1:] == ("ambiguous", "inconclusive", "rate")


def test_udp_lost_before_a_complete_capture_is_likely_lost() -> None:
    """Counters present and zero, and no miss contradicts them."""
    seen = transfer(12)
    for n in range(9):
        seen.append(Seen(at=(20 + n, None if n == 4 else 21 + n), flow=1, proto=17, length=20))
    assert only(build(seen, 2, dropped=0), len(seen) - 5)[1:] == ("lost", "likely", "rate")
    assert only(build(seen, 2, dropped=3), len(seen) - 5)[1:] == ("ambiguous", "inconclusive", "drop-counter")


def test_an_unmatched_neighbour_beyond_forbids_an_accusation() -> None:
    """Rule 5: the bytes may have arrived in another cut that matching did not recognise."""
    seen = transfer(12, lost=4)
    seen.append(Seen(at=(None, 51.5), seq=1350, length=100, ack=1))
    assert only(build(seen, 2, dropped=0), index_of(seen, seq=1400))[1:] == ("ambiguous", "inconclusive", "offload")


def test_the_same_flow_acknowledged_without_ever_crossing_took_another_way() -> None:
    """One direction of the flow never shows at the far vantage, but its answers come from there."""
    seen = [attrs.evolve(packet, at=(packet.at[0], None)) if packet.out else packet for packet in transfer(6)]
    found = verdicts(build(seen, 2))
    assert found[index_of(seen, seq=1000)] == [(0, "not_captured", "likely", "bypass")]


def test_beyond_an_unseen_hop_a_loss_cannot_be_placed() -> None:
    """Absent at B and C with nothing known: no accusation against B>C (unplaceable)."""
    seen = [
        attrs.evolve(p, at=(*p.at, None if p.at[1] is None else p.at[1] + (0.4 if p.out else -0.4)))
        for p in transfer(40, lost=5)
    ]
    found = verdicts(build(seen, 3))
    assert [v.fate for v in found[index_of(seen, seq=1500)]] == ["ambiguous", "ambiguous"]
