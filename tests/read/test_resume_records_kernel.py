"""Rule: snoop and ERF records are found behind noise, and what only looks like one is not taken for one."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.model.arrays import frozen
from correlate.read.resume_records_kernel import ERF, IN_A_ROW, MOST_HEADERS, SNOOP, next_record
from tests.read import formats
from tests.read.captures import Record

pytestmark = pytest.mark.jit_off
NEAR_S = 1_600_000_000
ROWS = [Record(NEAR_S * 10**9 + number * 1000, bytes([200 + number]) * 50, 60) for number in range(6)]
SOUND = {SNOOP: formats.snoop(ROWS)[16:], ERF: formats.erf(ROWS)}
HEADER = {SNOOP: 24, ERF: 16}
PAD = bytes(8) + b"\x30\x04\0\x10\0\0\0\0"


def search(data: bytes, kind: int, *, is_last: bool = True, near_s: int = NEAR_S) -> int:
    view = frozen(np.frombuffer(data, np.uint8))
    return int(next_record(view, 0, len(data), kind, 262144, near_s, int(is_last)))


@given(st.binary(max_size=200), st.sampled_from([SNOOP, ERF]))
@settings(max_examples=80, deadline=None)
def test_records_behind_noise_are_found(noise, kind) -> None:
    assert search(noise + SOUND[kind], kind) <= len(noise)
    assert search(b"\xff" * len(noise) + SOUND[kind], kind) == len(noise)


@pytest.mark.parametrize("kind", [SNOOP, ERF])
@pytest.mark.parametrize("cut", range(0, 300, 7))
def test_too_few_bytes_are_no_answer_but_a_place_to_go_on(kind, cut) -> None:
    size = len(SOUND[kind]) // len(ROWS)
    kept = SOUND[kind][: min(cut, (IN_A_ROW - 1) * size)]
    assert search(kept, kind, is_last=False) == -1


@pytest.mark.parametrize("kind", [SNOOP, ERF])
def test_stamps_far_from_the_last_sound_one_or_from_one_another_are_not_believed(kind) -> None:
    assert search(SOUND[kind], kind, near_s=NEAR_S + 90 * 86400) < 0
    assert search(SOUND[kind], kind, near_s=-1) == 0
    far = [row._replace(ts_ns=row.ts_ns + number * 90 * 86400 * 10**9) for number, row in enumerate(ROWS)]
    data = formats.snoop(far)[16:] if kind == SNOOP else formats.erf(far)
    assert search(data[: 3 * len(data) // len(far)], kind, near_s=-1, is_last=False) < -1


def test_records_that_only_fill_are_no_start_but_may_lie_between() -> None:
    one = len(SOUND[ERF]) // len(ROWS)
    assert search(PAD + SOUND[ERF], ERF) == len(PAD)
    assert search(SOUND[ERF][:one] + PAD + SOUND[ERF][one:], ERF) == 0


def test_records_that_only_fill_do_not_make_a_place_cost_more_than_a_few_headers() -> None:
    one = len(SOUND[ERF]) // len(ROWS)
    assert search(SOUND[ERF][:one] + (MOST_HEADERS - 10) * PAD + SOUND[ERF][one:], ERF) == 0
    assert search(SOUND[ERF][:one] + MOST_HEADERS * PAD + SOUND[ERF][one:], ERF) == one + MOST_HEADERS * len(PAD)


@pytest.mark.parametrize("kind", [SNOOP, ERF])
def test_noise_alone_is_passed_over(kind) -> None:
    noise = random.Random(3).randbytes(5000)
    assert search(noise, kind) == -(5000 - HEADER[kind] + 1) - 1
