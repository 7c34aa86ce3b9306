"""``diagnose.proxied_content``: what a proxy carries over is the same on both of its sides, or is not."""

from __future__ import annotations

import attrs
import pytest

from correlate.diagnose.proxied_content import _content, find_altered_content
from correlate.diagnose.view import View
from correlate.rereading import fetcher
from tests.diagnose.sets import outcome_of_set
from tests.report.runs import run

SET = "corrupting-proxy"


def view_of(correlation, change=lambda _vantage, frames: frames):
    fetch = fetcher(correlation.vantages, correlation.packets)
    return View(run=correlation, fetch=lambda vantage, rows: change(vantage, fetch(vantage, rows)))


def test_a_download_that_a_proxy_damages_is_told_with_its_bytes() -> None:
    """Cases, 10: TCP is clean at both; four bytes from 11,200 on are zero behind the proxy."""
    one = outcome_of_set(SET).only("payload-altered")
    assert (one.hop, one.direction, one.grade, one.quantity) == (("client", "server"), "reverse", "likely", 4)
    assert "from byte 11200 of the content on" in one.explanation
    assert "00 00 00 00 at client (#105)" in one.explanation
    assert "5 other connections" in one.explanation
    assert [(ref.vantage, ref.frame) for ref in one.evidence] == [("server", 105), ("client", 105)]


def test_equal_content_is_not_altered() -> None:
    """The same bytes read at both ends: nothing to tell."""
    correlation = run(SET)
    repaired = {b"\0\0\0\0": b"\x9e\x90\x7b\x4f"}

    def repair(_vantage, frames):
        return [
            frame.replace(*next(iter(repaired.items()))) if b"\0\0\0\0" in frame[200:] else frame for frame in frames
        ]

    assert list(find_altered_content(view_of(correlation, repair))) == []


def test_content_of_another_encoding_is_not_called_altered() -> None:
    """Most bytes differ: another key, another compression."""

    def encrypt(vantage, frames):
        return [bytes(byte ^ 0x55 for byte in frame) if vantage == 1 else frame for frame in frames]

    assert list(find_altered_content(view_of(run(SET), encrypt))) == []


def test_a_file_that_cannot_be_read_again_tells_nothing() -> None:
    assert list(find_altered_content(view_of(run(SET), lambda _vantage, frames: [b""] * len(frames)))) == []


def test_connections_that_do_not_end_on_the_hop_are_left_to_other_rules() -> None:
    correlation = run(SET)
    joined = attrs.evolve(correlation.joined, connection=correlation.joined.connection * 0)
    odd = type(correlation.mutations.odd)(*(column[:0] for column in correlation.mutations.odd))
    mutations = attrs.evolve(correlation.mutations, odd=odd)
    assert list(find_altered_content(view_of(attrs.evolve(correlation, joined=joined, mutations=mutations)))) == []


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"SSH-2.0-x" * 20, b"SSH-2.0-x" * 20),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1", b"abc"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc", b""),
    ],
)
def test_heads_are_a_proxys_to_rewrite_and_bodies_are_not(data: bytes, content: bytes) -> None:
    """RFC 9110 section 7.6; only a body of a stated length is known to be whole."""
    assert _content(data)[1] == content
