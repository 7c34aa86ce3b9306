"""What equal bytes are worth: unrelated connections that say the same stay apart, relayed ones meet."""

import numpy as np
import pytest

from correlate.fingerprint import fingerprint
from correlate.flows import group_flows
from correlate.match import match_vantages
from correlate.match.credit import head_bits
from tests.match.crafting import CLIENT, MS, NAT, SERVER, table, tcp, udp

RNG = np.random.default_rng(23)
ZEROS = bytes(400)
BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"
PAGE = b"GET /index.html HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
FOUND = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 44\r\n\r\n"
    b"<html>the same for everybody, always</html>\r\n"
)
SEARCH = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n\r\n'


def connection(ask, answer, *, seed, at=0, src=CLIENT, port=40_000):
    """One exchange with numbers of its own; nothing but its bytes recurs elsewhere."""
    rng = np.random.default_rng(seed)
    here, there = (int(rng.integers(1, 2**32)) for _ in range(2))
    ident = int(rng.integers(1, 60_000))
    out, back = (src, SERVER, port, 80), (SERVER, src, 80, port)
    return [
        (at, tcp(*out, seq=here, flags=2, ident=ident)),
        (at + 5 * MS, tcp(*back, seq=there, ack=here + 1, flags=18)),
        (at + 6 * MS, tcp(*out, seq=here + 1, ack=there + 1, ident=ident + 1)),
        (at + 7 * MS, tcp(*out, seq=here + 1, ack=there + 1, flags=24, data=ask, ident=ident + 2)),
        (at + 15 * MS, tcp(*back, seq=there + 1, ack=here + 1 + len(ask), flags=24, data=answer, ident=ident + 900)),
    ]


def noise(seed, count=6):
    """Other connections of a capture, which nobody else has."""
    rng = np.random.default_rng(1000 + seed)
    return [
        record
        for k in range(count)
        for record in connection(
            rng.bytes(100), rng.bytes(300), seed=seed * 50 + k, at=(300 + 400 * k) * MS, port=42_000 + k
        )
    ]


def joined_flows(*captures):
    """Return how many flows two captures have in common."""
    records = [sorted(capture, key=lambda record: record[0]) for capture in captures]
    tables = [table(record) for record in records]

    def fetch(vantage, rows):
        return [records[vantage][row][1] for row in rows.tolist()]

    _, joined = match_vantages(tables, [group_flows(t) for t in tables], [fingerprint(t) for t in tables], fetch)
    return int((joined.member >= 0).all(axis=1).sum())


@pytest.mark.parametrize(
    ("ask", "answer"), [(ZEROS, ZEROS), (BANNER, BANNER[::-1]), (PAGE, FOUND), (bytes(range(64)), b"ab" * 40)]
)
def test_unrelated_connections_that_say_the_same_stay_apart(ask, answer):
    """The whole streams are equal, and still it means nothing: everybody sends these."""
    one = [*connection(ask, answer, seed=1), *noise(1)]
    two = [*connection(ask, answer, seed=2, at=700 * MS, src=NAT, port=51_000), *noise(2)]
    assert joined_flows(one, two) == 0


def test_an_unrelated_datagram_that_everybody_sends_joins_nothing():
    """SSDP, no IP ID: equal in all that is compared."""
    captures = [
        [(0, udp(src, "239.255.255.250", port, 1900, SEARCH)), *noise(seed)]
        for src, port, seed in ((CLIENT, 50_000, 1), (NAT, 51_000, 2))
    ]
    assert joined_flows(*captures) == 0


def test_one_relayed_connection_of_random_bytes_is_joined():
    """Ciphertext, keys, compressed bodies: no other connection has them."""
    ask, answer = RNG.bytes(200), RNG.bytes(500)
    one = [*connection(ask, answer, seed=1), *noise(1)]
    two = [*connection(ask, answer, seed=2, at=20 * MS, src=NAT, port=51_000), *noise(2)]
    assert joined_flows(one, two) == 1


def test_many_relayed_connections_of_text_are_joined_by_their_distance_in_time():
    """Each alone could be anybody's; all at one distance are the same."""
    rng = np.random.default_rng(4)
    one, two = [], []
    for k in range(12):
        ask = PAGE.replace(b"index", b"page%d" % k)
        answer = FOUND.replace(b"the same", b"number %d" % k)
        at = int(rng.integers(0, 60_000)) * MS
        one += connection(ask, answer, seed=10 + k, at=at, port=43_000 + k)
        two += connection(ask, answer, seed=60 + k, at=at + (3000 + k) * MS, src=NAT, port=53_000 + k)
    assert joined_flows(one, two) == 12


def test_the_same_texts_at_unrelated_times_join_nothing():
    """Two clients of one site, on two days."""
    rng = np.random.default_rng(4)
    captures = [
        [
            record
            for k in range(12)
            for record in connection(
                PAGE.replace(b"index", b"page%d" % k),
                FOUND.replace(b"the same", b"number %d" % k),
                seed=seed + k,
                at=int(rng.integers(0, 60_000)) * MS,
                src=src,
                port=43_000 + k,
            )
        ]
        for seed, src in ((10, CLIENT), (60, NAT))
    ]
    assert joined_flows(*captures) == 0


def test_a_lone_relayed_answer_is_known_by_its_date():
    """The server said when, to the second: nobody else got these bytes."""
    dated = FOUND.replace(b"\r\n\r\n", b"\r\nDate: Thu, 13 Mar 2025 12:27:25 GMT\r\n\r\n")
    one = connection(PAGE, dated, seed=1)
    two = connection(PAGE, dated, seed=2, at=20 * MS, src=NAT, port=51_000)
    other = connection(PAGE, dated.replace(b":25 GMT", b":26 GMT"), seed=2, at=20 * MS, src=NAT, port=51_000)
    assert joined_flows(one, two) == 1
    assert joined_flows(one, other) == 0


def test_entropy_is_that_of_collisions():
    """Random bytes count nearly eight bits each, constants, counters and text none; few bytes little."""
    random, short, zeros, counter, text, pattern = head_bits(
        [RNG.bytes(32), RNG.bytes(4), bytes(32), bytes(range(100, 132)), PAGE, b"\x01\x80" * 16]
    ).tolist()
    assert random > 150
    assert short < 16
    assert zeros == counter == text == 0
    assert pattern < 40
