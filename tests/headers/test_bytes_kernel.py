"""Numbers out of bytes, and the digest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.headers.bytes_kernel import KEYS, be16, be32, digest_and_sum, head_digest_of
from tests.dissect.naive_packets import digest, ones_sum


def given_array(data):
    array = np.frombuffer(data, np.uint8)
    array.flags.writeable = False
    return array


@pytest.mark.jit_off
@settings(deadline=None)
@given(st.binary(min_size=1, max_size=200) | st.binary(min_size=2030, max_size=4200), st.binary(max_size=9))
def test_digest_and_sum_equal_the_naive_ones_wherever_the_bytes_lie(data, before):
    """Kernel = twin; the sum is the Internet checksum's (RFC 1071), byte order aside."""
    array = given_array(before + data + b"\xff" * 3)
    with np.errstate(over="ignore"):
        got, total = digest_and_sum(array, np.uint64(len(before)), np.uint64(len(data)))
    assert int(got) == digest(data)
    folded = int(total) % 65535
    assert int.from_bytes(folded.to_bytes(2, "little"), "big") % 65535 == ones_sum(data) % 65535


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_the_head_of_32_bytes_has_the_digest_of_those_bytes(data):
    """A payload of exactly 32 bytes and a longer one that starts with them have equal heads."""
    with np.errstate(over="ignore"):
        assert int(head_digest_of(given_array(data), np.uint64(0))) == digest(data)


def test_digests_differ_by_length_and_by_place():
    """Zero bytes at the end, and whole words swapped, are other payloads (the checksum is blind to both)."""
    seen = {digest(bytes(length)) for length in range(1, 100)}
    assert len(seen) == 99
    assert digest(b"A" * 8 + b"B" * 8 + bytes(20)) != digest(b"B" * 8 + b"A" * 8 + bytes(20))


def long_payloads():
    """Alike as payloads are: one bit set, one byte counted, words swapped, zeros more or fewer, over two stretches."""
    length = 2 * 2048 + 64
    yield from (bytes(length - cut) for cut in range(400))
    for bit in range(0, 8 * length, 31):
        yield (1 << bit).to_bytes(length, "little")
    counted = bytearray(range(256)) * 17
    for at in range(0, len(counted), 40):
        for value in (1, 127, 255):
            changed = counted[:]
            changed[at + 3] ^= value
            yield bytes(changed)
    words = [bytes(counted[at : at + 8]) for at in range(0, len(counted), 8)]
    for place in range(1, 32):
        yield b"".join([words[place], *words[1:place], words[0], *words[place + 1 :]])


def test_digests_of_long_payloads_that_are_nearly_alike_differ():
    """Whatever differs in one word differs in a product or in the sum of the halves; places have keys of their own."""
    payloads = list(long_payloads())
    with np.errstate(over="ignore"):
        digests = {int(digest_and_sum(given_array(one), np.uint64(0), np.uint64(len(one)))[0]) for one in payloads}
    assert len(digests) == len(set(payloads))


def test_a_half_whose_partner_the_key_turns_into_nothing_still_counts():
    """The product is 0 whatever the other half is."""
    key = int(KEYS[3])
    high = key >> 32 << 32
    pair = [bytes(24) + (high | low).to_bytes(8, "little") + bytes(200) for low in (5, 6)]
    assert digest(pair[0]) != digest(pair[1])


def test_numbers_are_big_endian():
    """Network order (RFC 1700)."""
    array = given_array(b"\x00\x01\x02\xff\xfe")
    assert (int(be16(array, 1)), int(be32(array, 1))) == (0x0102, 0x0102FFFE)
