"""Sightings on the two sides of a proxy are two packets."""

import numpy as np

from correlate.model.matches import Tier, with_relays
from tests.match.crafting import table
from tests.match.loading import match
from tests.match.proxied import captures


def test_every_row_stays_in_exactly_one_packet():
    """Nothing is lost by taking packets apart, nothing counted twice."""
    tables = [table(part) for part in captures("proxy")]
    found, _ = match(tables)
    for place, packets in enumerate(tables):
        rows = found.rows[:, place]
        assert sorted(rows[rows >= 0].tolist()) == list(range(len(packets)))
    assert set(found.tier.tolist()) == {int(Tier.ALONE)}


def test_relayed_bytes_stand_for_packets_where_only_order_and_time_count():
    """A byte cannot leave a proxy before it came."""
    tables = [table(part) for part in captures("proxy")]
    found, _ = match(tables)
    evidence = with_relays(found)
    both = (evidence.rows >= 0).all(axis=1)
    assert np.count_nonzero(both) == 36
    rows = evidence.rows[both]
    lag = tables[1].columns.ts_ns[rows[:, 1]] - tables[0].columns.ts_ns[rows[:, 0]]
    assert np.all(np.where(evidence.is_outbound[both], lag > 0, lag < 0))
    for place in (0, 1):
        held = evidence.rows[evidence.rows[:, place] >= 0, place]
        assert len(np.unique(held)) == len(held)


def test_without_a_proxy_nothing_is_added():
    found, _ = match([table(part) for part in captures("nat")])
    assert with_relays(found) is found
