"""``diagnose.targets``: destinations are counted per address, port and protocol."""

from __future__ import annotations

import numpy as np

from correlate.diagnose.targets import MAX_TARGETS, address_text, find_targets, is_own_host
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import TcpLoad, chain


def test_targets_are_few_however_many_ports_are_tried() -> None:
    """A scan is one story: the most tried first, the rest counted."""
    done = outcome(chain(3, loads=(TcpLoad(flows=60, port=443), *SMALL)))
    view = done.view()
    packets = np.flatnonzero(view.is_seen[:, 0] & (view.run.trajectories.direction < 0))
    targets, count = find_targets(view, packets, 0)
    naive = set(zip(*_naive_targets(view, packets), strict=True))
    assert count == len(naive)
    assert len(targets) == min(count, MAX_TARGETS)
    sizes = [len(target.packets) for target in targets]
    assert sizes == sorted(sizes, reverse=True)


def _naive_targets(view, packets):
    columns = view.run.packets[view.run.path.order[0]]
    ids = view.values("tuple_id", packets, 0).tolist()
    return (
        [address_text(columns.tuples.dst[i], int(columns.tuples.version[i])) for i in ids],
        [int(columns.tuples.dport[i]) for i in ids],
        [int(columns.tuples.proto[i]) for i in ids],
    )


def test_addresses_are_written_as_people_write_them() -> None:
    """IPv4 in the last four bytes, IPv6 compressed."""
    raw = np.zeros(16, np.uint8)
    raw[-4:] = (10, 0, 0, 1)
    assert address_text(raw, 4) == "10.0.0.1"
    raw[:2] = (0x20, 0x01)
    assert address_text(raw, 6) == "2001::a00:1"


def test_a_host_is_known_by_the_ttl_that_no_router_lowered() -> None:
    """The server's own tap sees TTL 64, the client's a lower one."""
    view = outcome(chain(3, loads=SMALL)).view()
    packets = np.flatnonzero(view.is_seen[:, 0] & (view.run.trajectories.direction > 0))
    targets, _ = find_targets(view, packets, 0)
    assert all(is_own_host(view, target, 2) for target in targets)
    assert not any(is_own_host(view, target, 0) for target in targets)
