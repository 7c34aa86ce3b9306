"""Rule: the search finds the first place from which records walk, and says where to go on if more bytes are needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import frozen
from correlate.read.resume_kernel import next_pcap, next_pcapng
from tests.read import captures
from tests.read.captures import Record

pytestmark = pytest.mark.jit_off
NEAR_S = 1_600_000_000
ROWS = [Record(NEAR_S * 10**9 + number * 1000, bytes([200 + number]) * 50, 60) for number in range(5)]


def pcap(data: bytes, *, is_last: bool, near_s: int = NEAR_S) -> int:
    view = frozen(np.frombuffer(data, np.uint8))
    return int(next_pcap(view, 0, len(data), 0, 16, 262144, 10**6, near_s, int(is_last)))


def pcapng(data: bytes, *, is_last: bool) -> int:
    return int(next_pcapng(frozen(np.frombuffer(data, np.uint8)), 0, len(data), 0, 2**24, int(is_last)))


@given(st.binary(max_size=300), st.integers(3, 5))
@settings(max_examples=80, deadline=None)
def test_records_behind_noise_are_found(noise, count) -> None:
    sound = captures.pcap(ROWS[:count])[24:]
    assert pcap(noise + sound, is_last=True) <= len(noise)
    assert pcap(b"\xff" * len(noise) + sound, is_last=True) == len(noise)
    blocks = captures.pcapng(ROWS[:count])[28 + 20 :]
    assert pcapng(b"\xff" * len(noise) + blocks, is_last=True) == len(noise)


@given(st.integers(0, 160))
@settings(max_examples=60, deadline=None)
def test_too_few_bytes_are_no_answer_but_a_place_to_go_on(cut) -> None:
    sound, blocks = captures.pcap(ROWS[:2])[24:], captures.pcapng(ROWS[:2])[48:]
    for search, data in ((pcap, sound), (pcapng, blocks)):
        kept = data[:cut]
        found = search(kept, is_last=False)
        assert found == -1 or (search is pcapng and found == 0 and cut >= len(kept))


def test_stamps_far_from_the_last_sound_one_are_not_believed() -> None:
    sound = captures.pcap(ROWS)[24:]
    assert pcap(sound, is_last=True, near_s=NEAR_S + 90 * 86400) < 0
    assert pcap(sound, is_last=True, near_s=-1) == 0


def test_noise_alone_is_passed_over() -> None:
    assert pcap(b"\xff" * 200, is_last=True) == -(200 - 16 + 1) - 1
    assert pcapng(b"\xff" * 200, is_last=True) == -(200 - 12 + 1) - 1
