"""``diagnose.turns_kernel`` against a plain walk over sorted packets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from correlate.diagnose import turns_kernel as kernel
from correlate.diagnose.sendings_kernel import FARTHEST, FREE
from correlate.model.arrays import frozen

FLOWS = 3


class Place:
    """Random packets of a few flows at the second of two places; some rows hold several of them."""

    def __init__(self, seed: int, packets: int = 120) -> None:
        rng = np.random.default_rng(seed)
        row = np.sort(rng.integers(0, packets, packets))
        self.row = np.where(rng.random(packets) < 0.1, -1, rng.permutation(row))
        self.rows = frozen(np.stack([np.zeros(packets, np.int64), self.row], axis=1), np.int64)
        self.flow = frozen(rng.integers(0, FLOWS, packets), np.int32)
        self.outbound = frozen(rng.random(packets) < 0.5, np.bool_)
        self.is_tcp = frozen(rng.random(packets) < 0.8, np.bool_)
        self.seq = frozen(rng.integers(0, 40, packets), np.uint32)
        self.size = frozen(rng.integers(1, 9, packets), np.int32)
        self.stamps = frozen(np.cumsum(rng.integers(-2, 9, packets)), np.int64)
        self.data = rng.random(packets) < 0.9
        head, following = np.full(packets, FREE, np.int32), np.full(packets, FREE, np.int32)
        assert kernel.chain_rows(self.rows, 1, head, following) == int((self.row >= 0).sum())
        self.walk = frozen(head), frozen(following), self.flow, self.outbound

    def order(self) -> list[int]:
        """Packets as the capture holds them."""
        return sorted((p for p in range(len(self.row)) if self.row[p] >= 0), key=lambda p: (self.row[p], p))

    def speech(self, bits: int = 8) -> tuple[int, list[bool]]:
        """Run the kernels that find what is new."""
        is_speech, is_fall = self.data.copy(), np.zeros(len(self.row), np.bool_)
        greatest = np.full(2 * FLOWS, -1, np.int64)
        kernel.mark_falls(*self.walk, self.is_tcp, self.seq, frozen(is_speech), greatest, is_fall)
        slots = np.full(1 << bits, FREE, np.int64)
        with np.errstate(over="ignore"):
            shift = np.uint64(64 - bits)
            its = self.is_tcp, self.seq, frozen(is_fall), shift, slots, is_speech
            status = kernel.mark_speech(self.rows, 1, *self.walk, *its)
        return status, is_speech.tolist()

    def naive_speech(self) -> list[bool]:
        """Walk the capture and remember all beginnings."""
        found, said = self.data.tolist(), set()
        for p in self.order():
            if self.data[p] and self.is_tcp[self.row[p]]:
                key = self.flow[p], self.outbound[p], self.seq[self.row[p]]
                found[p] = key not in said
                said.add(key)
        return found


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(8))
def test_what_was_said_before_is_no_speech(seed: int) -> None:
    """Beginnings of TCP data count once per side, wherever they stand."""
    place = Place(seed)
    assert place.speech() == (0, place.naive_speech())


@pytest.mark.jit_off
def test_beginnings_that_fall_together_are_given_up() -> None:
    """A table far too small stands for one whose keys a hostile capture chose."""
    place = Place(1)
    place.seq = frozen(np.arange(len(place.seq))[::-1] * 7, np.uint32)
    place.data[:] = True
    assert len(place.order()) < FARTHEST
    assert place.speech(bits=9)[0] == 0
    many = Place(2, packets=3 * FARTHEST)
    many.seq = frozen(np.arange(len(many.seq))[::-1] * 7, np.uint32)
    many.data[:] = True
    assert many.speech(bits=8)[0] == 1


@pytest.mark.jit_off
@pytest.mark.parametrize(("seed", "least"), [*itertools.product(range(6), (-(2**62), 5))])
def test_turns_are_those_of_a_plain_walk(seed: int, least: int) -> None:
    """Flow by flow in capture order; a later answer ends the one before, told or not."""
    place = Place(seed)
    is_speech = np.array(place.naive_speech())
    room = len(place.flow)
    numbers, marks = np.full((kernel.NUMBERS, room), -9), np.ones((kernel.MARKS, room), np.bool_)
    heard = place.stamps, frozen(is_speech), least, fresh()
    count = kernel.fill_turns(*place.walk, *heard, place.is_tcp, place.size, numbers, marks)
    in_flow = np.argsort(numbers[kernel.FLOW, :count], kind="stable")
    numbers, marks = numbers[:, in_flow], marks[:, in_flow]
    order = (
        kernel.FLOW, kernel.ASKED, kernel.ANSWERED, kernel.GAP, kernel.ASKED_SIZE, kernel.ASKED_PACKETS,
        kernel.ASKED_LULL, kernel.ANSWER_SIZE,
    )  # fmt: skip
    found = [
        (*(int(numbers[name, at]) for name in order), *(bool(mark) for mark in marks[:, at])) for at in range(count)
    ]
    assert found == list(naive_turns(place, is_speech, least))


def fresh() -> np.ndarray:
    state = np.zeros((FLOWS, kernel.STATE), np.int64)
    state[:, kernel.SPEAKER] = FREE
    return state


def naive_turns(place: Place, is_speech, least: int):
    """Cut each flow into bursts of one speaker and compare neighbours."""
    for flow in range(FLOWS):
        mine = [p for p in place.order() if is_speech[p] and place.flow[p] == flow]
        bursts = [list(group) for _, group in itertools.groupby(mine, key=lambda p: bool(place.outbound[p]))]
        for number, (before, after) in enumerate(itertools.pairwise(bursts)):
            at = [int(place.stamps[place.row[p]]) for p in (*before, after[0])]
            if at[-1] - at[-2] < least:
                continue
            lull = max(0, *(b - a for a, b in itertools.pairwise(at[:-1]))) if len(before) > 1 else 0
            sizes = [sum(int(place.size[place.row[p]]) for p in burst) for burst in (before, after)]
            yield (
                flow, before[-1], after[0], at[-1] - at[-2], sizes[0], len(before), lull, sizes[1],
                bool(place.is_tcp[place.row[after[0]]]), not place.outbound[after[0]], number == len(bursts) - 2,
            )  # fmt: skip
