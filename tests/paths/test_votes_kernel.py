"""Votes in one pass, against the sorted way."""

import attrs
import numpy as np
import pytest

from correlate.model.arrays import frozen
from correlate.model.matches import Tier
from correlate.paths import votes
from tests.trajectories.build import Seen, build

FLOWS = 4


def world(seed):
    """Packets of several flows in a jumble: some ambiguous, some cut otherwise, some at one vantage only."""
    rng = np.random.default_rng(seed)
    seen = []
    for k in range(120):
        here = float(rng.integers(0, 400)) + (k % 3) * 1e-3
        there = here + float(rng.integers(-3, 4))
        at = [(here, there), (here, None), (None, there)][int(rng.choice(3, p=[0.8, 0.1, 0.1]))]
        ttl = (int(rng.integers(60, 64)), int(rng.integers(60, 64)))
        seen.append(Seen(at=at, ttl=ttl, out=bool(rng.random() < 0.5), flow=int(rng.integers(FLOWS))))
    made = build(seen, 2)
    count = len(made.match)
    tier = np.where(rng.random(count) < 0.1, int(Tier.RANGE), made.match.tier)
    match = attrs.evolve(made.match, tier=frozen(tier, np.int8), is_ambiguous=frozen(rng.random(count) < 0.1))
    return made.packets, match, rng.random(count) < 0.2


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pair", [(0, 1), (1, 0)])
def test_kernel_equals_its_plain_twin(seed, pair):
    """Kernel and twin law; a quantum of nothing and one that silences most."""
    packets, match, anew = world(seed)
    for sent_anew in (anew, anew[:0]):
        for quantum_ns in (1, 2_000_000):
            given = (packets, match, pair, sent_anew, quantum_ns, FLOWS)
            by_sorting, in_one_pass = votes._by_sorting(*given), votes._in_one_pass(*given)
            assert [part.tolist() for part in in_one_pass] == [part.tolist() for part in by_sorting]
    assert by_sorting[1].any(), "some vote"


def test_a_row_in_two_sure_packets_is_left_to_sorting():
    """Then no packet of a row is the one."""
    packets, match, _ = world(0)
    both = np.flatnonzero((match.rows >= 0).all(axis=1) & ~match.is_ambiguous & (match.tier < Tier.RANGE))
    rows = match.rows.copy()
    rows[both[1], 0] = rows[both[0], 0]
    twice = attrs.evolve(match, rows=frozen(rows))
    assert votes._in_one_pass(packets, twice, (0, 1), np.zeros(0, bool), 1, FLOWS) is None
