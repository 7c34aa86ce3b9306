"""A black hole for large packets."""

from __future__ import annotations

import attrs

from tests.trajectories.build import SYN, Seen, build
from tests.trajectories.judging import Verdict, verdicts


def black_hole(flows: int = 6, sendings: int = 4) -> list[Seen]:
    """Handshakes and small requests cross and are acknowledged; the 1,460 bytes after them never do."""
    seen: list[Seen] = []
    for flow in range(flows):
        at = 5.0 * flow
        seen.append(Seen(at=(at, at + 1), flow=flow, seq=99, tcp_flags=SYN))
        seen.append(Seen(at=(at + 3, at + 2), flow=flow, out=False, seq=1, ack=100, tcp_flags=SYN | 16))
        seen.append(Seen(at=(at + 4, at + 5), flow=flow, seq=100, ack=2, length=60))
        seen.append(Seen(at=(at + 7, at + 6), flow=flow, out=False, seq=2, ack=160))
        seen += [Seen(at=(at + 8 + 40 * n, None), flow=flow, seq=160, ack=2, length=1460) for n in range(sendings)]
        seen += [Seen(at=(start + at, start + at + 1), flow=flow, seq=160, ack=2) for start in (60, 300)]
    return seen


def _large(seen: list[Seen]) -> set[Verdict]:
    found = verdicts(build(seen, 2))
    return {found[i][0] for i, one in enumerate(seen) if one.length == 1460 and one.at[1] is None}


def _fates(seen: list[Seen]) -> set[str]:
    return {verdict.fate for verdict in _large(seen)}


def test_what_is_larger_than_anything_that_crosses_and_never_arrives_is_lost() -> None:
    """Six segments, four sendings each, 30 small packets cross meanwhile: a capture does not miss by size (RFC 2923)."""
    assert _large(black_hole()) == {(0, "lost", "likely", "size")}


def test_one_large_packet_that_crosses_speaks_against_it() -> None:
    """Then the size is not what decides."""
    seen = [*black_hole(), Seen(at=(50, 51), flow=2, seq=5000, ack=2, length=1460)]
    assert _fates(seen) == {"ambiguous"}


def test_a_capture_that_missed_a_packet_of_that_size_is_not_believed() -> None:
    """One such packet of other hosts was acknowledged though the far vantage lacks it."""
    seen = black_hole()
    other = [attrs.evolve(packet, flow=6) for packet in seen if packet.flow == 0 and packet.length < 1460]
    other.append(Seen(at=(12, None), flow=6, seq=160, ack=2, length=1460))
    other.append(Seen(at=(15, 14), flow=6, out=False, seq=2, ack=1620))
    found = verdicts(build([*seen, *other], 2, hosts={6: (8, 9)}))
    assert {found[i][0].fate for i, one in enumerate(seen) if one.at[1] is None} == {"ambiguous"}


def test_where_small_packets_die_as_well_it_is_not_for_their_size() -> None:
    """Found by the scoreboard: a firewall that rejects wrong acknowledgements passes SYNs and kills all sizes."""
    seen = black_hole()
    seen += [Seen(at=(20 + 3 * n, None), flow=n % 6, seq=160, ack=2) for n in range(12)]
    assert (0, "lost", "likely", "size") not in _large(seen)


def test_few_segments_or_few_small_packets_decide_nothing() -> None:
    """Three segments and twenty small packets at least."""
    assert _fates(black_hole(flows=2)) == {"ambiguous"}
    assert _fates(black_hole(flows=4)) == {"ambiguous"}
    quiet = [packet for packet in black_hole() if packet.length != 60 and packet.ack != 160]
    assert _fates(quiet) == {"ambiguous"}


def test_what_was_sent_once_may_be_waiting_for_its_acknowledgement() -> None:
    """Only segments that were sent again count."""
    assert "lost" not in _fates(black_hole(sendings=1))


def test_where_the_hole_is_proven_what_was_sent_once_fell_into_it_too() -> None:
    """Found in the lab: a sender sends only the first of ten segments again. A smaller one that was sent once stays open."""
    once = Seen(at=(9, None), flow=0, seq=1620, ack=2, length=1460)
    smaller = Seen(at=(9.5, None), flow=0, seq=3080, ack=2, length=700)
    seen = [*black_hole(), once, smaller]
    found = verdicts(build(seen, 2))
    assert found[len(seen) - 2] == [(0, "lost", "likely", "size")]
    assert found[len(seen) - 1][0].fate != "lost"
    few = [*black_hole(flows=2), once]
    assert verdicts(build(few, 2))[len(few) - 1][0].fate == "ambiguous"
