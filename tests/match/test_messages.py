"""Connections joined by their messages alone."""

import numpy as np
import pytest

from tests.match.crafting import MS, NAT
from tests.match.test_credit import FOUND, PAGE, connection, joined_flows, noise

RNG = np.random.default_rng(31)
BODY = RNG.bytes(300)
ZIPPED = b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: 300\r\n\r\n"
VIA = b"Via: 1.1 proxy\r\nX-Forwarded-For: 10.0.0.1\r\n"


def through_a_proxy(message):
    """The message with headers added behind its own."""
    head, end, body = message.partition(b"\r\n\r\n")
    return head + b"\r\n" + VIA[:-2] + end + body


def both_sides(ask, answer, *, at=20 * MS):
    one = [*connection(ask, answer, seed=1), *noise(1)]
    other = connection(through_a_proxy(ask), through_a_proxy(answer), seed=2, at=at, src=NAT, port=51_000)
    return one, [*other, *noise(2)]


def test_a_proxy_that_adds_headers_is_seen_through_by_the_body():
    """No packet and no stream is equal; 64 bytes of compressed body are."""
    assert joined_flows(*both_sides(PAGE, ZIPPED + BODY)) == 1


@pytest.mark.parametrize("answer", [FOUND, ZIPPED + bytes(300)])
def test_what_everybody_gets_joins_nothing(answer):
    assert joined_flows(*both_sides(PAGE, answer)) == 0


def test_an_exchange_that_occurs_twice_joins_nothing():
    """Which of the two it was cannot be told."""
    one, other = both_sides(PAGE, ZIPPED + BODY)
    again = connection(PAGE, ZIPPED + BODY, seed=3, at=900 * MS, port=44_000)
    assert joined_flows([*one, *again], other) == 0


def test_connections_in_another_order_are_joined_each_with_its_own():
    """A proxy that answers from several connections at once."""
    one, two = [], []
    for k in range(6):
        ask, answer = PAGE.replace(b"index", b"page%d" % k), ZIPPED + RNG.bytes(300)
        one += connection(ask, answer, seed=10 + k, at=(10 + k) * MS, port=43_000 + k)
        two += connection(
            through_a_proxy(ask), through_a_proxy(answer), seed=70 + k, at=(90 - 10 * k) * MS, src=NAT, port=53_000 + k
        )
    assert joined_flows(one, two) == 6
