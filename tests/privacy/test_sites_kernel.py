"""Rule: whatever link and tunnels the dissector opens, nothing that tells is left, and it finds the same packet again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

from correlate.model.packets import PacketFlag
from correlate.privacy import Rewriter
from tests.dissect.chunks import chunk_of, dissect, stack_of
from tests.dissect.packets import LINKS, any_frame, log, mutated
from tests.dissect.wrappings import FRAMES, SIX_ONLY, WRAPPINGS, wrapped

REWRITER = Rewriter.from_key(bytes(range(32)))
WORDS = b"a secret that nobody may read, not even in part, whatever carries it"
FOUR = IP(src="198.51.100.17", dst="203.0.113.9", id=7) / UDP(sport=5000, dport=53) / WORDS
SIX = IPv6(src="2001:db8:1::17", dst="2001:db8:2::9") / UDP(sport=5000, dport=53) / WORDS
SECRETS = [
    *(bytes(FOUR)[at : at + 4] for at in (12, 16)),
    *(bytes(SIX)[at : at + 16] for at in (8, 24)),
    bytes([192, 0, 2, 1]),
    bytes([198, 51, 100, 2]),
    bytes.fromhex("20010db8000100000000000000000001"),
    bytes.fromhex("020000000003"),
    b"secret",
    b"even in part",
]
RENAMED = {"digest", "head_digest", "link_hash", "tuple_id", "tunnel", "ip_csum", "l4_csum", "options", "ip_options"}
"""Columns whose values change; of tuples and tunnels the structure is compared."""
FEW_BITS = 0x12345679


def rewritten(frames, **options):
    chunk = REWRITER.rewrite(chunk_of(frames, **options))
    places = zip(chunk.columns.offset.tolist(), chunk.columns.cap_len.tolist(), strict=True)
    return [chunk.data[at : at + size].tobytes() for at, size in places]


def assert_alike(frames, **options) -> None:
    """The same packets with the same numbers are found in the same tunnels."""
    before, counts = dissect(frames, **options)
    after, counts_after = dissect(rewritten(frames, **options), **options)
    assert counts == counts_after
    # One or two bytes, and addresses in quoted packets, cannot change and keep their sum.
    is_error = (before.columns.flags & np.uint32(PacketFlag.ICMP_ERROR)) != 0
    moved = (before.columns.payload_len <= 2) | is_error
    for name, column in before.columns._asdict().items():
        if name not in RENAMED and not (name == "payload_sum" and moved.any()):
            assert np.array_equal(getattr(after.columns, name), column), name
    for row in range(len(before)):
        stacks = (stack_of(table, table.columns.tunnel[row]) for table in (before, after))
        old, new = ([(kind, key, ends and (ends[:2], ends[4:])) for kind, key, ends in stack] for stack in stacks)
        assert old == new
    assert len(before.quotes.row) == len(after.quotes.row)


@pytest.mark.parametrize("name", [*WRAPPINGS, *SIX_ONLY])
@pytest.mark.parametrize("packet", [FOUR, SIX], ids=["4", "6"])
def test_no_tunnel_keeps_what_it_carries(name, packet) -> None:
    if name in SIX_ONLY and packet is FOUR:
        pytest.skip("for IPv6 only")
    outer = {**WRAPPINGS, **SIX_ONLY}[name][0](packet, FEW_BITS)
    frame = FRAMES["ethernet"][0](type(outer)(bytes(outer)), 0)
    (new,) = rewritten([frame])
    assert [secret for secret in SECRETS if secret in new] == []
    assert_alike([frame])


@pytest.mark.parametrize("name", sorted(LINKS))
@pytest.mark.parametrize("packet", [FOUR, SIX], ids=["4", "6"])
def test_no_link_keeps_what_it_carries(name, packet) -> None:
    link_type, wrap = LINKS[name]
    frame = wrap(packet)
    (new,) = rewritten([frame], link_type=link_type)
    assert [secret for secret in SECRETS if secret in new] == []
    assert_alike([frame], link_type=link_type)


def test_names_in_headers_of_capture_systems_are_blanked() -> None:
    """A firewall's log names its rule, PKTAP the program that sent the packet."""
    named = bytes(log(FOUR)[:4]) + b"\x0c\0\x0a\0secret!\0" + log(FOUR)[4:]
    (new,) = rewritten([named], link_type=239)
    assert b"secret" not in new
    assert_alike([named], link_type=239)


@given(wrapped())
@settings(max_examples=150, deadline=None)
def test_packets_in_any_tunnels_are_found_again(case) -> None:
    frame, _inner, _names, _layers = case
    assert_alike([frame])


@given(any_frame())
@settings(max_examples=100, deadline=None)
def test_packets_of_any_link_are_found_again(case) -> None:
    frame, link_type = case
    assert_alike([frame], link_type=link_type)


@given(mutated())
@settings(max_examples=200, deadline=None)
def test_damaged_frames_end_in_the_same_bucket(case) -> None:
    frame, link_type = case
    before, after = (dissect(one, link_type=link_type)[1] for one in ([frame], rewritten([frame], link_type=link_type)))
    assert before == after
