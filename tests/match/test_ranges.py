"""Segments cut differently."""

import numpy as np

from correlate.model.matches import Tier
from tests.match.crafting import CLIENT, MS, NAT, SERVER, ip4, later, table, talk, tcp, udp
from tests.match.loading import match

PAYLOAD = bytes(k * 37 % 251 for k in range(2580))
SEQ = 77_000_001


def segment(start, end, *, dst=CLIENT, port=50000, ident=0, at=60 * MS, shift=0):
    return at, tcp(
        SERVER, dst, 443, port, seq=SEQ + start + shift, ack=900_000_001, flags=24, data=PAYLOAD[start:end], ident=ident
    )


def run(*captures):
    tables = [table(sorted(frames, key=lambda record: record[0])) for frames in captures]
    found, joined = match(tables)
    assert len(joined) == 1
    cut = found.rows[found.tier == Tier.RANGE]
    frames = [
        [int(t.columns.frame[r]) if r >= 0 else 0 for t, r in zip(tables, row, strict=True)] for row in cut.tolist()
    ]
    return found, sorted(frames)


def base(**more):
    return talk(isn=(900_000_000, 77_000_000), rounds=0, **more)


def test_one_frame_of_2580_bytes_is_1460_and_1120_elsewhere():
    """Case 3: segmentation offload; the frame stands at both packets."""
    up = [*base(), segment(0, 2580)]
    down = [
        *base(src=NAT, sport=61000),
        segment(0, 1460, dst=NAT, port=61000),
        segment(1460, 2580, dst=NAT, port=61000),
    ]
    found, cut = run(up, later(down, 10**15))
    assert cut == [[4, 4], [4, 5]]
    assert len(found) == 5


def test_cuts_that_do_not_nest_make_the_finest_pieces():
    """TSO here, GRO there: neither side holds the wire's cut."""
    up = [*base(), segment(0, 1000), segment(1000, 2580)]
    down = [*base(), segment(0, 1800), segment(1800, 2580)]
    _, cut = run(up, later(down, MS))
    assert cut == [[4, 4], [5, 4], [5, 5]]


def test_a_lost_piece_stays_a_packet_of_one_vantage():
    """Bytes without a counterpart are not forgotten."""
    found, cut = run([*base(), segment(0, 2580)], later([*base(), segment(0, 1460)], MS))
    assert cut == [[4, 4]]
    rest = found.rows[(found.tier == Tier.ALONE)]
    assert rest.tolist() == [[3, -1]]


def test_an_arrival_takes_the_copy_that_was_sent_for_it():
    """The first sending was lost whole; the second, half a second later, arrived in pieces."""
    up = [*base(), segment(0, 2580), segment(0, 2580, at=560 * MS, ident=7)]
    down = [*base(), segment(0, 1460, at=560 * MS), segment(1460, 2580, at=560 * MS)]
    _, cut = run(up, later(down, MS))
    assert cut == [[5, 4], [5, 5]]


def test_a_super_segment_at_both_ends_is_as_many_packets_as_between_them():
    """Three vantages: offload at both hosts, wire in the middle; numbers wrap and one side counts otherwise."""
    wire = [*base(), segment(0, 1460), segment(1460, 2580)]
    found, cut = run([*base(), segment(0, 2580)], later(wire, MS), later([*base(), segment(0, 2580)], 2 * MS))
    assert cut == [[4, 4, 4], [4, 5, 4]]
    assert np.all(found.rows >= 0)


def test_fragments_here_and_the_whole_datagram_there_are_one_packet_per_fragment():
    """RFC 791: the first fragment alone knows ports; the later ones are known by their place in the datagram."""
    whole = udp(SERVER, CLIENT, 53, 4000, PAYLOAD, ident=77)
    body = whole[34:]
    parts = [
        ip4(SERVER, CLIENT, 17, body[at : at + 1480], ident=77, frag=at // 8 | (0x2000 if at + 1480 < len(body) else 0))
        for at in range(0, len(body), 1480)
    ]
    up = [*talk(), (60 * MS, whole)]
    down = [*talk(), *((60 * MS + k, part) for k, part in enumerate(parts))]
    tables = [table(up), table(later(down, MS))]
    found, _ = match(tables)
    cut = found.rows[found.tier == Tier.RANGE].tolist()
    assert sorted(cut) == [[9, 9], [9, 10]]


def test_a_datagram_of_another_length_is_no_other_cut():
    """Same identification, neither side holds a fragment: an edit, if anything."""
    frames = [[*talk(), (60 * MS, udp(SERVER, CLIENT, 53, 4000, PAYLOAD[:n], ident=77))] for n in (90, 60)]
    found, _ = match([table(part) for part in frames])
    assert not (found.tier == Tier.RANGE).any()


def test_repeats_of_one_range_without_end_cost_no_square():
    """Hostile input: the kernel's patience is bounded."""
    up = [*base(), *(segment(0, 1200, at=(60 + k) * MS, ident=k + 1) for k in range(3000))]
    down = [*base(), *(segment(100, 900, at=(60 + k) * MS, ident=k + 5000) for k in range(3000))]
    found, _ = match([table(up), table(later(down, MS))])
    assert np.all(np.bincount(found.rows[found.rows[:, 1] >= 0, 1]) <= 2)
