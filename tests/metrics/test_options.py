"""``metrics.options``: option bytes without a field of their own."""

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP, IPOption
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from correlate.metrics.options import parse_options
from tests.metrics.scenes import one_packet, tcp


def _rows(before: bytes, after: bytes, field: str):
    return [(row["kind"], row["before"], row["after"], row["expected"])
            for row in one_packet(before, after).changes() if row["field"] == field]  # fmt: skip


def test_a_stripped_unknown_option_shows_the_bytes() -> None:
    """TCP Fast Open (kind 34) overwritten with no-operations: MSS stays, the rest is named in full."""
    before = tcp(flags="S", options=[("MSS", 1460), (34, b"12345678"), ("NOP", None), ("NOP", None)])
    after = tcp(flags="S", options=[("MSS", 1460), *[("NOP", None)] * 12])
    assert _rows(before, after, "tcp.options") == [
        ("changed", "020405b4220a31323334353637380101", "020405b4" + "01" * 12, False)
    ]


def test_named_options_explain_themselves() -> None:
    """An MSS clamp is ``tcp.options.mss_val`` alone; with an unknown option gone as well, both show."""
    before = tcp(flags="S", options=[("MSS", 1460)])
    assert _rows(before, tcp(flags="S", options=[("MSS", 1380)]), "tcp.options") == []
    with_fast_open = tcp(flags="S", options=[("MSS", 1460), (34, b"12")])
    assert len(_rows(with_fast_open, tcp(flags="S", options=[("MSS", 1380)]), "tcp.options")) == 1


def test_options_removed_altogether_are_absent() -> None:
    """None, not an empty text."""
    rows = _rows(tcp(flags="S", options=[(34, b"12")]), tcp(flags="S"), "tcp.options")
    assert rows == [("removed", "22043132", None, False)]


def test_ip_options_print_their_types() -> None:
    """``ip.opt.type``; filling in a recorded route is a router's work (RFC 791 section 3.1)."""

    def frame(*options) -> bytes:
        return bytes(Ether() / IP(src="10.0.0.1", dst="10.0.0.2", options=list(options)) / UDP() / Raw(b"x" * 30))

    alert = IPOption(b"\x94\x04\0\0")
    assert _rows(frame(alert), frame(), "ip.opt.type") == [("removed", "148", None, False)]
    empty, filled = IPOption(b"\x07\x07\x04\0\0\0\0"), IPOption(b"\x07\x07\x08\x0a\0\0\1")
    ((kind, before, after, expected),) = _rows(frame(empty), frame(filled), "ip.opt.type")
    assert (kind, expected) == ("changed", True)
    assert before != after


def test_an_ipv6_extension_header_that_vanishes_shows() -> None:
    """``ipv6.nxt``: numbers of the headers on the way to the transport."""
    plain = (
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IPv6(src="2001:db8::1", dst="2001:db8::2")
        / UDP()
        / Raw(b"x")
    )
    carried = (
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IPv6(src="2001:db8::1", dst="2001:db8::2")
        / IPv6ExtHdrDestOpt()
        / UDP()
        / Raw(b"x")
    )
    assert _rows(bytes(carried), bytes(plain), "ipv6.nxt") == [("removed", "60", None, False)]


@given(st.binary(max_size=40))
def test_parsing_options_never_fails(options: bytes) -> None:
    """Whatever the bytes, what was read before the nonsense is kept."""
    assert sum(2 + len(content) if kind != 1 else 1 for kind, content in parse_options(options)) <= len(options) + 40
