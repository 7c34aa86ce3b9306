"""From strict keys to loose ones, within one flow."""

import numpy as np
import pytest

from correlate.match.joins import join
from correlate.match.ladder import Known, climb
from correlate.match.numbering import unmoved
from correlate.match.pace import SurePairs
from correlate.model.matches import Tier
from tests.match.crafting import CLIENT, MS, SERVER, everything, later, no_habits, side_of, table, talk, tcp, udp

BIG = {"isn": (900_000_000, 77_000_000)}


def paired(up, down):
    """{frame of A: (frame of B, tier, is_ambiguous)}."""
    a, b = (everything(side_of(table(frames))) for frames in (up, down))
    blocks = 2 + 2 * (max(int(a.block.max()), int(b.block.max())) // 2)
    known = Known(
        habits=no_habits(blocks),
        pairs=SurePairs(np.zeros(0, np.int64), np.zeros(0), np.zeros(0)),
        numbering=unmoved(blocks),
        exact=join(a.exact, b.exact),
    )
    pairs = climb(a, b, known, with_altered=True)
    return {
        int(i) + 1: (int(j) + 1, Tier(t), bool(x))
        for i, j, t, x in zip(pairs.a, pairs.b, pairs.tier, pairs.is_ambiguous, strict=True)
    }


def changed(frames, at, **change):
    """The frames with frame ``at`` (1-based) made anew."""
    stamp, old = frames[at - 1]
    seq, ack = (int.from_bytes(old[k : k + 4], "big") for k in (38, 42))
    fields = {
        "seq": seq, "ack": ack, "flags": old[47], "data": old[54:], "window": int.from_bytes(old[48:50], "big"),
        "ident": int.from_bytes(old[18:20], "big"), "ttl": old[22],
    }  # fmt: skip
    ends = [".".join(map(str, old[k : k + 4])) for k in (26, 30)]
    ports = [int.from_bytes(old[k : k + 2], "big") for k in (34, 36)]
    return [*frames[: at - 1], (stamp, tcp(*ends, *ports, **{**fields, **change})), *frames[at:]]


def test_untouched_packets_are_exact():
    """Tier T0."""
    assert paired(talk(**BIG), later(talk(**BIG), MS)) == {k: (k, Tier.EXACT, False) for k in range(1, 10)}


def test_padding_that_became_payload_is_the_same_packet():
    """The flagship: a SYN-ACK gains two bytes, a RST six; all else is equal."""
    frames = [*talk(**BIG), (99 * MS, tcp(SERVER, CLIENT, 443, 50000, seq=77_000_400, flags=4, ident=1371))]
    down = changed(changed(frames, 2, data=b"\0\0"), 10, data=bytes(6))
    found = paired(frames, down)
    assert found[2] == (2, Tier.CONTENT, False)
    assert found[10] == (10, Tier.CONTENT, False)


@pytest.mark.parametrize(
    ("change", "tier"),
    [
        ({"window": 1}, Tier.TRANSFORMED),
        ({"data": b"x" * 54}, Tier.CONTENT),
        ({"seq": 5}, Tier.CONTENT),
        ({"ident": 0}, Tier.TRANSFORMED),
    ],
    ids=str,
)
def test_one_changed_component_at_a_time_is_bridged(change, tier):
    """Drop one component at a time: that finds mutants."""
    frames = talk(**BIG)
    assert len(frames[3][1][54:]) == len("request 0 of (900000000, 77000000)") * 2
    found = paired(frames, changed(frames, 4, **change))
    assert found[4][:2] == (4, tier)


def test_two_payloads_at_equal_numbers_without_ip_id_are_not_forced_together_when_recut():
    """A shorter segment whose rest follows is a new cut, not an alteration."""
    frames = talk(**BIG)
    stamp, whole = frames[3]
    data = whole[54:]
    seq = int.from_bytes(whole[38:42], "big")
    half = tcp(CLIENT, SERVER, 50000, 443, seq=seq, ack=77_000_001, flags=24, data=data[:30], ident=102)
    rest = tcp(CLIENT, SERVER, 50000, 443, seq=seq + 30, ack=77_000_001, flags=24, data=data[30:], ident=102)
    found = paired(frames, [*frames[:3], (stamp, half), (stamp, rest), *frames[4:]])
    assert 4 not in found


def test_identical_keep_alives_pair_in_order_and_the_lost_one_stays_alone():
    """RFC 9293 section 3.8.4: one byte below the window, again and again."""
    live = [(k * 1000 * MS, tcp(CLIENT, SERVER, 50000, 443, seq=900_000_000, ack=77_000_001)) for k in range(1, 7)]
    up = [*talk(**BIG), *live]
    found = paired(up, [*talk(**BIG), *live[:2], *live[3:]])
    assert [found.get(k, (0,))[0] for k in range(10, 16)] == [10, 11, 0, 12, 13, 14]
    assert {found[k][1] for k in (10, 11, 13, 14, 15)} == {Tier.ORDER}


def test_another_ip_id_is_another_transmission():
    """Linux gives retransmissions new IDs; the flow shows that IDs pass unchanged."""
    frames = talk(**BIG)
    assert 4 not in paired(frames, changed(frames, 4, ident=4242))


def test_ip_ids_rewritten_for_the_whole_flow_do_not_matter():
    """A scrubber treats every packet."""
    down = talk(**BIG)
    for at in (1, 3, 4, 5, 6, 7, 8, 9):
        down = changed(down, at, ident=30_000 - 7 * at)
    found = paired(talk(**BIG), down)
    assert {k: v[0] for k, v in found.items()} == {k: k for k in range(1, 10)}


def test_acknowledgements_of_a_connection_that_a_proxy_may_end_prove_nothing():
    """The SYN proxy trap (algorithms section 2): its SYN-ACK is not the server's."""
    down = talk(isn=(900_000_000, 50_000_000))
    for at in range(1, 10):
        down = changed(down, at, ident=0, data=talk(**BIG)[at - 1][1][54:])
    found = paired(talk(**BIG), down)
    assert {k: v[2] for k, v in found.items()} == {k: k < 4 for k in range(1, 10)}


def test_altered_datagrams_need_their_ip_id_or_to_be_all_there_is():
    """Without numbers, two different payloads are two datagrams."""
    plain = [(k * 20 * MS, udp(CLIENT, SERVER, 5, 6, f"sample {k} of the stream".encode())) for k in range(6)]
    other = (60 * MS, udp(CLIENT, SERVER, 5, 6, b"sample X of the stream"))
    found = paired(plain[:3] + plain[4:], [*plain[:2], other, *plain[4:]])
    assert 3 not in found


def test_the_only_datagram_of_each_direction_may_be_altered():
    """A query and its answer: with nothing beside it, the changed answer is the answer."""
    query = (0, udp(CLIENT, SERVER, 5, 6, b"what is the address of this host"))
    answers = [(20 * MS, udp(SERVER, CLIENT, 6, 5, text)) for text in (b"it is 192.0.2.1", b"it is 192.0.2.9")]
    assert paired([query, answers[0]], [query, answers[1]])[2][:2] == (2, Tier.CONTENT)


def test_datagrams_of_a_stream_seen_in_turns_stay_apart():
    """Without IP IDs, neighbours of equal length are no alterations of each other, however many each side holds."""
    stream = [(k * 2 * MS, udp(CLIENT, SERVER, 5, 6, f"sample {k:04d} of the stream".encode())) for k in range(20)]
    up = stream[:10] + stream[10::2]
    down = stream[:10] + stream[11::2]
    assert {k: v[0] for k, v in paired(up, down).items()} == {k: k for k in range(1, 11)}


def test_equal_ip_ids_at_other_numbers_need_equal_bytes():
    """An IP ID counter comes round: 65,536 packets on, the same ID and length stand at other bytes."""
    frames = talk(**BIG)
    length = len(frames[3][1][54:])
    assert 4 not in paired(frames, changed(frames, 4, seq=5_000_000, data=b"x" * length))
    assert 4 not in paired(frames, changed(frames, 4, seq=5_000_000, ack=6_000_000))


def test_an_acknowledgement_is_no_altered_data_segment():
    """Both carry the same numbers when data follows the acknowledgement at once."""
    frames = talk(**BIG)
    bare = changed(frames, 4, data=b"", ident=0, flags=16)
    full = changed(frames, 4, ident=0, flags=16)
    assert 4 not in paired(bare, full)


def test_look_alikes_that_would_overtake_one_another_are_doubted():
    """One of them looks altered into another: nothing but order tells them apart, and this order is not kept."""
    calm = [
        *talk(**BIG),
        *[(k * 1000 * MS, tcp(CLIENT, SERVER, 50000, 443, seq=900_000_000, ack=77_000_001)) for k in (1, 9)],
    ]

    def burst(*windows):
        return [
            (5000 * MS + k * 10_000, tcp(CLIENT, SERVER, 50000, 443, seq=900_000_000, ack=77_000_001, window=window))
            for k, window in enumerate(windows)
        ]

    found = paired(calm + burst(400, 900, 900, 900), calm + burst(900, 900, 900, 400))
    assert all(found[k][2] for k in range(12, 16))
    assert not any(found[k][2] for k in (10, 11))
