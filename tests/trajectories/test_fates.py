"""The whole stage: rows, order, and the flagship."""

from __future__ import annotations

import attrs

from correlate.model.trajectories import NO_DELAY
from tests.trajectories.build import ACK, PSH, RST, SYN, Seen, build, make_clocks
from tests.trajectories.judging import judge, verdicts

CLIENT, SERVER = 367515135, 2180033885
DELIVERED = ("delivered", "proven", "seen")


def flagship() -> list[Seen]:
    """Case 1: after an altered SYN-ACK the firewall forwards neither the ACK nor the ClientHello nor any resend."""

    def to_server(ms: float, crosses: bool, **more: int) -> Seen:
        return Seen(at=(ms, ms + 0.3, ms + 0.7 if crosses else None, ms + 8 if crosses else None), **more)

    def to_client(ms: float, **more: int) -> Seen:
        return Seen(at=(ms + 8.5, ms + 8.2, ms + 7.8, ms), out=False, **more)

    hello = {"seq": CLIENT + 1, "ack": SERVER + 3, "length": 127, "tcp_flags": ACK | PSH}
    synack = {"seq": SERVER, "ack": CLIENT + 1, "tcp_flags": SYN | ACK}
    return [
        to_server(0, True, seq=CLIENT, tcp_flags=SYN),
        to_client(8.1, **synack),
        to_server(17, False, seq=CLIENT + 1, ack=SERVER + 3),
        *[to_server(ms, False, **hello) for ms in (19, 335, 943, 2155)],
        to_client(3234, **synack),
        to_server(3243, False, seq=CLIENT + 1, ack=SERVER + 3),
        *[to_server(ms, False, **hello) for ms in (3362, 4562)],
        to_client(6040, seq=SERVER + 1, tcp_flags=RST),
    ]


def test_the_flagships_packets_are_refused_inside_the_firewall() -> None:
    """Seen at fw-int, never at fw-ext, answers cross meanwhile, resends fare the same (cases.md, case 1)."""
    seen = flagship()
    found = verdicts(build(seen, 4, offsets_ns=[0, -643 * 10**9, -643 * 10**9, 5 * 10**9]))
    refused = [2, 3, 4, 5, 6, 8, 9, 10]
    for index in refused:
        assert found[index] == [(0, *DELIVERED), (1, "lost", "likely", "rejected")]
    for index in set(range(len(seen))) - set(refused):
        hops = [0, 1, 2] if seen[index].out else [2, 1, 0]
        assert found[index] == [(hop, *DELIVERED) for hop in hops]


def test_without_the_server_capture_the_flagship_stands() -> None:
    """Three vantages suffice for the hop inside the firewall."""
    seen = [attrs.evolve(packet, at=packet.at[:3]) for packet in flagship()]
    found = verdicts(build(seen, 3))
    assert found[2][-1] == (1, "lost", "likely", "rejected")


def test_seen_beyond_is_not_captured_and_then_delivered_without_delay() -> None:
    """Seen at A and C but not at B: A>B not_captured, B>C delivered with null delay (contract)."""
    world = build([Seen(at=(0, 1, 2)), Seen(at=(3, None, 5)), Seen(at=(8, 9, 10))], 3)
    _, fates = judge(world)
    assert verdicts(world)[1] == [(0, "not_captured", "proven", "seen-beyond"), (1, *DELIVERED)]
    assert fates.owd_ns[3] == NO_DELAY
    assert fates.owd_ns[4] != NO_DELAY


def test_a_capture_that_had_not_begun_missed_nothing() -> None:
    """Rule 1 comes before rule 3: what passed before the first frame there is outside its window."""
    world = build([Seen(at=(0, None, 2)), Seen(at=(5, 6, 7))], 3)
    assert verdicts(world)[0] == [(0, "not_captured", "proven", "window"), (1, *DELIVERED)]


def test_rows_come_by_packet_and_in_order_of_travel() -> None:
    """Hops of a reverse packet count down."""
    world = build([Seen(at=(0, 1, 2)), Seen(at=(8, 7, 6), out=False)], 3)
    _, fates = judge(world)
    assert list(zip(fates.packet.tolist(), fates.hop.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 1), (1, 0)]


def test_an_unknown_direction_has_no_way_and_no_rows() -> None:
    """Which hops a packet should have taken is unknown."""
    assert verdicts(build([Seen(at=(0, None))], 2, initiators={0: 0})) == {0: []}


def test_one_vantage_has_no_hops() -> None:
    """One vantage is allowed: no hops (contract)."""
    assert verdicts(build([Seen(at=(0,))], 1)) == {0: []}


def test_nothing_is_lost_where_the_clocks_are_unknown() -> None:
    """Without a clock the far capture may not have been running."""
    world = build(flagship(), 4)
    found = verdicts(attrs.evolve(world, clocks=make_clocks([0] * 4, (0, 1, 2, 3), None)))
    assert {verdict.fate for rows in found.values() for verdict in rows} == {"delivered", "ambiguous"}
    assert found[2][1] == (1, "ambiguous", "inconclusive", "unaligned")


def test_ambiguity_never_becomes_proof() -> None:
    """``is_ambiguous`` never feeds a proven claim (model)."""
    found = verdicts(build([Seen(at=(0, None, 2), ambiguous=True)], 3))
    assert {verdict.grade for verdict in found[0]} == {"likely"}


def test_a_capture_that_shows_one_direction_only_missed_nothing_of_the_other() -> None:
    """Innocent world 2696: flows of one query each, none of which the tap on one fibre could hold."""
    seen = [
        packet
        for flow in range(6)
        for packet in (
            Seen(at=(10 * flow, None, 10 * flow + 2), flow=flow, proto=17, length=40),
            Seen(at=(10 * flow + 6, 10 * flow + 5, 10 * flow + 4), flow=flow, proto=17, length=90, out=False),
        )
    ]
    queries = [
        one
        for index, found in verdicts(build(seen, 3, window_ms={1: (-50, 500)})).items()
        if seen[index].out
        for one in found
    ]
    assert {(one.fate, one.reason) for one in queries if one.hop == 0} == {("not_captured", "bypass")}
