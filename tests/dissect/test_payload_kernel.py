"""Digests, checksum verdicts, and the payload's sum from headers alone (algorithms section 2; RFC 1624)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP

from correlate.model.packets import ChecksumState
from correlate.model.packets import PacketFlag as Flag
from tests.dissect.chunks import one_row
from tests.dissect.naive_packets import ones_sum
from tests.dissect.packets import packets4, packets6, payload_of

HEADERS = 40 + 60


@settings(max_examples=150, deadline=None)
@given(st.one_of(packets4(), packets6()))
def test_checksums_of_valid_packets_are_good_and_tell_the_payload_sum(packet):
    """P = ~C - pseudo - header (mod 65535), 0 as 65535, is the sum of the payload; unknown for fragments."""
    row = one_row(bytes(packet), link_type=101)
    flags = Flag(row["flags"])
    is_checked = bool(flags & Flag.TRANSPORT) and not flags & Flag.FRAGMENT
    assert (row["l4_csum_state"] == ChecksumState.GOOD) == is_checked == bool(flags & Flag.PAYLOAD_SUM_KNOWN)
    if is_checked:
        assert row["payload_sum"] == (ones_sum(payload_of(packet)) or 65535)
    else:
        assert (row["payload_sum"], row["l4_csum_state"]) == (0, ChecksumState.UNKNOWN)


@settings(max_examples=100, deadline=None)
@given(st.one_of(packets4(fragments=False), packets6()), st.data())
def test_one_changed_payload_byte_makes_the_checksum_bad(packet, data):
    """No payload sum is believed then; behind IP options, where the pseudo-header is unsure, nobody is accused."""
    frame = bytearray(bytes(packet))
    row = one_row(bytes(frame), link_type=101)
    if row["l4_csum_state"] != ChecksumState.GOOD or row["payload_len"] == 0:
        return
    at = data.draw(st.integers(row["payload_offset"], len(frame) - 1))
    frame[at] ^= data.draw(st.integers(1, 254))
    changed = one_row(bytes(frame), link_type=101)
    if changed["l4_csum_state"] == ChecksumState.GOOD:
        return  # 0x00 <-> 0xFF alone is invisible to a ones-complement sum
    is_sure = not Flag(row["flags"]) & Flag.IP_OPTIONS
    pseudo_like = changed["l4_csum_state"] == ChecksumState.PARTIAL
    assert pseudo_like or changed["l4_csum_state"] == (ChecksumState.BAD if is_sure else ChecksumState.UNKNOWN)
    assert not Flag(changed["flags"]) & Flag.PAYLOAD_SUM_KNOWN


@settings(max_examples=100, deadline=None)
@given(packets4(fragments=False), st.integers(0, 200))
def test_a_smaller_snaplen_keeps_the_payload_sum_or_loses_it_but_never_changes_it(packet, more):
    """The sum needs no payload bytes."""
    frame = bytes(packet)
    whole = one_row(frame, link_type=101)
    cut = one_row(frame[: min(len(frame), HEADERS + more)], link_type=101, wire_lens=[len(frame)])
    assert cut["payload_len"] == whole["payload_len"]
    if Flag(cut["flags"]) & Flag.PAYLOAD_SUM_KNOWN:
        assert cut["payload_sum"] == whole["payload_sum"]
    elif Flag(whole["flags"]) & Flag.PAYLOAD_SUM_KNOWN:
        assert Flag(cut["flags"]) & Flag.IP_OPTIONS


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 65535), st.integers(0, 2**32 - 1))
def test_translation_and_new_sequence_numbers_change_neither_sum_nor_digest(payload, port, seq):
    """The point of it: what NAT and ISN randomisers rewrite is not in there."""
    inside = one_row(
        bytes(IP(src="10.0.0.1", dst="10.9.9.9") / TCP(sport=1234, dport=80, seq=1) / payload), link_type=101
    )
    outside = one_row(
        bytes(
            IP(src="198.51.100.7", dst="10.9.9.9", ttl=5)
            / TCP(sport=port, dport=80, seq=seq, options=[("MSS", 1380)])
            / payload
        ),
        link_type=101,
    )
    for name in ("payload_sum", "digest", "head_digest", "payload_len"):
        assert inside[name] == outside[name], name


def udp(payload):
    return bytes(IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2) / payload)


@pytest.mark.jit_off
def test_heads_of_payloads_are_known_when_their_first_32_bytes_are():
    """``head_digest``: 0 when cut earlier, equal for longer and shorter captures, and for payloads that go on."""
    frame = udp(bytes(range(100)))
    heads = [one_row(frame[:kept], link_type=101, wire_lens=[len(frame)])["head_digest"] for kept in (128, 61, 60, 59)]
    assert heads[0] == heads[1] == heads[2] != 0
    assert heads[3] == 0
    assert one_row(udp(bytes(range(32))), link_type=101)["head_digest"] == heads[0]
    short = one_row(udp(b"abc"), link_type=101)
    assert short["head_digest"] == short["digest"] != 0


def test_nothing_has_no_digest():
    """0 stands for no payload and for none captured."""
    row = one_row(udp(b""), link_type=101)
    assert (row["digest"], row["head_digest"], row["payload_sum"]) == (0, 0, 65535)
