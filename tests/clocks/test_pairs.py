"""Every pair of places, each fitted once."""

from __future__ import annotations

import numpy as np

from correlate.clocks import pairs as room
from correlate.clocks.pairs import fit_pairs
from tests.clocks.tables import path_of
from tests.clocks.test_fit import path_world


def test_all_pairs_that_share_packets_are_fitted():
    seen = np.ones((600, 4), bool)
    seen[::2, 1] = False
    seen[1::2, 2:] = False
    packets, match, _, _ = path_world(seen=seen)
    fits = fit_pairs(packets, match, path_of(0, 1, 2, 3), [1] * 4, {})
    assert sorted(fits) == [(0, 1), (0, 2), (0, 3), (2, 3)]
    assert all(fit.floored is fit.plain and not fit.is_floor_refuted for fit in fits.values())


def test_only_pairs_that_are_not_neighbours_are_thinned(monkeypatch):
    monkeypatch.setattr(room, "FAR_PAIR_ANCHORS", 100)
    packets, match, _, _ = path_world()
    fits = fit_pairs(packets, match, path_of(0, 1, 2, 3), [1] * 4, {})
    assert {pair: len(fit.anchors.packet) for pair, fit in fits.items()} == {
        (0, 1): 600, (1, 2): 600, (2, 3): 600, (0, 2): 100, (0, 3): 100, (1, 3): 100,
    }  # fmt: skip


def test_age_is_how_far_a_capture_reaches_beyond_its_evidence():
    seen = np.ones((600, 4), bool)
    seen[200:, 1] = False
    packets, match, _, _ = path_world(seen=seen)
    fits = fit_pairs(packets, match, path_of(0, 1, 2, 3), [1] * 4, {})
    assert fits[0, 1].age_ns > 15 * 10**9 > fits[0, 1].span_ns
    assert fits[0, 2].age_ns < 10**9
