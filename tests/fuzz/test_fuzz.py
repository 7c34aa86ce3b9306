"""Rule: input is hostile. What fuzzing found, and random damage of sound files, never raises, hangs or breaks a law."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6)


def test_every_target_has_a_corpus() -> None:
    assert {path.parent.name for path in FILES} == set(TARGETS)
    assert all(path.stat().st_size <= 8192 for path in FILES)


@pytest.mark.jit_off
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_input_of_the_corpus_comes_to_its_end_within_a_second(path) -> None:
    target, data = TARGETS[path.parent.name], path.read_bytes()
    target(data)  # imports count once
    begin = time.process_time()
    target(data)
    assert time.process_time() - begin < 1


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_inputs_come_to_their_end(name) -> None:
    inputs = [path.read_bytes() for path in FILES if path.parent.name == name]

    @given(st.sampled_from(inputs), CHANGES, st.floats(0, 1), st.binary(max_size=20))
    @settings(max_examples=150, deadline=None)
    def law(data, changes, cut, more) -> None:
        broken = bytearray(data)
        for place, value in changes:
            broken[int(place * (len(broken) - 1))] = value
        at = int(cut * len(broken))
        TARGETS[name](bytes(broken))
        TARGETS[name](bytes(broken[:at]) + more + bytes(broken[at:]))
        TARGETS[name](bytes(broken[:at]))

    law()
