"""Law: a filter never denies a flow that is there; it rarely grants one that is not (Bloom, 1970)."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.model.fingerprints import mixed
from correlate.scale import flow_index
from correlate.scale.flow_index import FlowIndexBuilder


def keys(first: int, last: int) -> np.ndarray:
    return mixed(np.arange(first, last)) | 1


@pytest.mark.parametrize(("most", "places"), [(1024, 1), (1024, 30), (4, 1), (4, 29), (4, 64), (1024, 0)])
def test_what_is_there_is_never_denied(monkeypatch, most, places) -> None:
    """Whatever the number of places, and however often groups are thrown together."""
    monkeypatch.setattr(flow_index, "MOST_GROUPS", most)
    builder = FlowIndexBuilder()
    for place in range(places):
        builder.take(keys(10 * place, 10 * place + 10))
    index = builder.built()
    assert len(index.bits) <= most
    for place in range(places):
        for key in keys(10 * place, 10 * place + 10).tolist():
            assert index.may_hold(np.array([place]), key)


def test_what_is_not_there_is_rarely_granted() -> None:
    """10,000 flows in a group: three bits, each set with a probability of a fifth."""
    builder = FlowIndexBuilder()
    builder.take(keys(0, 10_000))
    index = builder.built()
    granted = sum(index.may_hold(np.array([0]), key) for key in keys(10**6, 10**6 + 2000).tolist())
    assert granted < 40


def test_a_place_says_nothing_of_another() -> None:
    builder = FlowIndexBuilder()
    builder.take(keys(0, 100))
    builder.take(keys(100, 200))
    index = builder.built()
    key = int(keys(150, 151)[0])
    assert not index.may_hold(np.array([0]), key)
    assert index.may_hold(np.array([0, 1]), key)
    assert not index.may_hold(np.zeros(0, np.int64), key)
