"""``metrics.payloads``: payloads that differ, as far as the captures hold them."""

from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, UDPerror
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from tests.metrics.scenes import one_packet, tcp, udp


def _payload_rows(before: bytes, after: bytes, **how):
    return [(row["before"], row["after"]) for row in one_packet(before, after, **how).changes()
            if row["field"] in ("tcp.payload", "udp.payload", "data.data")]  # fmt: skip


def test_hex_ends_after_64_bytes() -> None:
    """Contract: hex, at most 64 bytes, then dots."""
    before, after = bytes(64), bytes(63) + b"\1" + b"tail"
    assert _payload_rows(tcp(data=before), tcp(data=after)) == [("00" * 64, "00" * 63 + "01...")]


@settings(max_examples=40, deadline=None)
@given(
    st.binary(min_size=1, max_size=80), st.binary(min_size=1, max_size=80), st.integers(40, 140), st.integers(40, 140)
)
def test_a_snap_length_never_invents_a_payload_change(data, other, first, second) -> None:
    """What differs in cut captures differs in whole ones; equal payloads never differ."""
    snaplens = (first, second)
    assert _payload_rows(tcp(data=data), tcp(src="203.0.113.5", data=data), snaplens=snaplens) == []
    if _payload_rows(tcp(data=data), tcp(data=other), snaplens=snaplens):
        assert data != other


def test_the_checksum_tells_of_bytes_beyond_the_snap_length() -> None:
    """RFC 1624: headers alone give the payload's sum."""
    before, after = tcp(data=bytes(500)), tcp(data=bytes(499) + b"\1")
    assert len(_payload_rows(before, after, snaplens=(100, 100))) == 1


def test_payloads_of_other_protocols_are_data() -> None:
    """ICMP echo: ``data.data``."""

    def ping(data: bytes) -> bytes:
        return bytes(Ether() / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(id=1, seq=1) / Raw(data))

    assert _payload_rows(ping(b"ab" * 20), ping(b"ac" * 20)) == [("6162" * 20, "6163" * 20)]


def test_the_header_that_an_icmp_error_quotes_may_be_translated() -> None:
    """RFC 5508 section 4: a NAT translates the quoted packet too; that is expected."""

    def error(outer: str, quoted: str) -> bytes:
        quote = IP(src=quoted, dst="198.51.100.9", ttl=1) / UDPerror(sport=9, dport=53, len=8, chksum=1)
        return bytes(Ether() / IP(src="192.0.2.1", dst=outer) / ICMP(type=3, code=3) / quote)

    world = one_packet(error("203.0.113.5", "203.0.113.5"), error("10.0.0.1", "10.0.0.1"), direction=1)
    assert world.news() == []


def test_padding_is_no_payload() -> None:
    """Frames of 60 bytes: what Ethernet adds belongs to nobody."""
    frame = udp(data=b"x")
    assert _payload_rows(frame, frame.ljust(60, b"\0")) == []
