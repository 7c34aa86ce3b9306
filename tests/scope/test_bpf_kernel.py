"""``scope.bpf_kernel``: the classic machine, instruction by instruction."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.arrays import frozen
from correlate.scope.bpf_kernel import accept_frames

FRAME = bytes(range(64))


def accepts(program: list[tuple[int, int, int, int]], frame: bytes = FRAME) -> tuple[bool, int]:
    code, jt, jf, k = (frozen([row[i] for row in program], np.int64) for i in range(4))
    accepted = np.zeros(1, np.bool_)
    unknown = accept_frames(
        code,
        jt,
        jf,
        k,
        np.frombuffer(frame or b"\0", np.uint8),
        frozen([0], np.int64),
        frozen([len(frame)], np.int32),
        frozen([len(frame) + 100], np.int32),
        accepted,
    )
    return bool(accepted[0]), unknown


RET_ALL, RET_NONE = (0x06, 0, 0, 0xFFFF), (0x06, 0, 0, 0)


def equal(value: int, *load: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """Accept if the accumulator is ``value`` after some instructions."""
    return [*load, (0x15, 0, 1, value), RET_ALL, RET_NONE]


@pytest.mark.jit_off
@pytest.mark.parametrize(
    "program",
    [
        equal(0x00010203, (0x20, 0, 0, 0)),
        equal(0x0203, (0x28, 0, 0, 2)),
        equal(9, (0x30, 0, 0, 9)),
        equal(164, (0x80, 0, 0, 0)),
        equal(4 * (5 & 15), (0xB1, 0, 0, 5), (0x87, 0, 0, 0)),
        equal(12, (0x01, 0, 0, 10), (0x50, 0, 0, 2)),
        equal(7, (0x00, 0, 0, 7), (0x02, 0, 0, 3), (0x00, 0, 0, 1), (0x60, 0, 0, 3)),
        equal(7, (0x01, 0, 0, 7), (0x03, 0, 0, 3), (0x60, 0, 0, 3)),
        equal(0xFFFFFFFF, (0x00, 0, 0, 0), (0x14, 0, 0, 1)),
        equal(6, (0x00, 0, 0, 3), (0x24, 0, 0, 2)),
        equal(0xFFFFFFFE, (0x00, 0, 0, 0xFFFFFFFF), (0x24, 0, 0, 2)),
        equal(2, (0x00, 0, 0, 7), (0x34, 0, 0, 3)),
        equal(1, (0x00, 0, 0, 7), (0x94, 0, 0, 3)),
        equal(5, (0x00, 0, 0, 6), (0xA4, 0, 0, 3)),
        equal(0xFFFFFFF9, (0x00, 0, 0, 7), (0x84, 0, 0, 0)),
        equal(12, (0x00, 0, 0, 3), (0x64, 0, 0, 2)),
        equal(0, (0x00, 0, 0, 3), (0x64, 0, 0, 40)),
        equal(3, (0x00, 0, 0, 12), (0x74, 0, 0, 2)),
        equal(3, (0x00, 0, 0, 0), (0x05, 0, 0, 1), (0x00, 0, 0, 9), (0x00, 0, 0, 3)),
        [(0x00, 0, 0, 5), (0x07, 0, 0, 0), (0x1D, 0, 1, 0), RET_ALL, RET_NONE],
        [(0x00, 0, 0, 5), (0x25, 0, 1, 4), RET_ALL, RET_NONE],
        [(0x00, 0, 0, 5), (0x35, 0, 1, 5), RET_ALL, RET_NONE],
        [(0x00, 0, 0, 5), (0x45, 0, 1, 4), RET_ALL, RET_NONE],
        [(0x00, 0, 0, 5), (0x16, 0, 0, 0)],
    ],
)
def test_instructions_do_what_the_manual_says(program: list[tuple[int, int, int, int]]) -> None:
    """bpf(4)."""
    assert accepts(program) == (True, 0)


@pytest.mark.jit_off
def test_loads_beyond_the_frame_and_divisions_by_zero_reject() -> None:
    """The machine never reads what was not captured."""
    assert accepts(equal(0, (0x20, 0, 0, 62)))[0] is False
    assert accepts(equal(0, (0x30, 0, 0, 0)), b"")[0] is False
    assert accepts([(0x00, 0, 0, 5), (0x34, 0, 0, 0), RET_ALL])[0] is False
    assert accepts([(0x00, 0, 0, 1)])[0] is False, "a program without end accepts nothing"


@pytest.mark.jit_off
def test_unknown_instructions_are_counted_and_reject() -> None:
    """None of those libpcap makes."""
    assert accepts([(0xF7, 0, 0, 0), RET_ALL]) == (False, 1)
