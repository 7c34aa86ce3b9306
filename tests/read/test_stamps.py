"""Rule: ticks become ns exactly, rounded down, at any resolution (draft-ietf-opsawg-pcapng section 4.2, if_tsresol)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from correlate.read.stamps import MAX_SECONDS, MICROSECONDS, as_arrays, scale_of, tick_ns, to_ns


@given(st.integers(0, 255), st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 2))
def test_every_resolution_is_exact_or_cut_to_what_fits(resolution, offset_s, ticks) -> None:
    exponent = resolution & 0x7F
    tick = Fraction(1, (2 if resolution & 0x80 else 10) ** exponent)
    exact = (ticks * tick + offset_s) * 10**9
    found = int(
        to_ns(np.array([ticks], np.uint64), tuple(c[0] for c in as_arrays([scale_of(resolution, offset_s)])))[0]
    )
    if abs(exact) < (MAX_SECONDS - 1) * 10**9:
        # Bits finer than 2**-34 s are dropped before the division: one ns at most.
        assert 0 <= exact - found < 2
    else:
        assert abs(found) >= (MAX_SECONDS - 3) * 10**9


def test_silence_means_microseconds() -> None:
    assert scale_of(6, 0) == MICROSECONDS


def test_a_tick_is_at_least_one_nanosecond() -> None:
    assert [tick_ns(scale_of(resolution, 0)) for resolution in (0, 3, 6, 9, 12, 0x80 + 20)] == [
        10**9,
        10**6,
        1000,
        1,
        1,
        954,
    ]
