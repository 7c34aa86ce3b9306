"""Guard against failed matches."""

from __future__ import annotations

import numpy as np

from correlate.trajectories.travel import view_travel
from correlate.trajectories.twins import find_twins
from tests.trajectories.build import MS, Seen, build
from tests.trajectories.test_scene import _scene


def _twins(seen: list[Seen]) -> list[bool]:
    scene = _scene(build(seen, 2))
    travel = view_travel(scene, 1)
    return find_twins(scene, travel, np.flatnonzero(travel.last == 0), 0, MS).tolist()


def test_overlapping_ranges_are_twins_after_the_flows_shift() -> None:
    """ISN rewriting moves the flow's numbers by a constant learned from matched packets."""
    for at, expected in ((5000, False), (1419, True), (1420, False), (1380, False), (1381, True)):
        seen = [Seen(at=(0, 1), seq=1000, length=20), Seen(at=(5, None), seq=1400, length=20)]
        seen.append(Seen(at=(None, 900), seq=at, length=20))
        assert _twins(seen) == [expected]


def test_the_shift_is_undone_across_the_wrap() -> None:
    """Sequence numbers are modulo 2**32."""
    seen = [Seen(at=(0, 1), seq=2**32 - 10, length=5), Seen(at=(5, None), seq=0, length=20)]
    seen.append(Seen(at=(None, 900), seq=7, length=20))
    assert _twins(seen) == [True]


def test_packets_without_payload_are_twins_in_time() -> None:
    """Pure acknowledgements and datagrams have no range: the clock's bounds and the longest transit decide."""
    for at, expected in ((6.0, True), (60.0, False)):
        assert _twins([Seen(at=(5, None), proto=17), Seen(at=(None, at), proto=17)]) == [expected]


def test_other_flows_are_no_twins() -> None:
    """Only the same flow can hold the same packet."""
    assert _twins([Seen(at=(5, None)), Seen(at=(None, 6), flow=1)]) == [False]
