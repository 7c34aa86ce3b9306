"""TCP options: RFC 9293 section 3.2, RFC 7323, RFC 2018."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP

from correlate.model.packets import PacketFlag as Flag
from tests.dissect.chunks import one_row
from tests.dissect.packets import tcp_options

SYN = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 2)), ("NOP", None), ("WScale", 7)]


def row_with(options):
    return one_row(bytes(IP() / TCP(options=options)), link_type=101)


def header_with(raw):
    """A TCP header with these option bytes (a multiple of four)."""
    tcp = bytearray(bytes(TCP()) + raw)
    tcp[12] = (5 + len(raw) // 4) << 4
    return bytes(tcp)


def row_with_bytes(raw):
    """The row of a segment that is such a header."""
    return one_row(bytes(IP(proto=6) / header_with(raw)), link_type=101)


@settings(max_examples=100, deadline=None)
@given(tcp_options)
def test_option_columns_are_what_scapy_reads(options):
    """Values and flags; for options given twice the last one counts in both."""
    row = row_with(options)
    values = {name: value for name, value in IP(bytes(IP() / TCP(options=options)))[TCP].options if value is not None}
    flags = Flag(row["flags"])
    assert (Flag.HAS_MSS in flags, row["mss"]) == ("MSS" in values, values.get("MSS", 0))
    assert (Flag.HAS_WSCALE in flags, row["wscale"]) == ("WScale" in values, values.get("WScale", 0))
    assert (Flag.HAS_TS in flags, row["tsval"], row["tsecr"]) == (
        "Timestamp" in values,
        *values.get("Timestamp", (0, 0)),
    )
    assert (Flag.SACK_PERMITTED in flags) == ("SAckOK" in values)
    blocks = values.get("SAck", ())
    assert (Flag.HAS_SACK in flags, row["sack_count"]) == (bool(blocks), len(blocks) // 2)
    if blocks:
        assert (row["sack_left"], row["sack_right"]) == blocks[:2]
    assert not flags & (Flag.OPTIONS_BAD | Flag.OPTIONS_CUT)


@settings(deadline=None)
@given(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)))
def test_hash_does_not_see_timestamps_and_sack_blocks(pair):
    """They change from segment to segment."""
    fixed = [("NOP", None), ("NOP", None), ("Timestamp", (1, 1)), ("SAck", (1, 2))]
    other = [("NOP", None), ("NOP", None), ("Timestamp", pair), ("SAck", pair)]
    assert row_with(fixed)["options"] == row_with(other)["options"]


def test_hash_sees_what_a_middlebox_does():
    """MSS clamped, option overwritten with NOPs, option removed, none at all: four other hashes."""
    clamped = [("MSS", 1380), *SYN[1:]]
    overwritten = [SYN[0], ("NOP", None), ("NOP", None), *SYN[2:]]
    removed = [SYN[0], *SYN[2:], ("NOP", None), ("NOP", None)]
    hashes = {row_with(options)["options"] for options in (SYN, clamped, overwritten, removed, [])}
    assert len(hashes) == 5
    assert row_with([])["options"] == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"\x02\x00\x00\x00",
        b"\x02\x01\x00\x00",
        b"\x08\x0a\x00\x00",
        b"\x01\x01\x01\x02",
        b"\x02\x03\x01\x00",
        b"\x05\x04\x00\x00",
    ],
)
def test_malformed_options_are_flagged(raw):
    """Length 0 or 1, running over the header, no length byte, a length that its kind cannot have."""
    flags = Flag(row_with_bytes(raw)["flags"])
    assert flags & Flag.OPTIONS_BAD
    assert not flags & (Flag.HAS_MSS | Flag.HAS_TS | Flag.HAS_SACK)


def test_bytes_behind_the_end_of_options_are_not_read():
    """RFC 9293: kind 0 ends the list."""
    flags = Flag(row_with_bytes(b"\x00\x02\x00\x00")["flags"])
    assert not flags & Flag.OPTIONS_BAD


def test_options_before_the_cut_are_read():
    """A snaplen inside the options costs only those behind it."""
    frame = bytes(IP() / TCP(options=SYN))
    row = one_row(frame[:50], link_type=101, wire_lens=[len(frame)])
    flags = Flag(row["flags"])
    assert flags & Flag.HAS_MSS
    assert flags & Flag.SACK_PERMITTED
    assert flags & Flag.OPTIONS_CUT
    assert not flags & (Flag.HAS_TS | Flag.OPTIONS_BAD)


def dss(*, data=b"\x00\x00\x10\x00", sub=7, length=100, ack=b"", flags=0):
    """A data sequence signal (RFC 8684 section 3.3)."""
    flags |= 4 | (8 if len(data) == 8 else 0) | ({0: 0, 4: 1, 8: 3}[len(ack)])
    body = bytes((0x20, flags)) + ack + data + struct.pack("!IH", sub, length)
    return bytes((30, 2 + len(body))) + body


def raw_mapping(option):
    return row_with_bytes(option + b"\x01" * (-len(option) % 4))["mapping"]


def test_the_mapping_of_a_subflow_does_not_depend_on_what_it_acknowledges():
    """RFC 8684: data acknowledgements of 4 or 8 bytes stand before the mapping."""
    plain = raw_mapping(dss())
    assert plain == raw_mapping(dss(ack=b"abcd")) == raw_mapping(dss(ack=b"abcdefgh"))
    assert plain > 0


def test_the_same_bytes_on_another_subflow_have_another_mapping():
    """Reinjection: the data sequence number is the same, the subflow's own is not."""
    assert len({raw_mapping(dss(sub=sub, data=data)) for sub in (7, 8) for data in (b"abcd", b"abcdefgh")}) == 4


def test_other_mptcp_options_and_cut_ones_have_none():
    """MP_CAPABLE, a signal that only acknowledges, and a length that the header has no room for."""
    assert raw_mapping(b"\x1e\x0c\x00\x81" + bytes(8)) == 0
    assert raw_mapping(b"\x1e\x08\x20\x01abcd") == 0
    assert raw_mapping(b"\x1e\x08\x20\x04abcd") == 0
    assert raw_mapping(b"\x1e\x03\x20") == 0


@pytest.mark.jit_off
@pytest.mark.parametrize("tail", [b"", bytes(4)], ids=["alone", "before padding"])
def test_stamps_behind_two_nops_are_read_in_one_go_as_they_are_one_by_one(tail):
    """RFC 7323 appendix A: all options of most segments. The hash is that of the bytes but for the values."""
    row = row_with_bytes(bytes.fromhex("0101080a") + struct.pack("!II", 2**32 - 1, 7) + tail)
    assert (row["tsval"], row["tsecr"], bool(row["flags"] & Flag.HAS_TS)) == (2**32 - 1, 7, True)
    digest = 2166136261
    for byte in bytes.fromhex("0101080a") + tail[:1]:
        digest = (digest ^ byte) * 16777619 % 2**32
    assert row["options"] == digest


@pytest.mark.jit_off
def test_stamps_that_are_cut_off_are_none():
    """Twelve bytes of options in the header, eleven in the capture."""
    frame = bytes(IP(proto=6) / header_with(bytes.fromhex("0101080a") + bytes(8)))
    row = one_row(frame[:-1], link_type=101, wire_lens=[len(frame)])
    assert not row["flags"] & Flag.HAS_TS
    assert row["flags"] & Flag.OPTIONS_CUT
