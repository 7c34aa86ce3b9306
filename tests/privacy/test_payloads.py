"""Rule: equal stays equal, different stays different, the first 32 bytes depend on themselves alone, sums stay."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from correlate.privacy.payloads import PayloadMask, _sum

MASK = PayloadMask(bytes(range(32)))
FAST = settings(max_examples=150, deadline=None)


def naive_sum(data: bytes) -> int:
    padded = data + bytes(len(data) % 2)
    return sum(int.from_bytes(padded[at : at + 2], "big") for at in range(0, len(padded), 2)) % 65535


@given(st.binary(max_size=300))
@FAST
def test_the_sum_and_the_length_stay(payload) -> None:
    masked = MASK.of(payload, len(payload))
    assert len(masked) == len(payload)
    assert _sum(payload) == naive_sum(payload)
    if len(payload) > 2:
        assert naive_sum(masked) == naive_sum(payload)


@given(st.binary(min_size=1, max_size=100), st.binary(min_size=1, max_size=100))
@FAST
def test_different_payloads_stay_different(one, other) -> None:
    assume(one != other)
    assert MASK.of(one, len(one)) != MASK.of(other, len(other))


@given(st.binary(min_size=40, max_size=200), st.integers(32, 199))
@FAST
def test_a_cut_payload_begins_like_the_whole(payload, kept) -> None:
    assume(kept < len(payload))
    whole, cut = MASK.of(payload, len(payload)), MASK.of(payload[:kept], len(payload))
    if any(payload[:kept]) and len(payload) > 33:
        blocks = min(kept, (len(payload) & ~1) - 2) // 32 * 32
        assert cut[:blocks] == whole[:blocks]


@given(st.binary(min_size=100, max_size=200), st.integers(0, 99))
@FAST
def test_an_edit_shows_from_its_block_on(payload, place) -> None:
    assume(any(payload[: place // 32 * 32]) or place < 32)
    edited = bytearray(payload)
    edited[place] ^= 0x40
    assume(any(payload) and any(edited))
    one, other = MASK.of(payload, len(payload)), MASK.of(bytes(edited), len(payload))
    begin = place // 32 * 32
    assert one[:begin] == other[:begin]
    assert one[begin : begin + 32] != other[begin : begin + 32]


def test_zeros_stay_zeros_and_nothing_else_becomes_them() -> None:
    for size in (1, 2, 7, 40):
        assert MASK.of(bytes(size), size) == bytes(size)
    assert len({MASK.of(bytes([value]), 1) for value in range(256)}) == 256
    assert b"\0" not in {MASK.of(bytes([value]), 1) for value in range(1, 256)}


@given(st.binary(min_size=8, max_size=100))
@FAST
def test_no_piece_of_the_payload_is_left(payload) -> None:
    assume(all(any(payload[at : at + 6]) for at in range(len(payload) - 5)))
    masked = MASK.of(payload, len(payload))
    assert not any(payload[at : at + 6] in masked for at in range(len(payload) - 5))


@given(st.binary(min_size=4, max_size=80))
@FAST
def test_a_handshake_of_tls_is_still_told_and_nothing_else_looks_like_one(rest) -> None:
    """RFC 8446 section 5.1."""
    hello = b"\x16\x03" + rest
    masked = MASK.of(hello, len(hello))
    assert masked[:2] == b"\x16\x03"
    assert naive_sum(masked) == naive_sum(hello)
    assert MASK.of(rest, len(rest) + 1)[:2] != b"\x16\x03" or rest[:2] == b"\x16\x03"
