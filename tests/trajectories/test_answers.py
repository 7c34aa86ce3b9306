"""ICMP errors that quote a packet."""

from __future__ import annotations

import attrs
import numpy as np

from correlate.trajectories.answers import quoted_by
from tests.trajectories.build import Seen, build
from tests.trajectories.test_scene import _scene


def _quoted(icmp_type: int) -> list[int]:
    seen = [Seen(at=(0, None), ip_id=7), Seen(at=(1, None), ip_id=8), Seen(at=(2, None), out=False, proto=1)]
    place = _scene(build(seen, 2, quotes=[(2, 7)])).places[0]
    columns = place.packets.columns._replace(icmp_type=np.full(3, icmp_type, np.uint8))
    place = attrs.evolve(place, packets=attrs.evolve(place.packets, columns=columns))
    return quoted_by(place, np.array([0, 1])).tolist()


def test_a_quote_names_its_packet_by_address_and_ip_id() -> None:
    """The other packet of the flow has another IP ID."""
    assert _quoted(3) == [2, -1]


def test_a_redirect_does_not_end_a_packet() -> None:
    """The packet was forwarded (RFC 792)."""
    assert _quoted(5) == [-1, -1]
