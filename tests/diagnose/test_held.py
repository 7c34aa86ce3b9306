"""``diagnose.held``: excess over the floor, noise told from holds."""

from __future__ import annotations

import numpy as np

from correlate.diagnose.held import NOTICE_NS, find_crossing, find_held, typical_noise, widths
from tests.diagnose.worlds import MS, SMALL, outcome
from tests.netsim import SECOND, chain


def testtypical_noise_is_what_packets_of_one_second_differ_by() -> None:
    """A hold that lasts does not make its own packets noisy; jitter does, wherever it is."""
    rng = np.random.default_rng(5)
    sent = np.arange(2000) * (10 * MS)
    jitter = rng.exponential(2 * MS, 2000).astype(np.int64)
    lasting = np.where(sent > 8 * SECOND, 300 * MS, 0)
    assert typical_noise(jitter + lasting, sent) < 2 * MS
    assert MS < typical_noise(jitter, sent) < 2 * MS


def test_crossing_packets_come_in_order_with_their_excess() -> None:
    """The least excess is 0; bounds are as wide as the hop's clock."""
    view = outcome(chain(3, loads=SMALL).with_hop(1, both={"jitter_ns": 2 * MS})).view()
    crossing = find_crossing(view, 1, 1)
    assert crossing.excess_ns.min() == 0
    assert (np.diff(crossing.sent_ns) >= 0).all()
    assert (widths(view, crossing) > 0).all()
    assert find_held(view, crossing) is None
    assert view.stamp_noise_ns(1) < NOTICE_NS


def test_too_few_packets_have_no_floor() -> None:
    """Nothing crosses, nothing is held."""
    view = outcome(chain(3, loads=SMALL)).view()
    assert find_crossing(view, 1, 0) is None
