"""Bundles merged and laid out, against plain twins."""

import numpy as np
import pytest

from correlate.match.bundle_kernel import lay_out_rows, merge_pairs

ROWS = 30


def naive_merge(pairs, own, bundles, label):
    """Bundles as dicts, one pair after another."""
    held = 0
    for row_a, row_b, tier, is_doubted in pairs:
        one, two = own[0][row_a], own[1][row_b]
        if bundles[one]["seen"] & bundles[two]["seen"]:
            continue
        held |= bundles[two]["seen"]
        bundles[one]["seen"] |= bundles[two]["seen"]
        bundles[one]["tier"] = max(bundles[one]["tier"], bundles[two]["tier"], tier)
        bundles[one]["doubt"] |= bundles[two]["doubt"] | is_doubted
        own[1][row_b] = label[two] = one
    return held


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("with_label", [True, False])
def test_merging_equals_its_plain_twin(seed, with_label):
    """Kernel and twin law; some bundles hold a third vantage already, some both hold it."""
    rng = np.random.default_rng(seed)
    own = np.arange(ROWS, dtype=np.int32), np.arange(ROWS, 2 * ROWS, dtype=np.int32)
    seen = np.repeat([1, 2], ROWS).astype(np.uint8)
    seen[rng.random(2 * ROWS) < 0.3] |= 4
    tier, doubt = rng.integers(-1, 4, 2 * ROWS).astype(np.int8), rng.random(2 * ROWS) < 0.2
    rows = [rng.permutation(ROWS)[:20].astype(np.int32) for _ in range(2)]
    pair_tier, is_doubted = rng.integers(0, 4, 20).astype(np.int8), rng.random(20) < 0.2
    bundles = [{"seen": int(s), "tier": int(t), "doubt": bool(d)} for s, t, d in zip(seen, tier, doubt, strict=True)]
    twin_own, twin_label = [part.tolist() for part in own], list(range(2 * ROWS))
    pairs = list(zip(*(part.tolist() for part in (*rows, pair_tier, is_doubted)), strict=True))
    label = np.arange(2 * ROWS if with_label else 0, dtype=np.int32)
    held = merge_pairs(*rows, pair_tier, is_doubted, *own, seen, tier, doubt, label)
    assert held == naive_merge(pairs, twin_own, bundles, twin_label)
    assert [part.tolist() for part in own] == twin_own
    assert label.tolist() == (twin_label if with_label else [])
    assert list(zip(seen.tolist(), tier.tolist(), doubt.tolist(), strict=True)) == [tuple(b.values()) for b in bundles]


def test_rows_are_written_into_the_lines_of_their_bundles():
    """Rows without a bundle nowhere; other lines are left alone."""
    own, line = np.array([4, -1, 0], np.int32), np.array([0, -1, -1, -1, 1], np.int32)
    rows, block = np.full((3, 2), -1), np.full(3, 9, np.int32)
    assert lay_out_rows(own, line, 1, np.array([6, 7, 8], np.int32), rows, block) == 2
    assert rows.tolist() == [[-1, 2], [-1, 0], [-1, -1]]
    assert block.tolist() == [8, 6, 9]
