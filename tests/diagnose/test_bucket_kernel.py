"""``diagnose.bucket_kernel`` equals its plain twin."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.diagnose.bucket_kernel import ABUNDANT, replay_buckets


def naive(came, size, is_lost, rate, burst):
    tokens, right, told = burst, 0, 0
    for i, (at, need, lost) in enumerate(zip(came.tolist(), size.tolist(), is_lost.tolist(), strict=True)):
        if i:
            tokens = min(burst, tokens + rate * (at - came[i - 1]))
        if tokens < need:
            told += 1
            right += lost
        if lost and tokens - need < ABUNDANT:
            tokens = tokens if tokens < need else need / 2
        elif tokens < need:
            tokens = 0
        else:
            tokens -= need
    return right, told


def replayed(came, size, is_lost, rates: list[float], burst: float) -> list[tuple[int, int]]:
    """Run the kernel; return what each rate foretells rightly, and in all."""
    counts, tokens = np.zeros((2, len(rates)), np.int64), np.zeros(len(rates))
    assert replay_buckets(came, size, is_lost, np.array(rates), burst, tokens, counts) == len(came)
    return [(int(right), int(told)) for right, told in counts.T]


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(5))
def test_the_kernel_is_its_twin(seed: int) -> None:
    """Random arrivals and losses, several rates at once."""
    rng = np.random.default_rng(seed)
    came = np.cumsum(rng.integers(0, 5_000_000, 300)).astype(np.int64)
    size = rng.integers(40, 1500, 300).astype(np.int64)
    is_lost = rng.random(300) < 0.2
    rates = [3e-4, 1e-5, 7e-4, 0.1, 2.5e-4]
    assert replayed(came, size, is_lost, rates, 9000.0) == [naive(came, size, is_lost, rate, 9000.0) for rate in rates]


@pytest.mark.jit_off
def test_a_loss_amid_abundance_does_not_empty_the_bucket() -> None:
    """It was chance, or the capture's: what follows still finds its tokens."""
    came, size = (np.arange(5) * 1_000_000).astype(np.int64), np.full(5, 1000, np.int64)
    assert replayed(came, size, np.array([1, 0, 0, 0, 0], np.bool_), [1e-6], 9000.0) == [(0, 0)]


@pytest.mark.jit_off
def test_a_true_bucket_foretells_all_its_losses() -> None:
    """Steady arrivals at twice the rate: every loss is foretold and nothing else."""
    came = (np.arange(400) * 1_000_000).astype(np.int64)
    size = np.full(400, 1000, np.int64)
    tokens, is_lost = 5000.0, np.zeros(400, np.bool_)
    for i in range(400):
        tokens = min(5000.0, tokens + (500 if i else 0))
        is_lost[i] = tokens < 1000
        tokens -= 0 if is_lost[i] else 1000
    assert replayed(came, size, is_lost, [5e-4], 5000.0) == [(int(is_lost.sum()),) * 2]
